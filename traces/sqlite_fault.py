"""What kind of fault did SQLite meet? One word for each, for whoever must say what to do about it.

Rules kept here
- A full disk is told from a broken one: SQLite says "disk I/O error" or "unable to open database file" where it finds
  no room for the files it needs beside the database, even to read. So the disk is asked.
- A message of SQLite that quotes broken bytes cannot be read by Python; that too is a fault of the file.

    fault_kind(error, Path("evitrail-run/journal.db"))        # "FULL", "BUSY", "CORRUPT", …
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What sqlite3 raises for a broken file; the second when its own message quotes broken bytes."""

BROKEN = ("CORRUPT", "NOTADB")
"""What is stored cannot be read any more."""

NO_ROOM = ("IOERR", "CANTOPEN", "READONLY")
"""What SQLite says where it cannot write, whatever the reason."""

NEEDED = 64 << 10
"""Bytes that must be free on the disk: SQLite's shared memory takes 32 KiB at once, and a page beside it."""


def fault_kind(error: BaseException | None, path: Path) -> str:
    """``FULL`` for ``SQLITE_FULL``, ``IOERR`` for ``SQLITE_IOERR_WRITE``; empty where SQLite gave no code."""
    if isinstance(error, UnicodeDecodeError):
        return "CORRUPT"
    kind = str(getattr(error, "sqlite_errorname", "_")).split("_")[1]
    return "FULL" if kind in NO_ROOM and disk_is_full(path) else kind


def disk_is_full(path: Path) -> bool:
    """Whether the disk of a file has no room, or no name, left for one more."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    blocks = disk.f_bavail if os.geteuid() else disk.f_bfree  # some are kept for the administrator
    return blocks * disk.f_frsize < NEEDED or (disk.f_files > 0 and disk.f_ffree == 0)
