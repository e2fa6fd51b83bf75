"""A bundle that is there, read in place of a journal, and what is wrong with it as a file.

Rules kept here
- It keeps ``JournalView``: whatever reads a journal reads a bundle. A file of it is read when it is asked for.
- The manifest says where everything lies, so the zip's own directory is compared and never relied on.
- ``problems`` finds any altered byte: each file against its digest, all between the files against the one
  layout there is, and the manifest against the records it speaks of.
- What was left out by choice is refused in one line and is no fault; only patient data can be left out.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from evitrail.traces.audit.checkpoint import newest_text
from evitrail.traces.bundle.manifest import CHECKPOINT, CHUNK, MANIFEST, BundleManifest, blob_file, chunk_names
from evitrail.traces.bundle.zip_layout import LOCAL, Member, Part, first, layout
from evitrail.traces.journal.database import damaged
from evitrail.traces.journal.journal import DamagedJournal, Redacted, Stored, link
from evitrail.traces.journal.redacted import Claim, claims, holding
from evitrail.traces.journal.schema import KEYED, blobs_named, is_named
from evitrail.traces.journal.view import Redaction
from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)

BROKEN = (OSError, EOFError, zlib.error)
"""What unpacking a file raises when its bytes are not those that were packed."""


class Bundle:
    """A portable bundle, open to read."""

    def __init__(self, path: Path, file: IO[bytes], manifest: BundleManifest) -> None:
        self.path = path
        self.manifest = manifest
        self._file = file
        self._lock = threading.Lock()
        self._parts = {part.member: part for part in layout(self._members()) if part.member}
        self._redacted: dict[str, Redaction] | None = None
        self._left_out = frozenset(name for name in manifest.blobs_left_out if name.startswith(KEYED))
        self._numbers = {run.run: number for number, run in enumerate(manifest.runs, start=1)}

    @classmethod
    def open(cls, path: Path) -> Bundle:
        """Open a bundle; raises ``DamagedJournal`` where its manifest is not as it was written."""
        file = path.open("rb")
        try:
            told = first(file.read(LOCAL.size + len(MANIFEST)))
            if told is None or told[0] != MANIFEST:
                raise damaged(path, f"expected a bundle that begins with {MANIFEST}")
            data = file.read(told[1])
            if zlib.crc32(data) != told[2]:
                raise damaged(path, f"{MANIFEST}, or the header before it, was altered")
            manifest = BundleManifest.model_validate_json(data)
            if manifest.bytes != data:
                raise damaged(path, f"{MANIFEST} is not spelt as it was written")
            return cls(path, file, manifest)
        except ValidationError as error:
            file.close()
            raise damaged(path, f"{MANIFEST}: {error.errors()[0]['msg']}") from error
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def runs(self) -> list[str]:
        """Every run that was packed, by name."""
        return [run.run for run in self.manifest.runs]

    def heads(self) -> dict[str, str]:
        """The hash at the end of each run's chain."""
        return {run.run: run.head for run in self.manifest.runs}

    def begins(self) -> list[Stored]:
        """The first record of every run."""
        return [records[0] for run in self.runs() if (records := self.records(run))]

    def records(self, run: str) -> list[Stored]:
        """A run's records in order, hashed anew; empty when there is no such run."""
        found: list[Stored] = []
        number = self._numbers.get(run, 0)
        for name in chunk_names(number, self.manifest.runs[number - 1].records) if number else ():
            for data in self._unpacked(name).removesuffix(b"\n").split(b"\n"):
                try:
                    line = from_json(data)
                    found.append(Stored(line["run"], line["seq"], line["prev"], link(line["prev"], data), data))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise damaged(self.path, f"run {run!r} record {len(found)} cannot be read: {error}") from error
        return found

    def get(self, name: str, returns: type[R]) -> R:
        """The blob of that name, as the record type it was stored as."""
        return returns.model_validate_json(self.raw(name).partition(b"\n")[2])

    def raw(self, name: str) -> bytes:
        """The bytes of a blob; raises ``Redacted`` where it was left out or redacted before."""
        if name in self._left_out:
            raise Redacted(f"blob {name} is not in {str(self.path)!r}: patient data was left out of the bundle")
        if said := self.redacted().get(name):
            raise Redacted(f"blob {name} is not in {str(self.path)!r}: {said}")
        data = self._unpacked(blob_file(name))
        if not is_named(name, data, self._keys.get(name)):
            raise damaged(self.path, f"blob {name} was altered")
        return data

    @cached_property
    def _keys(self) -> Mapping[str, bytes]:
        """The key behind each keyed name, where the bundle has it."""
        return {
            name: bytes.fromhex(run.key)
            for run in self.manifest.runs
            if run.key
            for record in self._readable(run.run)
            for name in blobs_named(record.body)
        }

    def survey(self) -> Mapping[str, str | None]:
        """Every blob's name and what is wrong with it; None for what was left out or redacted."""
        found: dict[str, str | None] = dict.fromkeys((*self._left_out, *self.redacted()))
        for name in self.manifest.blobs:
            try:
                data = self._unpacked(blob_file(name))
                proven = name in self._keys or not name.startswith(KEYED)
                found[name] = None if proven and is_named(name, data, self._keys.get(name)) else "was altered"
            except DamagedJournal:
                found[name] = "cannot be unpacked"
        return found

    def redacted(self) -> Mapping[str, Redaction]:
        """The names that redaction records say were dropped, if they hold."""
        if self._redacted is None:
            self._redacted = dict(holding(self.redaction_claims(), self))
        return self._redacted

    def redaction_claims(self) -> Iterator[Claim]:
        """What the redaction records say, before anybody checks it."""
        records = (record.bytes for run in self.runs() for record in self._readable(run))
        return claims(data for data in records if b'"type":"redaction"' in data)

    def holds_key(self, root: str) -> bool:
        """Whether the key of a run's patient data was packed."""
        return any(run.run == root and run.key for run in self.manifest.runs)

    def secret(self, run: str) -> NoReturn:
        """Nothing can be named anew in a bundle: it is only read."""
        raise Redacted(f"{str(self.path)!r} is a bundle: it holds no key to do run {run!r} again with")

    def problems(self) -> list[str]:
        """Every file, header and directory entry that is not as it was written, and what the manifest misstates."""
        return [*self._misstated(), *self._altered()]

    def _altered(self) -> Iterator[str]:
        crcs = {}
        for packed in self.manifest.files:
            data = self._read(self._parts[packed.name])
            whole = hashlib.sha256(data).hexdigest() == packed.sha256
            crcs[packed.name] = zlib.crc32(data) if whole else self._stated_crc(packed.name)
            if not whole:
                yield f"{self._file_description(packed.name)} was altered"
        end = 0
        for part in layout(self._members(crcs)):
            end = part.start + part.size
            if part.member is None and (found := self._read(part)) != part.bytes:
                place = next((i for i, (a, b) in enumerate(zip(found, part.bytes, strict=False)) if a != b), len(found))
                yield f"{part.what} was altered (byte {part.start + place} of the file)"
        if beyond := self.path.stat().st_size - end:
            yield f"expected {end} bytes, got {end + beyond}"

    def _misstated(self) -> Iterator[str]:
        """Where the manifest does not fit what it speaks of."""
        if [packed.name for packed in self.manifest.files] != list(self.manifest.expected()):
            yield f"{MANIFEST}: the files it lists are not those of its runs and blobs"
        if not all(name.startswith(KEYED) for name in self.manifest.blobs_left_out):
            yield f"{MANIFEST}: a blob is left out that holds no patient data"
        try:
            for run in self.manifest.runs:
                records = self.records(run.run)
                chunks = len(chunk_names(0, len(records)))
                if not records or (len(records), chunks, records[-1].hash) != (run.records, run.chunks, run.head):
                    yield f"{MANIFEST}: run {run.run!r} does not end where it says"
            if self.manifest.sealed and self._read(self._parts[CHECKPOINT]).decode() != newest_text(self):
                yield f"{CHECKPOINT} is not what the newest seal says"
        except (DamagedJournal, UnicodeDecodeError):
            pass  # a file was altered, and is named

    def _readable(self, run: str) -> list[Stored]:
        """A run's records, or none where ``problems`` has to speak of them."""
        try:
            return self.records(run)
        except DamagedJournal:
            return []

    def _members(self, crcs: Mapping[str, int] | None = None) -> list[Member]:
        data = self.manifest.bytes
        packed = [Member(file.name, file.size, (crcs or {}).get(file.name, 0)) for file in self.manifest.files]
        return [Member(MANIFEST, len(data), zlib.crc32(data)), *packed]

    def _stated_crc(self, name: str) -> int:
        """The checksum in the header before a file."""
        start = self._parts[name].start - LOCAL.size - len(name)
        told = first(self._read(Part("", start, LOCAL.size + len(name), None)))
        return told[2] if told else 0

    def _unpacked(self, name: str) -> bytes:
        if name not in self._parts:
            raise damaged(self.path, f"{name} is missing")
        try:
            return gzip.decompress(self._read(self._parts[name]))
        except BROKEN as error:
            raise damaged(self.path, f"{self._file_description(name)} cannot be unpacked: {error}") from error

    def _read(self, part: Part) -> bytes:
        with self._lock:
            self._file.seek(part.start)
            return self._file.read(part.size)

    def _file_description(self, name: str) -> str:
        """A file of the bundle, and what it holds."""
        kind, _, rest = name.partition("/")
        if kind == "events":
            number, _, start = rest.removesuffix(".jsonl.gz").partition("/")
            run = self.manifest.runs[int(number) - 1]
            last = min(int(start) + CHUNK, run.records) - 1
            return f"{name} (run {run.run!r} records {start} to {last})"
        return name
