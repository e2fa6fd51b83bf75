"""A file appears whole or not at all: it is written beside its place and moved there once it is on the disk.

Rules kept here
- Who is killed leaves at most ``.NAME.partial``, which the next to write NAME writes over. A full disk leaves nothing.
- Two that write into one folder take turns, so that neither moves away what the other has begun.

    replace_text(folder / "report.html", page)
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """A file's text, whole or not at all."""
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, data: bytes) -> None:
    """A file's bytes, whole or not at all; its folder is there."""
    partial = path.with_name(f".{path.name}.partial")
    with _in_turn(path.parent):
        try:
            with partial.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def _in_turn(folder: Path) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
