"""Waiting for the disk, once for all threads that wait at the same time.

Rules kept here
- ``wait`` returns when the disk has the commit: a sync that *began* after the commit has ended. Threads that committed
  before a sync began share it, so runs of one writer do not queue for the disk one by one.
- Commits are made without waiting (``synchronous=NORMAL``), so other threads write meanwhile. SQLite itself syncs the
  write-ahead log before it copies it to the file, and the file before it writes over the log: what is no longer in the
  log is safe in the file.
- After a sync that failed nothing is confirmed any more: the system may have dropped what it could not write, and say
  of the next sync that it went well.
- SQLite holds no lock on the log, so a descriptor of our own does no harm there. It would on the file itself.

    commit = sync.committed()     # after COMMIT, with the connection still held
    sync.wait(commit)             # with the connection free
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

LOG = "-wal"
"""What SQLite appends to a file's name for its write-ahead log."""

sync_file = getattr(os, "fdatasync", os.fsync)
"""What SQLite calls too; not every system has the quicker of the two."""


class GroupSync:
    """The write-ahead log of one file, and how much of it the disk has."""

    def __init__(self, file: Path) -> None:
        """Raises ``OSError`` where the log cannot be opened."""
        self._descriptor = os.open(f"{file}{LOG}", os.O_RDWR)
        self._commits = 0
        self._synced = 0
        self._failed: OSError | None = None
        self._syncing = threading.Lock()
        with suppress(OSError):  # a new log is lost with its folder's entry; Windows cannot sync a folder
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def committed(self) -> int:
        """Count a commit and return its number."""
        self._commits += 1
        return self._commits

    def wait(self, commit: int) -> None:
        """Return when the disk has the commit; raises ``OSError`` where it does not take it."""
        with self._syncing:
            if self._synced >= commit:
                return
            if self._failed:
                raise self._failed
            until = self._commits
            try:
                sync_file(self._descriptor)
            except OSError as error:
                self._failed = error
                raise
            self._synced = until

    def close(self) -> None:
        """Let the log go."""
        os.close(self._descriptor)
