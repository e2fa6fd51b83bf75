"""A store that this user may not write to is searched through a copy, since an engine writes logs even when it reads.

Rules kept here
- Copied are the manifest, the ledger with its write-ahead log, and the index; embeddings are computed again.
- The copy lies in the system's folder for temporary files and is removed when the store is closed.
- A copy takes no evidence: what was recorded there would be lost.

    with EvidenceStore.open(Path("/mnt/read-only/evitrail-store")) as store:
        store.snapshot()
"""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from evitrail.evidence_store.errors import ReadOnlyStore, StoreError
from evitrail.evidence_store.index.read_copy import copy_with_holes
from evitrail.evidence_store.store_folder import StoreParts, open_parts
from evitrail.evidence_store.store_manifest import Opening

COPIED = ("manifest.json", "ledger.url", "ledger.db", "ledger.db-wal")
"""Files of a store without which it cannot be searched."""


def open_anywhere(path: Path, how: Opening) -> StoreParts:
    """The parts of the store at ``path``, or of a copy of it where that cannot be written to."""
    try:
        return open_parts(path, how)
    except ReadOnlyStore:
        if not (path / "manifest.json").is_file():
            raise
    copy = copied(path)
    try:
        parts = open_parts(Path(copy.name) / "store", replace(how, create=False, read_only=False))
    except BaseException:
        copy.cleanup()
        raise
    return replace(parts, path=path, copy=copy)


def copied(store: Path) -> TemporaryDirectory[str]:
    """A copy of the store at ``store``, in the folder ``store`` of a temporary one; raises ``StoreError``."""
    scratch = TemporaryDirectory(prefix="evitrail-", ignore_cleanup_errors=True)
    copy = Path(scratch.name) / "store"
    try:
        copy.mkdir()
        for file in (store / name for name in COPIED):
            if file.is_file():
                copy_with_holes(str(file), str(copy / file.name))
        if (store / "index").is_dir():
            shutil.copytree(store / "index", copy / "index", copy_function=copy_with_holes)
        for folder in (one for one in copy.rglob("*") if one.is_dir()):
            folder.chmod(folder.stat().st_mode | stat.S_IRWXU)  # a folder is copied with its permissions
    except (OSError, shutil.Error) as error:
        scratch.cleanup()
        said = f"{store}: cannot be written to, and could not be copied to {scratch.name} to be searched there"
        raise StoreError(f"{said} ({' '.join(str(error).split())}); see to the permissions, or set TMPDIR") from error
    return scratch
