"""The ledger: an append-only log of what happened to the evidence. It is the truth; all else is rebuilt from it.

Rules kept here
- Events are only ever added: triggers refuse UPDATE and DELETE.
- ``append_many`` writes all of its events or none, and they are on disk when it returns.
- Of two writers that follow the same event one wins; the other is told so, and nothing of it is written.
- SQLite and PostgreSQL take the same text and give it the same hash. What one of them cannot keep (NUL, half of a
  surrogate pair), neither takes.
- Each event is chained to the one before by its hash (``event.py``); ``verify`` walks the chain.
- The clock is an argument.

    ledger = Ledger.open(folder / "ledger.db", clock=lambda: datetime.now(UTC))
    ledger.append_many([Draft(type=PUBLISHED, subject="aspirin@2022", body=...)], actor="curator", after=0)
    assert ledger.verify() == []

This module does not know what an event means (``fold.py`` does), nor what database it writes to (``dialect/``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.dialect import dialect_of
from evitrail.evidence_store.ledger.dialect.base import Dialect, store_errors
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
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


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
            with ledger._writing() as db:
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
        with self._reading() as db:
            row = db.execute(query).first()
        return (row.seq, row.hash) if row else (0, GENESIS)

    def hash_at(self, seq: int) -> str:
        """The hash of event ``seq``, which names everything up to it."""
        with self._reading() as db:
            found = db.execute(sa.select(EVENT.c.hash).where(EVENT.c.seq == seq)).scalar()
        return str(found) if found else GENESIS

    def append_many(self, drafts: Sequence[Draft], *, actor: str, after: int) -> int:
        """Append all drafts or none, as the events that follow ``after``; returns the new last number."""
        with self._writing() as db:
            last = db.execute(sa.select(EVENT.c.seq, EVENT.c.hash).order_by(EVENT.c.seq.desc()).limit(1)).first()
            end, prev = (last.seq, last.hash) if last else (0, GENESIS)
            if end != after:
                said = f"expected the last event to be {after}, got {end}; another process wrote, try again"
                raise StoreError(f"{self.dialect.where}: {said}")
            rows: list[dict[str, Any]] = []
            at = self.clock().isoformat()
            for seq, draft in enumerate(drafts, start=after + 1):
                columns: dict[str, Any] = {"seq": seq, "at": at, "actor": actor}
                columns |= {"type": draft.type, "subject": draft.subject, "body": canonical_json(draft.body)}
                self._keepable(columns)
                rows.append({**columns, "prev": prev, "hash": chained(prev, **columns)})
                prev = rows[-1]["hash"]
            if rows:
                db.execute(sa.insert(EVENT), rows)
        return after + len(rows)

    def events(self, after: int = 0, about: str = "") -> Iterator[Event]:
        """The events that follow ``after`` and whose subject begins with ``about``, in order."""
        # LIKE would tell capitals apart on one database and not on the other.
        query = sa.select(EVENT).where(EVENT.c.seq > after, sa.func.substr(EVENT.c.subject, 1, len(about)) == about)
        with self._reading() as db:
            for row in db.execute(query.order_by(EVENT.c.seq)):
                try:
                    yield Event(**{**row._mapping, "body": json.loads(row.body)})
                except ValueError as error:
                    said = f"event {row.seq} cannot be read; see what `verify` says"
                    raise StoreError(f"{self.dialect.where}: {said}") from error

    def verify(self) -> list[str]:
        """Every event that is not as it was written; empty means the chain is sound."""
        faults: list[str] = []
        expected, prev, place = 1, GENESIS, self.dialect.where
        try:
            with self.engine.connect() as db:
                for row in db.execute(sa.select(EVENT).order_by(EVENT.c.seq)):
                    where = f"{place}: event {row.seq} ({row.type} {row.subject})"
                    if row.seq != expected:
                        faults.append(f"{where}: expected number {expected}; events are missing or were moved")
                    if row.prev != prev:
                        faults.append(f"{where}: expected to follow {prev}, got {row.prev}")
                    columns = {key: row._mapping[key] for key in ("seq", "at", "actor", "type", "subject", "body")}
                    if chained(row.prev, **columns) != row.hash:
                        faults.append(f"{where}: its content does not give its hash {row.hash}; it was changed")
                    expected, prev = row.seq + 1, row.hash
        except sa.exc.DBAPIError as error:
            if not self.dialect.damaged(error.orig):
                raise StoreError(f"{place}: {self.dialect.explain(error.orig)}") from error
            faults.append(f"{place}: after event {expected - 1}, {self.dialect.explain(error.orig)}")
        return faults

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with store_errors(self.dialect), self.engine.connect() as db:
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with store_errors(self.dialect), self.engine.begin() as db:
            self.dialect.lock(db)
            yield db

    def _keepable(self, columns: dict[str, Any]) -> None:
        for name, text in columns.items():
            if found := _UNKEPT.search(str(text)):
                said = f"event {columns['seq']}: expected text, got {found[0]!a} in its {name}; take it out"
                raise StoreError(f"{self.dialect.where}: {said}, nothing was written")
