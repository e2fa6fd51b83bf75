"""The ledger: an append-only log of what happened to the evidence. It is the truth; all else is rebuilt from it.

Rules kept here
- Events are only ever added: triggers refuse UPDATE and DELETE.
- ``append_many`` writes all of its events or none, and they are on disk when it returns.
- Of two writers that follow the same event one wins; the other is told so, and nothing of it is written.
- SQLite and PostgreSQL take the same text and give it the same hash. What one of them cannot keep (NUL, half of a
  surrogate pair), neither takes.
- Each event is chained to the one before by its hash (``event.py``). Whoever reads events is given none that was
  changed, and none after one that is missing (``chain.py``); ``verify`` names all that are at fault.
- The clock is an argument.

    ledger = Ledger.open(folder / "ledger.db", clock=lambda: datetime.now(UTC))
    ledger.append_many([Draft(type=PUBLISHED, subject="aspirin@2022", body=...)], actor="curator", after=0)
    assert ledger.verify() == []

This module does not know what an event means (``fold.py`` does), nor what database it writes to (``dialect/``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.chain import event_faults
from evitrail.evidence_store.ledger.dialect import dialect_of
from evitrail.evidence_store.ledger.dialect.base import UNREADABLE, Dialect, cause_of, store_errors
from evitrail.evidence_store.ledger.event import GENESIS, Draft, Event, chained
from evitrail.traces.record import canonical_json

_TABLES = sa.MetaData()
EVENT = sa.Table(
    "event",
    _TABLES,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("prev", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
ASKED = 500
"""Events, or rows, asked for at once."""
WRITTEN = 5_000
"""Events that are written, and folded, at once: a large file takes no more memory for it than that many."""
Then = Callable[[sa.Connection, list[Event]], None]
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_DAMAGED = "`evitrail store verify` names all that is at fault; restore the ledger from a copy"


def utc_now() -> datetime:
    """The clock of a ledger that is given no other; what it says is an attribute of events, never compared."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """The event log, in a SQLite file or a PostgreSQL database."""

    dialect: Dialect
    clock: Callable[[], datetime]
    engine: sa.Engine

    @classmethod
    def open(cls, address: Path | str, clock: Callable[[], datetime]) -> Ledger:
        """The ledger in that file, or at that ``postgresql+psycopg://`` address; made if it is not there."""
        dialect = dialect_of(address)
        ledger = cls(dialect, clock, dialect.engine())
        try:
            with ledger.writing() as db:
                dialect.expect_own(db)
                _TABLES.create_all(db)
                db.execute(sa.select(EVENT).limit(0))  # a table of that name may be somebody else's
                dialect.guard(db)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def head(self) -> tuple[int, str]:
        """The last event's number and hash; ``(0, GENESIS)`` when there is none."""
        query = sa.select(EVENT.c.seq, EVENT.c.hash).order_by(EVENT.c.seq.desc()).limit(1)
        with self.reading() as db:
            row = db.execute(query).first()
        return (row.seq, row.hash) if row else (0, GENESIS)

    def hash_at(self, seq: int) -> str:
        """The hash of event ``seq``, which names everything up to it; ``GENESIS`` where there is no such event."""
        found = self.events_at([seq])
        return found[0].hash if found else GENESIS

    def has_event(self, type: str, subject: str) -> bool:
        """Whether there is an event of that type about just that subject."""
        query = sa.select(EVENT.c.seq).where(EVENT.c.subject == subject, EVENT.c.type == type).limit(1)
        with self.reading() as db:
            return db.execute(query).first() is not None

    def events_at(self, seqs: Iterable[int], db: sa.Connection | None = None) -> list[Event]:
        """The events with these numbers, each checked by itself; on a connection that is in use, if one is given."""
        asked, found = sorted(set(seqs)), list[Event]()
        with self.reading() if db is None else nullcontext(db) as connection:
            for at in range(0, len(asked), ASKED):
                query = sa.select(EVENT).where(EVENT.c.seq.in_(asked[at : at + ASKED])).order_by(EVENT.c.seq)
                for row in connection.execute(query):
                    self._sound(row, row.seq, row.prev)
                    found.append(self._event(row))
        return found

    def append_many(self, drafts: Sequence[Draft], *, actor: str, after: int, then: Then | None = None) -> int:
        """Append all drafts or none, as the events that follow ``after``; returns the new last number.

        ``then`` is called with the new events, some at a time, in the same transaction.
        """
        with self.writing() as db:
            last = db.execute(sa.select(EVENT).order_by(EVENT.c.seq.desc()).limit(1)).first()
            if last:  # nothing is chained to an event that was changed
                self._sound(last, last.seq, last.prev)
            end, prev = (last.seq, last.hash) if last else (0, GENESIS)
            if end != after:
                said = f"expected the last event to be {after}, got {end}; another process wrote, try again"
                raise StoreError(f"{self.dialect.where}: {said}")
            at = self.clock().isoformat()
            for start in range(0, len(drafts), WRITTEN):
                rows: list[dict[str, Any]] = []
                for seq, draft in enumerate(drafts[start : start + WRITTEN], start=after + start + 1):
                    columns: dict[str, Any] = {"seq": seq, "at": at, "actor": actor}
                    columns |= {"type": draft.type, "subject": draft.subject, "body": canonical_json(draft.body)}
                    self._keepable(columns)
                    rows.append({**columns, "prev": prev, "hash": chained(prev, **columns)})
                    prev = rows[-1]["hash"]
                db.execute(sa.insert(EVENT), rows)
                if then is not None:
                    then(db, [Event(**{**row, "body": json.loads(row["body"])}) for row in rows])
        return after + len(drafts)

    def events(self, after: int = 0, about: str = "") -> Iterator[Event]:
        """The events that follow ``after`` and whose subject begins with ``about``, in order.

        Raises ``StoreError`` at the first that is not as it was written; without ``about`` also where one is missing.
        """
        # LIKE would tell capitals apart on one database and not on the other.
        query = sa.select(EVENT).where(EVENT.c.seq > after, sa.func.substr(EVENT.c.subject, 1, len(about)) == about)
        with self.reading() as db:
            expected, prev = after + 1, _hash_at(db, after)
            for row in db.execute(query.order_by(EVENT.c.seq)):
                self._sound(row, row.seq if about else expected, row.prev if about else prev)
                expected, prev = row.seq + 1, row.hash
                yield self._event(row)

    def verify(self) -> list[str]:
        """Every event that is not as it was written; empty means the chain is sound."""
        faults: list[str] = []
        expected, prev, place = 1, GENESIS, self.dialect.where
        try:
            with self.engine.connect() as db:
                for row in db.execute(sa.select(EVENT).order_by(EVENT.c.seq)):
                    faults += (f"{place}: {fault}" for fault in event_faults(row, expected, prev))
                    expected, prev = row.seq + 1, row.hash
        except UNREADABLE as error:
            cause = cause_of(error)
            if not self.dialect.damaged(cause):
                raise StoreError(f"{place}: {self.dialect.explain(cause)}") from error
            faults.append(f"{place}: after event {expected - 1}, {self.dialect.explain(cause)}")
        return faults

    def _sound(self, row: Any, expected: int, prev: str) -> None:
        if faults := event_faults(row, expected, prev):
            raise StoreError(f"{self.dialect.where}: {faults[0]}; {_DAMAGED}")

    def _event(self, row: Any) -> Event:
        try:
            return Event(**{**row._mapping, "body": json.loads(row.body)})
        except (ValueError, RecursionError) as error:
            said = f"event {row.seq} ({row.type} {row.subject}): expected a body that is a JSON object"
            raise StoreError(f"{self.dialect.where}: {said}; {_DAMAGED}") from error

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with; what the database complains of is a ``StoreError``."""
        with store_errors(self.dialect), self.engine.connect() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction of the only writer."""
        with store_errors(self.dialect), self.engine.begin() as db:
            self.dialect.lock(db)
            yield db

    def _keepable(self, columns: dict[str, Any]) -> None:
        for name, text in columns.items():
            if found := _UNKEPT.search(str(text)):
                said = f"event {columns['seq']}: expected text, got {found[0]!a} in its {name}; take it out"
                raise StoreError(f"{self.dialect.where}: {said}, nothing was written")


def _hash_at(db: sa.Connection, seq: int) -> str:
    found = db.execute(sa.select(EVENT.c.hash).where(EVENT.c.seq == seq)).scalar()
    return str(found) if found else GENESIS
