"""Which process owns an index on disk, and may write to it: one at a time, by a lock that ends with the process.

The lock's file says who holds it, and since when, for whoever comes second.
"""

from __future__ import annotations

import errno
import fcntl
import os
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from evitrail.evidence_store.errors import IndexInUse, ReadOnlyStore


def lock_file(path: Path) -> Path:
    """Beside the folder, which comes and goes."""
    return path.with_name(f"{path.name}.lock")


def owned(path: Path) -> TextIOWrapper:
    """The lock of the index in the folder ``path``, held until the file is closed.

    Raises ``IndexInUse`` where another process has it, ``ReadOnlyStore`` where no lock may be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = lock_file(path).open("a+", encoding="utf-8")
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EROFS):
            raise ReadOnlyStore(path) from error
        raise
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        with file:
            raise IndexInUse(path, lock_file(path).read_text(encoding="utf-8")) from error
    file.truncate(0)
    file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
    file.flush()
    return file


def released(lock: TextIOWrapper) -> None:
    """Let another process have the index; nobody holds it from here on. May be done twice."""
    if lock.closed:
        return
    lock.truncate(0)
    lock.close()
