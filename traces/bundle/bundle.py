"""A portable bundle: runs, blobs and seals in one zip that can be checked alone, with ordinary tools or with ours.

Rules kept here
- Records are packed verbatim, 200 to a file; blobs once each, under their names. New is only the manifest.
- Every byte of the zip is decided by what is in it (``zip_layout.py``), so one altered byte is found anywhere.
- What is not sound is not packed: a bundle cannot launder a damaged journal.
- Patient data is left out unless asked for, then its keys go with it. What is left out is listed as such.
- The same runs make the same bytes. The file is there whole or not at all.

    write_bundle(journal, ["gated.rad-001"], Path("case.zip"))
    with read_bundle(Path("case.zip")) as journal:           # any read verb takes it in place of a journal
        Trace(journal, "gated.rad-001")
    verify_bundle(Path("case.zip")).sound

Not covered is what a journal does not cover (``integrity.py``): who rewrites everything, unless the seal is signed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO
from zlib import crc32

from evitrail.traces.audit.chain_check import check_chain
from evitrail.traces.audit.checkpoint import newest_text
from evitrail.traces.audit.integrity import UNKNOWN, Verdicts, verify_journal
from evitrail.traces.audit.seal import SEAL_RUN, sealing_file
from evitrail.traces.bundle.bundle_view import Bundle
from evitrail.traces.bundle.manifest import (
    CHECKPOINT,
    CHUNK,
    MANIFEST,
    README,
    BundleManifest,
    PackedFile,
    PackedRun,
    blob_file,
)
from evitrail.traces.bundle.zip_layout import Member, layout
from evitrail.traces.journal.journal import DamagedJournal, JournalError, JournalView, Stored
from evitrail.traces.journal.schema import KEYED, blobs_named
from evitrail.traces.record import sha256

HOW_TO_CHECK = Path(__file__).with_name("bundle_readme.txt")


def write_bundle(
    journal: JournalView, runs: Collection[str] | None, target: Path, *, with_sensitive: bool = False
) -> BundleManifest:
    """Pack runs (None: all there are) with their blobs and the seals; returns what was packed and what was not.

    Raises ``JournalError`` for a run that is not there, ``DamagedJournal`` for one that is not sound.
    """
    known = journal.runs()
    if unknown := sorted(set(runs or ()) - set(known)):
        raise JournalError(f"expected a run of {str(journal.path)!r}, got {unknown[0]!r}; nothing was written")
    chosen = [run for run in known if runs is None or run in runs or run == SEAL_RUN]
    before = journal.manifest.runs_left_out if isinstance(journal, Bundle) else ()
    left_out = tuple(sorted({*known, *before} - set(chosen)))
    plan = _planned_manifest(journal, chosen, with_sensitive).model_copy(update={"runs_left_out": left_out})
    partial = target.with_name(f".{target.name}.partial")
    with tempfile.TemporaryFile() as spool:
        files, members = [], []
        for name, data in _files(journal, plan):
            spool.write(data)
            files.append(PackedFile(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest()))
            members.append(Member(name, len(data), crc32(data)))
        spool.seek(0)
        manifest = plan.model_copy(update={"files": tuple(files)})
        try:
            with partial.open("wb") as out:
                _write_zip(manifest, members, spool, out)
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)
    return manifest


def read_bundle(path: Path) -> Bundle:
    """A bundle as a journal to read; raises ``DamagedJournal`` where it is none."""
    return Bundle.open(path)


def verify_bundle(path: Path) -> Verdicts:
    """Check every byte of a bundle, every run and blob in it, and the seals; runs left out by choice are not missed."""
    try:
        with read_bundle(path) as bundle:
            return verify_journal(bundle, left_out=bundle.manifest.runs_left_out)
    except DamagedJournal as error:
        return Verdicts((str(error),), (UNKNOWN,))


def _planned_manifest(journal: JournalView, runs: Collection[str], with_sensitive: bool) -> BundleManifest:
    """The manifest before its files are made."""
    chains: list[PackedRun] = []
    needed: set[str] = set()
    gone = journal.redacted().keys()
    for run in runs:
        records = _chain(journal, run)
        if faults := check_chain(run, records):
            raise DamagedJournal(f"{str(journal.path)!r} is damaged, nothing was written: {faults[0]}")
        named = {name for record in records for name in blobs_named(record.body)} - gone
        secret = with_sensitive and any(name.startswith(KEYED) for name in named)
        chained = PackedRun(
            run=run,
            head=records[-1].hash,
            records=len(records),
            chunks=-(-len(records) // CHUNK),
            key=journal.secret(run).key.hex() if secret else None,
        )
        chains.append(chained)
        needed |= named
    left_out = {name for name in needed if name.startswith(KEYED) and not with_sensitive}
    return BundleManifest(
        runs=tuple(chains),
        runs_left_out=(),
        blobs=tuple(sorted(needed - left_out)),
        blobs_left_out=tuple(sorted(left_out)),
        sealed=newest_text(sealing_file(journal)) is not None,
        files=(),
    )


def _files(journal: JournalView, plan: BundleManifest) -> Iterator[tuple[str, bytes]]:
    """Every file but the manifest, in the order that the manifest expects."""
    yield README, HOW_TO_CHECK.read_bytes()
    if plan.sealed:
        yield CHECKPOINT, (newest_text(sealing_file(journal)) or "").encode()
    for number, run in enumerate(plan.runs, start=1):
        lines = [record.bytes + b"\n" for record in _chain(journal, run.run)[: run.records]]
        for start in range(0, len(lines), CHUNK):
            yield f"events/{number}/{start}.jsonl.gz", _gzip(b"".join(lines[start : start + CHUNK]))
    for name in plan.blobs:
        data = journal.raw(name)
        if not name.startswith(KEYED) and sha256(data) != name:
            raise DamagedJournal(f"{str(journal.path)!r} is damaged, nothing was written: blob {name} was altered")
        yield blob_file(name), _gzip(data)


def _write_zip(manifest: BundleManifest, members: list[Member], files: IO[bytes], out: IO[bytes]) -> None:
    """Write the zip, the manifest first, and make it durable."""
    for part in layout([Member(MANIFEST, len(manifest.bytes), crc32(manifest.bytes)), *members]):
        if part.member is None:
            out.write(part.bytes)
        else:
            out.write(manifest.bytes if part.member == MANIFEST else files.read(part.size))
    out.flush()
    os.fsync(out.fileno())


def _chain(journal: JournalView, run: str) -> list[Stored]:
    """A run's records; of several chains of seals, the one with the newest."""
    return (sealing_file(journal) if run == SEAL_RUN else journal).records(run)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=6, mtime=0)
