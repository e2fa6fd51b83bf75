"""The read model of one ledger: kept up to date in the ledger's own transactions, and asked in place of the ledger.

Rules kept here
- What is appended through it is folded in the same transaction, so ledger and read model never part.
- Where they did all the same (an earlier version of the program made the ledger, or wrote to it), the events that are
  missing are folded before anything is read, some at a time: if the process is killed, the next one resumes there.
- A read model that has seen more events than the ledger has, or other ones, is not read: it must be built again.

    model = ReadModel(ledger)
    model.follow(ledger.head())
    with model.tables() as tables:
        tables.origins(["aspirin@2022"])
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.event import Draft, Event
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.evidence_store.read_model.selecting import DO, Origin, Tables
from evitrail.evidence_store.read_model.tables import LAYOUT, TABLES
from evitrail.evidence_store.read_model.writing import write
from evitrail.traces.log import get_logger

CACHED = 5_000
"""Versions that a cache holds; one that is full is emptied."""
BATCH = 1000
"""Events that are folded in one transaction where the read model is behind."""

K = TypeVar("K")
V = TypeVar("V")


class ReadModel:
    """What one ledger says, in tables."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._head: tuple[int, str] | None = None
        self._lock = threading.RLock()
        self._origins: dict[str, Origin] = {}

    @contextmanager
    def tables(self) -> Iterator[Tables]:
        """The tables, to be read."""
        with self.ledger.reading() as db:
            yield Tables(db, self.ledger)

    def origins(self, tables: Tables, refs: Collection[str]) -> dict[str, Origin]:
        """What was recorded of these versions, which never changes and is cached."""
        known = {ref: origin for ref in refs if (origin := self._origins.get(ref)) is not None}
        missing = [ref for ref in refs if ref not in known]
        return known | cached(self._origins, tables.origins(missing) if missing else {})

    def append(self, drafts: Sequence[Draft], *, actor: str, after: int) -> int:
        """Append to the ledger and fold it, all or nothing; returns the new last number."""
        return self.ledger.append_many(drafts, actor=actor, after=after, then=self._fold)

    def follow(self, head: tuple[int, str]) -> None:
        """Make sure that everything up to ``head``, the ledger's last event, is in the tables."""
        with self._lock:
            if self._head == head:
                return
            self._make()
            if (done := self._seen(head)) < head[0]:
                told = {"ledger": self.ledger.dialect.where, "events": head[0] - done}
                get_logger().warning("the events of an earlier version are written into tables, once", **told)
            while (done := self._seen(head)) < head[0]:
                self._catch_up(done)
            self._head = head

    def rebuild(self) -> None:
        """Fold the ledger again from its first event; whoever reads meanwhile sees the tables as they were."""
        with self._lock:
            self._make()
            with self.ledger.writing() as db:
                for table in TABLES.sorted_tables:
                    db.execute(sa.delete(table))
                for batch in _batches(self.ledger.events()):
                    write(Tables(db, self.ledger), batch)
            self._head = None
            self._origins.clear()

    def _make(self) -> None:
        """Make the tables; where one alone is missing, what the others hold is folded again."""
        if self._head is not None:
            return
        with self.ledger.reading() as db:
            there = [table for table in TABLES.sorted_tables if sa.inspect(db).has_table(table.name)]
        if len(there) < len(TABLES.sorted_tables):
            with self.ledger.writing() as db:
                TABLES.create_all(db)
                for table in there:
                    db.execute(sa.delete(table))

    def _seen(self, head: tuple[int, str]) -> int:
        """The last event that was folded; raises ``StoreError`` where it is not one of the ledger's."""
        with self.tables() as tables:
            found = tables.folded()
        if found is None:
            return 0
        seq, known, layout = found
        if layout != LAYOUT:
            self.rebuild()
            return self._seen(self.ledger.head())
        if (seq, known) != head and self.ledger.hash_at(seq) != known:  # another process may have written since
            said = f"the read model has seen event {seq} with {known}, which the ledger does not have"
            raise StoreError(f"{self.ledger.dialect.where}: {said}; {DO}")
        return seq

    def _catch_up(self, done: int) -> None:
        """Fold the events after ``done``, for as long as nobody else does."""
        for batch in _batches(self.ledger.events(after=done)):
            with self.ledger.writing() as db:
                tables = Tables(db, self.ledger)
                if (tables.folded() or (0,))[0] != batch[0].seq - 1:
                    return
                write(tables, batch)

    def _fold(self, db: sa.Connection, events: list[Event]) -> None:
        """Fold what is being appended, in the transaction that appends it."""
        tables = Tables(db, self.ledger)
        seen = (tables.folded() or (0,))[0]
        if seen != events[0].seq - 1:  # an earlier version of the program wrote meanwhile
            said = f"the read model has seen event {seen}, the ledger ends at {events[0].seq - 1}"
            raise StoreError(f"{self.ledger.dialect.where}: {said}; nothing was written, try again")
        write(tables, events)


def _batches(events: Iterator[Event]) -> Iterator[list[Event]]:
    while batch := list(islice(events, BATCH)):
        yield batch


def cached(cache: dict[K, V], new: dict[K, V]) -> dict[K, V]:
    """``new``, after it was put into the cache."""
    if len(cache) + len(new) > CACHED:
        cache.clear()
    cache.update(new)
    return new
