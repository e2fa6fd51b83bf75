"""The evidence store of an experiment, kept open to be read: found once, opened once, and another one once it changed.

Rules kept here
- A store counts as that of an experiment only if its ledger holds what the experiment recorded
  (``eval/log/recorded_store.py``); which one that is, is found out again when a file of it changed.
- A reader is a copy of the index as it was, so nobody who writes waits for it. When a file of the store changes, the
  next who asks opens another; the old one is closed once its last user is done.
- At most ``MOST`` are kept, and none longer than ``IDLE`` seconds after it was used last: what was deleted is let go.
- No embedding model is loaded.

    with kept_store(folder) as store:
        store.snapshot(as_of=day)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer
from time import monotonic

from evitrail.eval.log.recorded_store import recorded_store
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.folder import Journals
from evitrail.workbench.api.fresh import Fresh, Stamps, stamps_of

MOST = 4
IDLE = 120.0
STATE = ("manifest.json", "ledger.url", "ledger.db", "ledger.db-wal", "index/seen", "index/readers/state")
"""The files of a store that change when it does."""


@dataclass
class Reader:
    """A store that is open to be read."""

    store: EvidenceStore
    stamps: Stamps
    users: int = 0
    used: float = field(default_factory=monotonic)
    retired: bool = False
    """Whether another one has taken its place, so that it is closed after its last user."""


class KeptStores:
    """The stores that are open; see the module. Safe for any number of threads."""

    def __init__(self, opened: Callable[[Path], EvidenceStore], idle: float = IDLE) -> None:
        self._open, self._idle = opened, idle
        self._readers: OrderedDict[Path, Reader] = OrderedDict()
        self._lock = Lock()
        self._opening: dict[Path, Lock] = {}
        self._timer: Timer | None = None

    @contextmanager
    def reading(self, path: Path) -> Iterator[EvidenceStore]:
        """The store in a folder, as it is now; raises ``StoreError``."""
        reader = self._taken(path)
        try:
            yield reader.store
        finally:
            self._given_back(reader)

    def close(self) -> None:
        """Let go of all of them; one in use is closed after its last user."""
        with self._lock:
            gone = [self._retire(path) for path in list(self._readers)]
        _close(gone)

    def _taken(self, path: Path) -> Reader:
        with self._lock:
            opening = self._opening.setdefault(path, Lock())
        with opening:
            stamps = stamps_of(path / name for name in STATE)
            with self._lock:
                reader = self._readers.get(path)
                if reader is not None and reader.stamps == stamps:
                    self._readers.move_to_end(path)
                    reader.users += 1
                    return reader
                gone = [self._retire(path)] if reader is not None else []
            _close(gone)
            reader = Reader(self._open(path), stamps, users=1)
            with self._lock:
                self._readers[path] = reader
                gone = [self._retire(next(iter(self._readers))) for _ in range(len(self._readers) - MOST)]
                if self._timer is None:
                    self._start_timer()
            _close(gone)
        return reader

    def _given_back(self, reader: Reader) -> None:
        with self._lock:
            reader.users -= 1
            reader.used = monotonic()
            is_last = reader.retired and not reader.users
        _close([reader] if is_last else [])

    def _retire(self, path: Path) -> Reader | None:
        """Take it out; returned where nobody uses it, to be closed."""
        reader = self._readers.pop(path)
        reader.retired = True
        return None if reader.users else reader

    def _start_timer(self) -> None:
        self._timer = Timer(self._idle, self._let_go)
        self._timer.daemon = True
        self._timer.start()

    def _let_go(self) -> None:
        """Close what nobody used for a while."""
        with self._lock:
            now, self._timer = monotonic(), None
            idle = [path for path, one in self._readers.items() if not one.users and now - one.used >= self._idle]
            gone = [self._retire(path) for path in idle]
            if self._readers:
                self._start_timer()
        _close(gone)


def _close(readers: list[Reader | None]) -> None:
    for reader in readers:
        if reader is not None:
            reader.store.close()


def store_files(folder: Path) -> Iterator[Path]:
    """The files that decide which store an experiment has, and how far its ledger goes."""
    yield folder / PLAN
    for path in [*folder.resolve().parent.glob("*/manifest.json"), *_stated(folder)]:
        yield from (path, path.with_name("ledger.db"), path.with_name("ledger.db-wal"))


def _stated(folder: Path) -> list[Path]:
    try:
        return [Path(plan_in(folder).store) / "manifest.json"]
    except InputError:
        return []


def _find(folder: Path) -> Path:
    with Journals.open(folder) as journal, recorded_store(folder, plan_in(folder), journal) as store:
        return store.path.resolve()


store_path = Fresh(_find, store_files)
"""Where the store of an experiment lies; raises ``StoreError`` where it is not available."""
stores = KeptStores(lambda path: EvidenceStore.open(path, read_only=True))
"""The stores that are open in this process."""


@contextmanager
def kept_store(folder: Path) -> Iterator[EvidenceStore]:
    """The store of an experiment; raises ``StoreError`` where it is not available."""
    with stores.reading(store_path(folder)) as store:
        yield store
