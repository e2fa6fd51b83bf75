"""A copy of a store for a process that only reads, because one process at a time owns an index on disk.

Rules kept here
- Only an index that lies in the store's folder is copied. Ledger, embeddings and manifest stay where they are and are
  linked to; a store whose index is on a server is used in its own place.
- Holes stay holes: an index is hundreds of megabytes long and mostly empty.
- The copy is thrown away at the end. Nothing may be ingested into the store meanwhile, and nothing into the copy.

    with reading_copy(Path("evitrail-store"), scratch) as path, EvidenceStore.open(path) as store:
        store.snapshot()
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evitrail.evidence_store.index.manifest import IndexManifest

BLOCK = 1 << 16


@contextmanager
def reading_copy(store: Path, scratch: Path) -> Iterator[Path]:
    """The folder to open in place of ``store``: a copy under ``scratch``, or itself where many may open it."""
    manifest = store / "manifest.json"
    if (
        not manifest.is_file()
        or IndexManifest.model_validate_json(manifest.read_text(encoding="utf-8")).engine == "server"
    ):
        yield store
        return
    copy = scratch / "store"
    copy.mkdir(parents=True)
    try:
        for part in store.resolve().iterdir():
            if part.name == "index":
                shutil.copytree(part, copy / part.name, copy_function=copy_with_holes)
            elif not part.name.endswith(("-wal", "-shm", "-journal")):  # SQLite finds these beside the file itself
                (copy / part.name).symlink_to(part)
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def copy_with_holes(source: str, target: str) -> str:
    """Copy a file without writing its blocks of nothing."""
    with Path(source).open("rb") as given, Path(target).open("wb") as made:
        while block := given.read(BLOCK):
            if block.strip(b"\0"):
                made.write(block)
            else:
                made.seek(len(block), os.SEEK_CUR)
        made.truncate()
    return target
