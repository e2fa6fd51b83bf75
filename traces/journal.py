"""The journal: an append-only log in which every record carries the hash of the one before it.

Rules kept here
- A record is one line of JSON, hashed exactly as stored: ``hash = SHA-256(prev || bytes)``. Each run
  has its own chain, and everything known of a record is inside it.
- Bodies that are large or shared live as blobs named by their content, packed, written in the same
  transaction as the record that names them.
- Update, delete and replace are refused by the database itself.
- When ``append`` returns, the record survives kill -9 (SQLite WAL, ``synchronous=FULL``).
- One process writes; any number read meanwhile.

    journal = Journal.open(folder / "journal.db")
    journal.append("clean.rad-001", "run.begin", {"config": journal.put(config)})

What it does not cover: a cut tail looks like a crash (see ``trace.py`` on completeness), and whoever
can rewrite the whole file can rewrite the whole chain.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from traces.record import Record, canonical_json, sha256

# JournalError           the journal cannot be used as asked; the message says what to do
# └── DamagedJournal     the file is not a sound journal any more
R = TypeVar("R", bound=Record)

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What sqlite3 raises for a broken file; the second when its own message quotes broken bytes."""

SCHEMA_VERSION = 1
"""Raised when a record's fields change meaning; new types and new fields in a body need no raise."""

PACKING = 1
"""zlib level of blobs: the fastest; lists of passages repeat themselves and shrink all the same."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    run TEXT NOT NULL, seq INTEGER NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (run, seq));
CREATE TABLE IF NOT EXISTS blob (id TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS record_is_final BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS record_stays BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS record_is_new BEFORE INSERT ON record
    WHEN EXISTS (SELECT 1 FROM record WHERE run = NEW.run AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS blob_is_new BEFORE INSERT ON blob
    WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS blob_is_final BEFORE UPDATE ON blob BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS blob_stays BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""


class JournalError(Exception):
    """The journal cannot be used as asked."""


class DamagedJournal(JournalError):
    """The file is not a sound journal any more."""


class Clock(NamedTuple):
    """Where the journal's two times come from: wall time (UTC, ISO 8601) and a monotonic one in ns."""

    wall: Callable[[], str] = lambda: datetime.now(UTC).isoformat(timespec="microseconds")
    mono: Callable[[], int] = time.monotonic_ns


class Stored(NamedTuple):
    """One record as it lies in the file."""

    run: str
    seq: int
    prev: str
    hash: str
    bytes: bytes

    @property
    def line(self) -> dict[str, Any]:
        """The record's JSON: ``v, seq, run, type, t, mono, prev, body``."""
        parsed: dict[str, Any] = json.loads(self.bytes)
        return parsed

    @property
    def type(self) -> str:
        return str(self.line["type"])

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = self.line["body"]
        return body


def genesis(run: str) -> str:
    """What the first record of a run links to: the run's own name."""
    return sha256(run.encode())


def link(prev: str, data: bytes) -> str:
    """The hash of a record: over the hash before it and its bytes as stored."""
    return sha256(prev.encode() + data)


class Journal:
    """One SQLite file that only grows. Safe to share between threads of one process."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self.path = path
        self._db = connection
        self._clock = clock
        self._lock = threading.RLock()
        self._open_transactions = 0
        self._heads: dict[str, tuple[int, str]] = {}

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True, clock: Clock | None = None) -> Journal:
        """Open a journal to write, or with ``create=False`` an existing one to read.

        Raises ``JournalError`` where there is none, ``DamagedJournal`` where the file is not one.
        """
        path = Path(path)
        if not create and not path.is_file():
            raise JournalError(f"expected a journal at {str(path)!r}, found none; `evitrail run --out` makes one")
        if not path.parent.is_dir():
            raise JournalError(f"expected a folder for the journal at {str(path.parent)!r}, found none; make it first")
        try:
            uri = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'ro'}"
            db = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None, timeout=30)
            if create:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=FULL")
                db.executescript(SCHEMA)
            db.execute("SELECT run FROM record LIMIT 1")
        except UNREADABLE as error:
            raise damaged(path, error) from error
        return cls(db, path, clock or Clock())

    def close(self) -> None:
        """Let the file go; what was appended stays."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything appended inside becomes durable at the end, or not at all.

        Raises ``JournalError`` when the file cannot be written.
        """
        with self._lock:
            if self._open_transactions:  # part of one that is open
                yield
                return
            self._open_transactions += 1
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                self._heads.clear()
                if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise JournalError(
                        f"{str(self.path)!r} could not be written ({error}); nothing was kept of it, try again"
                    ) from error
                raise
            finally:
                self._open_transactions -= 1

    def put(self, record: Record, name: str | None = None) -> str:
        """Store a record as a blob and return its name; storing it again changes nothing.

        Whoever knows the record's ``name`` (its content id) spares writing out one that is here.
        """
        with self.transaction():
            if name is not None and self._holds(name):
                return name
            data = f"{type(record).__name__}\n{canonical_json(record)}".encode()
            name = sha256(data)
            if not self._holds(name):
                self._db.execute("INSERT INTO blob VALUES (?, ?)", (name, zlib.compress(data, PACKING)))
        return name

    def _holds(self, name: str) -> bool:
        return bool(self._read("SELECT 1 FROM blob WHERE id = ?", (name,)))

    def append(self, run: str, type: str, body: dict[str, Any]) -> str:
        """Add one record to the end of a run's chain and return its hash."""
        with self.transaction():
            seq, prev = self._heads.get(run) or self._last(run)
            line = {
                "v": SCHEMA_VERSION, "seq": seq, "run": run, "type": type,
                "t": self._clock.wall(), "mono": self._clock.mono(), "prev": prev, "body": body,
            }  # fmt: skip
            data = canonical_json(line).encode()
            head = link(prev, data)
            self._db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (run, seq, prev, head, data))
            self._heads[run] = (seq + 1, head)
        return head

    def _last(self, run: str) -> tuple[int, str]:
        last = "SELECT seq, hash FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1"
        row = self._db.execute(last, (run,)).fetchone()
        return (row[0] + 1, row[1]) if row else (0, genesis(run))

    # Reading

    def runs(self) -> list[str]:
        """Every run that was begun, by name."""
        names = [row[0] for row in self._read("SELECT DISTINCT run FROM record ORDER BY run")]
        if not all(isinstance(name, str) for name in names):
            raise damaged(self.path, "a run's name is not text")
        return names

    def heads(self) -> dict[str, str]:
        """The hash at the end of each run's chain."""
        return dict(self._read("SELECT run, hash FROM record GROUP BY run HAVING seq = max(seq) ORDER BY run"))

    def records(self, run: str) -> list[Stored]:
        """A run's records in order; empty when there is no such run."""
        rows = self._read("SELECT run, seq, prev, hash, bytes FROM record WHERE run = ? ORDER BY seq", (run,))
        for place, row in enumerate(rows):
            if [type(value) for value in row] != [str, int, str, str, bytes]:
                raise damaged(self.path, f"run {run!r} record {place} is not of a record's types")
        return [Stored(*row) for row in rows]

    def get(self, name: str, returns: type[R]) -> R:
        """The blob of that name, as the record type it was stored as."""
        return returns.model_validate_json(self.raw(name).partition(b"\n")[2])

    def raw(self, name: str) -> bytes:
        """The bytes of a blob: the type's name, a newline, the canonical JSON."""
        rows = self._read("SELECT bytes FROM blob WHERE id = ?", (name,))
        if not rows or not isinstance(rows[0][0], bytes):
            raise damaged(self.path, f"blob {name} is missing")
        try:
            return zlib.decompress(rows[0][0])
        except zlib.error as error:
            raise damaged(self.path, f"blob {name} cannot be unpacked: {error}") from error

    def problems(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        return [row[0] for row in self._read("PRAGMA integrity_check") if row[0] != "ok"]

    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        with self._lock:
            try:
                return self._db.execute(sql, parameters).fetchall()
            except UNREADABLE as error:
                raise damaged(self.path, error) from error


def damaged(path: Path, why: object) -> DamagedJournal:
    """The one line a user reads when the file itself is broken."""
    return DamagedJournal(f"{str(path)!r} is not a sound journal ({why}); restore it from a copy")
