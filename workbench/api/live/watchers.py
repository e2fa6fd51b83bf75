"""What happens to experiments while pages watch: read once, for any number of pages.

Rules kept here
- An experiment is watched once, by one thread for all of them, and only while somebody looks. A look opens nothing to
  write, and reads what was added to the journal since the look before.
- Every event has a number, in the order of sending. Of what is a state (progress, seal, store, results) only the
  last is kept; rows of runs are kept for the last looks, and who has fallen further behind is told to ask anew.
- A further kind of event is a function of the experiment's folder (``tells``): it is sent whenever that returns
  another thing.

    with watchers.watching("demo") as watched:
        events = watched.after(0)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.live.tellers import results_written, store_seq
from evitrail.workbench.api.live.watched import Teller, Watched

TICK = 0.5
"""Seconds between two looks."""
MOST = 64
"""Streams at once."""

TELLERS: Mapping[str, Teller] = {"results": results_written, "store": store_seq}


class TooMany(Exception):
    """More streams than the server keeps open."""


class Watchers:
    """Every experiment that is watched; see the module."""

    def __init__(self, folders: ExperimentFolders, tellers: Mapping[str, Teller] = TELLERS) -> None:
        self._folders, self._tellers = folders, dict(tellers)
        self._watched: dict[Path, Watched] = {}
        self._lookers: dict[Path, int] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed = Flag()
        self._open = 0

    @property
    def closed(self) -> bool:
        """Whether the server is to stop, and with it every stream."""
        return self._closed.is_set()

    def close(self) -> None:
        """End every stream, and let go of every file."""
        self._closed.set()

    @contextmanager
    def stream(self) -> Iterator[None]:
        """A place for one more stream; raises ``TooMany`` where there is none."""
        with self._lock:
            if self._open >= MOST:
                raise TooMany(f"expected at most {MOST} streams at once; close a page that watches, and try again")
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1

    @contextmanager
    def watching(self, name: str, *, rows: bool = True) -> Iterator[Watched]:
        """An experiment that is watched until the block is left, with or without the rows of its runs.

        Raises ``UnknownName``.
        """
        folder = self._folders.named(name)
        watched = self._joined(name, folder)
        watched.takes_rows(rows)
        try:
            yield watched
        finally:
            watched.takes_rows(-rows)
            with self._lock:
                if folder in self._lookers:  # else the watchers were closed meanwhile
                    self._lookers[folder] -= 1

    def tells(self, kind: str, teller: Teller) -> None:
        """Add a kind of event to every experiment, from the next that is watched on."""
        self._tellers[kind] = teller

    def names(self) -> list[str]:
        """Every experiment there is."""
        return list(self._folders.all())

    def _joined(self, name: str, folder: Path) -> Watched:
        with self._lock:
            if folder not in self._watched:
                self._watched[folder] = Watched(name, folder, self._tellers)
            self._lookers[folder] = self._lookers.get(folder, 0) + 1
            if self._thread is None:
                self._thread = Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
            return self._watched[folder]

    def _run(self) -> None:
        while True:
            self._closed.wait(TICK)
            with self._lock:
                left = [folder for folder in self._watched if self.closed or not self._lookers[folder]]
                gone = [self._watched.pop(folder) for folder in left]
                for folder in left:
                    del self._lookers[folder]
                looked_at = list(self._watched.values())
                if not looked_at:
                    self._thread = None
            for watched in gone:
                watched.close()
            if not looked_at:
                return
            for watched in looked_at:
                watched.look()
