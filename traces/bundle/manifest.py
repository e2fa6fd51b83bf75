"""What a bundle says of itself: its runs, its blobs, and the digest of every file in it.

Rules kept here
- The manifest is the first file of the bundle, and has one spelling.
- Runs and blobs decide which files there are and in what order: a file more or less is a fault.
- What was left out by choice is named, so that it cannot be mistaken for what was lost.
- Read for ever: a bundle says its format, and code that reads format n stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from evitrail.traces.record import Record, canonical_json

MANIFEST, README, CHECKPOINT = "manifest.json", "README.txt", "checkpoint.txt"
CHUNK = 200
"""Records in one file."""


class PackedFile(Record):
    """One file of the bundle."""

    name: str
    size: int
    sha256: str
    """Of the file as it lies in the bundle, in hex, as ``sha256sum`` prints it."""


class PackedRun(Record):
    """One run of the bundle: ``events/N/`` holds its records, N counting from 1 in the order of the manifest."""

    run: str
    head: str
    records: int
    chunks: int
    key: str | None = None
    """What its patient data is named by, in hex, where that was packed."""


class BundleManifest(Record):
    """What is in a bundle, and what is not."""

    format: Literal["evitrail-bundle/1"] = "evitrail-bundle/1"
    runs: tuple[PackedRun, ...]
    runs_left_out: tuple[str, ...]
    blobs: tuple[str, ...]
    blobs_left_out: tuple[str, ...]
    """Blobs with patient data that are named here and were not packed."""
    sealed: bool
    """Whether there is a checkpoint.txt."""
    files: tuple[PackedFile, ...]
    """Every file but this one, in the order they lie in the bundle."""

    @property
    def bytes(self) -> bytes:
        return f"{canonical_json(self)}\n".encode()

    def expected(self) -> Iterator[str]:
        """The names that the files must have, in order."""
        yield README
        if self.sealed:
            yield CHECKPOINT
        for number, run in enumerate(self.runs, start=1):
            yield from chunk_names(number, run.records)
        yield from map(blob_file, self.blobs)


def chunk_names(number: int, records: int) -> list[str]:
    """The files that hold the records of one run."""
    return [f"events/{number}/{start}.jsonl.gz" for start in range(0, records, CHUNK)]


def blob_file(name: str) -> str:
    """The file that holds a blob; what is named by a keyed hash says so."""
    kind, _, digest = name.partition(":")
    return f"blobs/{digest[:2]}/{'' if kind == 'sha256' else kind + '-'}{digest}.gz"
