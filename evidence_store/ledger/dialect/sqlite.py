"""A ledger in a SQLite file: write-ahead log, synced at each commit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.dialect import base
from evitrail.traces.sqlite_fault import BROKEN, fault_kind

_RESTORE = "restore it from a copy"


@dataclass(frozen=True)
class SQLite:
    """A ledger in a file of its own."""

    path: Path

    @property
    def where(self) -> str:
        return str(self.path)

    def engine(self) -> sa.Engine:
        url = sa.URL.create("sqlite", database=str(self.path))
        engine = sa.create_engine(url, connect_args={"timeout": base.PATIENCE})
        sa.event.listen(engine, "connect", _prepare)
        return engine

    def lock(self, db: sa.Connection) -> None:
        db.exec_driver_sql("BEGIN IMMEDIATE")

    def expect_own(self, db: sa.Connection) -> None:
        tables = sa.inspect(db).get_table_names()
        if tables and "event" not in tables:  # making a table here would hide what was lost
            raise StoreError(f"{self.where}: expected a ledger, got a file without the table 'event'; {_RESTORE}")

    def guard(self, db: sa.Connection) -> None:
        for verb in ("UPDATE", "DELETE"):
            db.exec_driver_sql(
                f"""CREATE TRIGGER IF NOT EXISTS event_no_{verb} BEFORE {verb} ON event
              BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {verb} refused'); END"""
            )

    def damaged(self, error: BaseException | None) -> bool:
        return fault_kind(error, self.path) in BROKEN

    def explain(self, error: BaseException | None) -> str:
        return complaint(
            error,
            self.path,
            "a ledger",
            patience=base.PATIENCE,
            again=base.AGAIN,
            damaged=_RESTORE,
        )


def complaint(
    error: BaseException | None, path: Path, expected: str, *, patience: float, again: str, damaged: str
) -> str:
    """What SQLite says of a file of ours, and what to do; ``damaged`` is what to do where nothing else helps."""
    got = f"expected {expected}, got {str(error)!r}"
    match fault_kind(error, path):
        case "FULL":
            return f"the disk is full; make room, {again}"
        case "BUSY" | "LOCKED":
            return f"another process has locked it for more than {patience:g} s; {again}"
        case "READONLY" | "CANTOPEN" | "PERM" | "AUTH":
            return f"{got}; see that this user may write the file and its folder"
        case "IOERR":
            return f"{got}; see to the disk, {again}"
        case _:
            return f"{got}; {damaged}"


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own begins too late to lock
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:  # nobody else knows of this connection yet
        connection.close()
        raise
