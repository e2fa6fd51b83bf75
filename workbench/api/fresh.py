"""A value that is made from files, kept until one of them changes.

Rules kept here
- A file's stamp is its size and the time of its last change. One that is not there is as one that is empty: SQLite
  makes an empty log whenever it reads, and takes it away again.
- One thread makes a value; others that ask for the same one wait for it.
- At most so many values are kept, the one asked for longest ago goes first.

    kept = Fresh(read_metrics, lambda folder: [folder / "metrics.json"])
    kept(folder)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from threading import Lock
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Stamps = tuple[tuple[str, int, int], ...]


class Fresh(Generic[P, T]):
    """See the module; the arguments must be hashable."""

    def __init__(self, make: Callable[P, T], files: Callable[P, Iterable[Path]], most: int = 64) -> None:
        self._make, self._files, self._most = make, files, most
        self._kept: OrderedDict[Hashable, tuple[Stamps, T]] = OrderedDict()
        self._lock = Lock()
        self._making: dict[Hashable, Lock] = {}

    def has(self, *args: P.args, **named: P.kwargs) -> bool:
        """Whether a value is kept that none of its files has outdated."""
        key = (args, tuple(sorted(named.items())))
        stamps = stamps_of(self._files(*args, **named))
        with self._lock:
            kept = self._kept.get(key)
        return kept is not None and kept[0] == stamps

    def __call__(self, *args: P.args, **named: P.kwargs) -> T:
        key = (args, tuple(sorted(named.items())))
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            stamps = stamps_of(self._files(*args, **named))
            with self._lock:
                kept = self._kept.get(key)
                if kept is not None and kept[0] == stamps:
                    self._kept.move_to_end(key)
                    return kept[1]
            made = self._make(*args, **named)
            with self._lock:
                self._kept[key] = (stamps, made)
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    old, _ = self._kept.popitem(last=False)
                    self._making.pop(old, None)
            return made


def stamps_of(files: Iterable[Path]) -> Stamps:
    """What tells that none of these files changed."""
    return tuple((str(file), *_stamp(file)) for file in files)


def journal_files(folder: Path) -> list[Path]:
    """The files that change when a run is recorded: each journal, and what SQLite keeps beside it."""
    journals = sorted(folder.glob("journal*.db"))
    return [each for file in journals for each in (file, file.with_name(f"{file.name}-wal"))]


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return -1, -1
    return (found.st_size, found.st_mtime_ns) if found.st_size else (-1, -1)
