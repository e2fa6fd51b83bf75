"""Places where a ledger can lie, on SQLite and on PostgreSQL, and processes that write to it until they are killed.

ledger = place.ledger()
place.tamper("UPDATE event SET actor = 'nobody' WHERE seq = 2")   # as its owner could
writer = place.start("a", batch=3)
writer.kill(after=0.01)                                           # seconds after its first append returned
writer.told()                                                     # the appends that returned
"""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import unquote

import sqlalchemy as sa
from world import clock

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.dialect import dialect_of
from evitrail.evidence_store.ledger.event import Draft
from evitrail.evidence_store.ledger.ledger import Ledger

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["evidence_store", "numpy", "psycopg"])
"""A writer is forked from a process that has loaded what takes long."""


@dataclass(frozen=True)
class Place:
    """An address, and a folder to take notes in."""

    address: str
    folder: Path

    @property
    def on_postgres(self) -> bool:
        return "://" in self.address

    @property
    def where(self) -> str:
        """How messages name it."""
        return dialect_of(self.address).where

    @property
    def database(self) -> str:
        """The name of the database on the server."""
        return unquote(sa.make_url(self.address).database or "")

    def ledger(self) -> Ledger:
        return Ledger.open(self.address, clock)

    def filled(self, n: int = 4) -> Ledger:
        """A ledger with some events."""
        ledger = self.ledger()
        drafts = [noted(f"topic-{i}@1", n=i, text="β-blockers ≥ 2") for i in range(n)]
        ledger.append_many(drafts, actor="curator", after=0)
        return ledger

    def behind_its_back(self, statement: str, **values: object) -> None:
        """Do something as whoever can reach the database."""
        engine = dialect_of(self.address).engine()
        try:
            with engine.begin() as db:
                dialect_of(self.address).lock(db)
                db.execute(sa.text(statement), values)
        finally:
            engine.dispose()

    def tamper(self, statement: str, **values: object) -> None:
        """Change it as its owner could."""
        triggers = ("event_append_only ON event",) if self.on_postgres else ("event_no_UPDATE", "event_no_DELETE")
        for trigger in triggers:
            self.behind_its_back(f"DROP TRIGGER IF EXISTS {trigger}")
        self.behind_its_back(statement, **values)

    def start(self, name: str, *, batch: int, times: int) -> Writer:
        """A process that appends so many drafts at once, so many times."""
        told = self.folder / f"told-{name}"
        process = FORKS.Process(target=write, args=(self.address, name, batch, times, str(told)), daemon=True)
        process.start()
        return Writer(process, told)


@dataclass(frozen=True)
class Writer:
    """A process at work."""

    process: BaseProcess
    notes: Path

    def told(self) -> list[str]:
        """The subjects it was told are recorded."""
        return self.notes.read_text().split() if self.notes.exists() else []

    def kill(self, after: float) -> bool:
        """Kill it so long after its first append returned; whether it was still at work."""
        deadline = time.monotonic() + 60
        while self.process.is_alive() and not self.told():
            assert time.monotonic() < deadline, "the writer did nothing for a minute"
            time.sleep(0.001)
        time.sleep(after)
        self.process.kill()
        self.process.join()
        return self.process.exitcode != 0

    def finish(self) -> None:
        self.process.join(60)
        assert self.process.exitcode == 0


def noted(subject: str, **body: object) -> Draft:
    return Draft(type="evidence.noted", subject=subject, body=body)


def write(address: str, name: str, batch: int, times: int, told: str) -> None:
    """Append, trying again whenever somebody else was first."""
    ledger = Ledger.open(address, clock)
    notes = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for turn in range(times):
        drafts = [noted(f"{name}-{turn}-{part}@1", text="x" * 500) for part in range(batch)]
        while True:
            try:
                ledger.append_many(drafts, actor=name, after=ledger.head()[0])
                break
            except StoreError as error:
                if "another process wrote" not in str(error):
                    raise
        os.write(notes, "".join(f"{draft.subject}\n" for draft in drafts).encode())
