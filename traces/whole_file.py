"""A file appears whole or not at all: it is written beside its place and moved there once it is on the disk.

Rules kept here
- Who is killed leaves at most ``.NAME.partial``, which the next to write NAME writes over. A full disk leaves nothing.
- Two that write one file take turns, so that neither moves away what the other has begun.
- Two that create one file take turns too: the second leaves what the first made.

    replace_text(folder / "report.html", page)
    create_database(folder / "journal.db", make_tables)
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """A file's text, whole or not at all."""
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, data: bytes) -> None:
    """A file's bytes, whole or not at all; raises ``FileNotFoundError`` with one line where its folder is not there."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: expected a folder {path.parent} to write it to, found none; make it first")
    partial = path.with_name(f".{path.name}.partial")
    with _begun(partial) as out:
        try:
            out.truncate(0)
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def create_database(path: Path, make: Callable[[Path], object]) -> None:
    """A new SQLite file that ``make`` writes, whole or not at all; a file that is there already stays as it is."""
    partial = path.with_name(f".{path.name}.partial")
    beside = [partial.with_name(partial.name + end) for end in ("-wal", "-shm", "-journal")]
    with _begun(partial) as out:
        if path.exists():  # made by whoever had the turn before
            partial.unlink()
            return
        try:
            for left in beside:  # by who was killed
                left.unlink(missing_ok=True)
            out.truncate(0)
            make(partial)
            os.fsync(out.fileno())
            os.replace(partial, path)
        except BaseException:
            for left in (partial, *beside):
                left.unlink(missing_ok=True)
            raise


@contextmanager
def _begun(partial: Path) -> Iterator[BufferedWriter]:
    """The file, written by nobody else. Who waited may hold what was moved into its place since, and opens it anew."""
    while True:
        with partial.open("ab") as out:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(out, fcntl.LOCK_EX)
            if _is_at(partial, out):
                yield out
                return


def _is_at(path: Path, opened: BufferedWriter) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(opened.fileno()))
    except FileNotFoundError:
        return False
