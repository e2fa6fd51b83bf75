"""A copy of an index for a process that only searches: whoever writes to the index is not hindered, nor sees it.

Rules kept here
- An index is copied once for each state that it was in, by the first reader who comes, while nobody writes to it. The
  copy is opened and closed once: what a log still held is in its files then, and no reader changes them.
- Each reader has a folder of its own, of links to that copy: an engine locks the folder it opens. A file that cannot
  be linked is copied.
- ``seen`` comes with it: up to which event it is complete.
- Holes stay holes: an index is hundreds of megabytes long and mostly empty.
- Copies of earlier states, and folders of readers that were killed, are removed by whoever makes the next copy.

    with changing(index):       # by whoever writes
        ...
    copy = ReadCopy.of(index, closed_once)
    copy.index                  # the folder to open
    copy.remove()
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from secrets import token_hex

BLOCK = 1 << 20
"""Bytes that are copied at a time where the system cannot do it by itself."""
FOLDER = "readers"
"""Beside the index: what is in here may be deleted while nobody reads."""
COPY, READER = "copy-", "reader-"


@contextmanager
def changing(index: Path) -> Iterator[None]:
    """Within the block nobody copies the index in the folder ``index``; from then on it is in another state."""
    with _alone(index) as folder:
        (folder / "state").write_text(token_hex(8), encoding="utf-8")
        yield


@dataclass(frozen=True)
class ReadCopy:
    """The folder of one reader."""

    folder: Path
    _held: TextIOWrapper
    """Locked for as long as the reader lives."""

    @classmethod
    def of(cls, index: Path, closed_once: Callable[[Path], None]) -> ReadCopy:
        """A copy of the index in the folder ``index``; ``closed_once`` opens and closes the first of each state."""
        with _alone(index) as folder:
            seen = index.with_name("seen")
            known = seen.read_bytes() if seen.is_file() else None  # first: a write may be under way that adds to both
            frozen = _frozen(index, folder, closed_once)
            own = folder / f"{READER}{token_hex(8)}"
            own.mkdir()
            held = (own / "lock").open("w", encoding="utf-8")
            fcntl.flock(held, fcntl.LOCK_EX)
            shutil.copytree(frozen, own / "index", copy_function=_linked)
            if known is not None:
                (own / "seen").write_bytes(known)
        return cls(own, held)

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self.folder / "index"

    @property
    def seen(self) -> Path:
        """The file that says up to which event it is complete."""
        return self.folder / "seen"

    def remove(self) -> None:
        """Let go of it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._held.close()


def _frozen(index: Path, folder: Path, closed_once: Callable[[Path], None]) -> Path:
    """The copy of the state that the index is in."""
    state = folder / "state"
    frozen = folder / (COPY + (state.read_text(encoding="utf-8") if state.is_file() else "first"))
    if frozen.is_dir():
        return frozen
    _tidied(folder)
    begun = folder / f"{COPY}begun"
    shutil.copytree(index, begun, copy_function=copy_with_holes)
    closed_once(begun)
    begun.rename(frozen)
    return frozen


def _tidied(folder: Path) -> None:
    """Remove the copies that are there, and the folders of readers that are no more."""
    for copy in folder.glob(f"{COPY}*"):
        shutil.rmtree(copy, ignore_errors=True)  # who reads has links of their own
    for reader in folder.glob(f"{READER}*"):
        try:
            with (reader / "lock").open(encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        except FileNotFoundError:
            pass
        shutil.rmtree(reader, ignore_errors=True)


@contextmanager
def _alone(index: Path) -> Iterator[Path]:
    """Within the block, no other process writes to the index, or copies it; gives the folder of the copies."""
    folder = index.with_name(FOLDER)
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # a file system without such links, or a file that has as many as it may
        copy_with_holes(source, target)
    return target


def copy_with_holes(source: str, target: str) -> str:
    """Copy a file without its holes, of which there is nothing on the disk."""
    with Path(source).open("rb", buffering=0) as given, Path(target).open("wb", buffering=0) as made:
        made.truncate(os.fstat(given.fileno()).st_size)
        for start, end in _written(given.fileno()):
            while start < end and (some := _copied(given.fileno(), made.fileno(), start, end)):
                start += some
    return target


def _written(file: int) -> Iterator[tuple[int, int]]:
    """The stretches of a file between its holes."""
    end = 0
    while True:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return  # only a hole is left
        end = os.lseek(file, start, os.SEEK_HOLE)
        yield start, end


def _copied(given: int, made: int, start: int, end: int) -> int:
    """Copy bytes from there on, and say how many; by the system itself where it can, which may share the blocks."""
    try:
        return os.copy_file_range(given, made, end - start, start, start)
    except (AttributeError, OSError):  # another file system, or one that cannot, or macOS
        return os.pwrite(made, os.pread(given, min(BLOCK, end - start), start), start)
