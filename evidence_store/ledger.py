"""The ledger: an append-only log of what happened to the evidence. It is the truth; all else is rebuilt from it.

Rules kept here
- Events are only ever added: triggers refuse UPDATE and DELETE.
- ``append_many`` writes all of its events or none, and is on disk when it returns (WAL, synchronous FULL).
- Each event is chained to the one before by its hash (``event.py``); ``verify`` walks the chain.
- The clock is an argument.

    ledger = Ledger.open(folder / "ledger.db", clock=lambda: datetime.now(UTC))
    ledger.append_many([Draft(type=PUBLISHED, subject="aspirin@2022", body=...)], actor="curator", after=0)
    assert ledger.verify() == []

This module does not know what an event means; ``fold.py`` does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evidence_store.errors import StoreError
from evidence_store.event import GENESIS, Draft, Event, chained
from traces.record import canonical_json

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
_TRIGGER = """CREATE TRIGGER IF NOT EXISTS event_no_{verb} BEFORE {verb} ON event
              BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {verb} refused'); END"""


@dataclass(frozen=True)
class Ledger:
    """The event log in one SQLite file."""

    path: Path
    clock: Callable[[], datetime]
    engine: sa.Engine

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime]) -> Ledger:
        """The ledger at ``path``, made if it is not there."""
        engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        try:
            with engine.begin() as db:
                _TABLES.create_all(db)
                for verb in ("UPDATE", "DELETE"):
                    db.exec_driver_sql(_TRIGGER.format(verb=verb))
        except sa.exc.DatabaseError as error:
            engine.dispose()
            raise StoreError(f"{path}: expected a ledger, got {str(error.orig)!r}; restore it from a copy") from error
        return cls(path, clock, engine)

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
        with self.engine.begin() as db:
            last = db.execute(sa.select(EVENT.c.seq, EVENT.c.hash).order_by(EVENT.c.seq.desc()).limit(1)).first()
            end, prev = (last.seq, last.hash) if last else (0, GENESIS)
            if end != after:
                said = (
                    f"{self.path}: expected the last event to be {after}, got {end}; another process wrote, try again"
                )
                raise StoreError(said)
            rows: list[dict[str, Any]] = []
            at = self.clock().isoformat()
            for seq, draft in enumerate(drafts, start=after + 1):
                columns: dict[str, Any] = {"seq": seq, "at": at, "actor": actor}
                columns |= {"type": draft.type, "subject": draft.subject, "body": canonical_json(draft.body)}
                rows.append({**columns, "prev": prev, "hash": chained(prev, **columns)})
                prev = rows[-1]["hash"]
            if rows:
                db.execute(sa.insert(EVENT), rows)
        return after + len(rows)

    def events(self, after: int = 0, about: str = "") -> Iterator[Event]:
        """The events that follow ``after`` and whose subject begins with ``about``, in order."""
        query = sa.select(EVENT).where(EVENT.c.seq > after, EVENT.c.subject.startswith(about, autoescape=True))
        with self._reading() as db:
            for row in db.execute(query.order_by(EVENT.c.seq)):
                try:
                    yield Event(**{**row._mapping, "body": json.loads(row.body)})
                except ValueError as error:
                    raise StoreError(f"{self.path}: event {row.seq} cannot be read; see what `verify` says") from error

    def verify(self) -> list[str]:
        """Every event that is not as it was written; empty means the chain is sound."""
        faults: list[str] = []
        expected, prev = 1, GENESIS
        try:
            with self._reading() as db:
                for row in db.execute(sa.select(EVENT).order_by(EVENT.c.seq)):
                    where = f"{self.path}: event {row.seq} ({row.type} {row.subject})"
                    if row.seq != expected:
                        faults.append(f"{where}: expected number {expected}; events are missing or were moved")
                    if row.prev != prev:
                        faults.append(f"{where}: expected to follow {prev}, got {row.prev}")
                    columns = {key: row._mapping[key] for key in ("seq", "at", "actor", "type", "subject", "body")}
                    if chained(row.prev, **columns) != row.hash:
                        faults.append(f"{where}: its content does not give its hash {row.hash}; it was changed")
                    expected, prev = row.seq + 1, row.hash
        except sa.exc.DatabaseError as error:
            faults.append(f"{self.path}: the file is damaged after event {expected - 1}: {error.orig}")
        return faults

    def close(self) -> None:
        self.engine.dispose()

    def _reading(self) -> sa.Connection:
        # Autocommit: a reader takes no write lock.
        return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own begins too late to lock
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
