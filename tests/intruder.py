"""Somebody who knows SQLite and changes a journal behind the back of its triggers.

path = sealed(folder / "journal.db")                 # three runs
tampered(path, "DELETE FROM record WHERE run = 'second' AND seq >= 3")
verdicts(path).completeness
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from scribe import Order, recorded, ticking

from evitrail.traces import Journal, Verdicts, seal, verify_journal
from evitrail.traces.journal.schema import link
from evitrail.traces.record import canonical_json

RUNS = ("first", "second", "third")
Change = Callable[[sqlite3.Connection], object]


def sealed(path: Path, runs: tuple[str, ...] = RUNS, words: tuple[str, ...] = ("stroke", "risk")) -> Path:
    """A sealed journal of runs that each write the same words and their own name."""
    with Journal.open(path, clock=ticking()) as journal:
        for name in runs:
            recorded(journal, name, Order(words=(*words, name)))
        seal(journal)
    return path


def verdicts(path: Path) -> Verdicts:
    """What is said of the journal at a path."""
    with Journal.open(path, create=False) as journal:
        return verify_journal(journal)


@contextmanager
def inside(path: Path) -> Iterator[sqlite3.Connection]:
    """The database without its triggers, each statement at once."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        yield db


def tampered(path: Path, *changes: str | Change) -> None:
    """Make these changes."""
    with inside(path) as db:
        for change in changes:
            db.execute(change) if isinstance(change, str) else change(db)


def everything(path: Path) -> object:
    """All that the journal holds, read through the journal."""
    with Journal.open(path, create=False) as journal, closing(sqlite3.connect(path)) as db:
        records = {run: journal.records(run) for run in journal.runs()}
        names = [row[0] for row in db.execute("SELECT id FROM blob ORDER BY id")]
        return records, journal.heads(), {name: journal.raw(name) for name in names}


def planted(path: Path, run: str, type: str, body: dict[str, Any]) -> None:
    """A record that is linked as it should be, written past the journal."""
    with inside(path) as db:
        ((seq, prev),) = db.execute(
            "SELECT seq, hash FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,)
        ).fetchall()
        line = {"v": 1, "seq": seq + 1, "run": run, "type": type, "t": "2021", "mono": 1, "prev": prev, "body": body}
        data = canonical_json(line).encode()
        db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (run, seq + 1, prev, link(prev, data), data))
