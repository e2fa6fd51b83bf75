"""The SQLite file beneath a journal: how it is opened, shared, written and made durable.

Rules kept here
- One thread at a time: the lock is held through a transaction and through each read.
- A durable transaction returns when the disk has it, and threads wait for the disk together (``group_sync.py``). The
  others survive kill -9 as well, and a power cut from the next durable one on.
- Readers and the writer never wait for each other (WAL). A disk that refuses WAL, as network shares do,
  is written all the same, always durably (``synchronous=FULL``), with a warning that readers now wait for the writer.
- A file of a newer schema is read with a warning and never written.
- A new file appears with all its tables or not at all: a reader never finds one without them.
- sqlite3's errors leave here as ``JournalError``, each in one line. ``DamagedJournal`` only where the file itself is at
  fault: not where its disk is full or it is locked.

    database = Database.open(folder / "journal.db", create=True)
    with database.transaction():
        database.write("INSERT INTO blob (id, bytes) VALUES (?, ?)", (name, data))

It creates the tables; their content is the business of ``journal.py``, ``bodies.py`` and ``sensitive.py``.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from evitrail.traces.journal.errors import DamagedJournal, JournalError
from evitrail.traces.journal.group_sync import GroupSync
from evitrail.traces.journal.schema import SCHEMA, SCHEMA_VERSION
from evitrail.traces.log import get_logger
from evitrail.traces.sqlite_fault import BROKEN, UNREADABLE, disk_is_full, fault_kind
from evitrail.traces.whole_file import create_database

PATIENCE = 30
"""Maximum seconds to wait for a lock."""

CHECKPOINT = 4000
"""Pages in the write-ahead log before they are copied to the file: a page is written many times in that while."""

log = get_logger()


class Database:
    """One connection to one file."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, writable: bool, sync: GroupSync | None = None
    ) -> None:
        self.path = path
        self.writable = writable
        self.on_rollback: Callable[[], object] = lambda: None
        """Called, with the lock held, when a transaction is rolled back."""
        self.lock = threading.RLock()
        self._connection = connection
        self._sync = sync
        """None where SQLite waits by itself, within each transaction, or where there is no disk."""
        self._open_transactions = 0

    @classmethod
    def open(cls, path: Path, *, create: bool) -> Database:
        """Open the file to write, made when it is not there, or with ``create=False`` to read."""
        uri = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'ro'}"
        if create:
            _create(path.resolve())
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None, timeout=PATIENCE)
            version = _version(connection)
            if version > SCHEMA_VERSION:
                _newer_schema(path, version, to_write=create)
            sync = _set_up(connection, path) if create else None
            connection.execute("SELECT run FROM record LIMIT 1")
        except BaseException as error:
            if connection:
                connection.close()
            if isinstance(error, UNREADABLE):
                raise _journal_error(path, error) from error
            raise
        return cls(connection, path, writable=create, sync=sync)

    @classmethod
    def in_memory(cls) -> Database:
        """One that is nowhere on disk, and gone once it is closed."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        _add_tables(connection)
        return cls(connection, Path(":memory:"), writable=True)

    def close(self) -> None:
        """Let the file go."""
        with self.lock:
            self._connection.close()
            if self._sync:
                self._sync.close()
                self._sync = None

    @contextmanager
    def transaction(self, durable: bool = True) -> Iterator[None]:
        """Everything written inside is kept at the end, or nothing is; the outermost decides how durably.

        Raises ``JournalError`` when the file cannot be written.
        """
        with self.lock:
            if self._open_transactions:  # part of one that is open
                yield
                return
            self._open_transactions += 1
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
                commit = self._sync.committed() if self._sync else 0
            except BaseException as error:
                self.on_rollback()
                if self._connection.in_transaction:  # a full disk makes SQLite roll back by itself
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise _not_written(self.path, error) from error
                raise
            finally:
                self._open_transactions -= 1
        if durable and self._sync:  # the connection is free meanwhile
            try:
                self._sync.wait(commit)
            except OSError as error:
                raise _not_confirmed(self.path, error) from error

    def write(self, sql: str, parameters: tuple[object, ...] = ()) -> int:
        """One statement of the open transaction; returns the number of the row that was added last."""
        return self._connection.execute(sql, parameters).lastrowid or 0

    def read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        """All rows at once; raises ``DamagedJournal`` where they cannot be read."""
        with self.lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except UNREADABLE as error:
                raise _journal_error(self.path, error) from error

    def stream(self, sql: str, parameters: tuple[object, ...] = ()) -> Iterator[Any]:
        """Row by row, to be read to the end at once; raises like ``read``."""
        with self.lock:
            try:
                yield from self._connection.execute(sql, parameters)
            except UNREADABLE as error:
                raise _journal_error(self.path, error) from error

    def has(self, table: str) -> bool:
        """Whether the file is young enough to have that table."""
        return bool(self.read("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)))

    def has_column(self, table: str, column: str) -> bool:
        """Whether the file's table is young enough to have that column."""
        return bool(self.read("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column)))

    def scrub(self) -> None:
        """Leave no copy of what was deleted: not in free pages, between cells, or in the write-ahead log.

        ``secure_delete`` overwrites what is deleted, but not the copies that SQLite made when it moved cells
        between pages before; only writing the file anew is rid of those.
        """
        with self.lock:
            try:
                self._connection.execute("VACUUM")
                busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as error:
                full = fault_kind(error, self.path) == "FULL"
                do = "its disk is full; make room and redact again" if full else f"{error}; redact again"
                raise JournalError(f"{str(self.path)!r} could not be scrubbed: {do}") from error
        if busy:
            raise JournalError(
                f"{str(self.path)!r} is being read: the redacted data is still in its write-ahead log; "
                "close all readers and redact again"
            )


def damaged(path: Path, why: object) -> DamagedJournal:
    """The error for a file that is damaged or is not a journal."""
    return DamagedJournal(f"{str(path)!r} is not a sound journal ({why}); check the path, or restore it from a copy")


def _make_tables(path: Path) -> None:
    """A file with every table and nothing in them, in the mode it will be written in: changing that is a write too."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        _add_tables(connection)


def _add_tables(connection: sqlite3.Connection) -> None:
    connection.executescript(SCHEMA)
    if connection.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _create(path: Path) -> None:
    """A new file appears with all its tables, so that no reader finds it without them, even if its writer is killed."""
    if path.exists():
        return
    try:
        create_database(path, _make_tables)
    except OSError as error:
        raise _not_created(path, error) from error
    except UNREADABLE as error:
        raise _not_written(path, error) from error


def _set_up(connection: sqlite3.Connection, path: Path) -> GroupSync | None:
    """Create the missing tables; returns what waits for the disk, None where SQLite is to do so itself."""
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        log.warning(
            "this disk does not support a write-ahead log (it may be a network share): every step is saved, but "
            "readers of the journal wait for its writer; use a local disk to read a run while it is written",
            path=str(path),
            journal_mode=mode,
        )
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
    connection.execute("PRAGMA secure_delete=ON")  # what is redacted is overwritten, not only forgotten
    _add_tables(connection)
    try:
        sync = GroupSync(Path(connection.execute("PRAGMA database_list").fetchone()[2])) if mode == "wal" else None
    except OSError:
        sync = None
    connection.execute(f"PRAGMA synchronous={'NORMAL' if sync else 'FULL'}")
    return sync


def _version(connection: sqlite3.Connection) -> int:
    """The newest schema version in the file, by its own word or by the last record's."""
    (stated,) = connection.execute("PRAGMA user_version").fetchone()
    try:
        last = connection.execute("SELECT bytes FROM record ORDER BY rowid DESC LIMIT 1").fetchone()
        return max(int(stated), int(json.loads(last[0])["v"])) if last else int(stated)
    except sqlite3.OperationalError:  # not a journal yet
        return int(stated)
    except (ValueError, KeyError, TypeError):  # an altered record is for ``verify`` to name
        return int(stated)


def _newer_schema(path: Path, version: int, *, to_write: bool) -> None:
    if to_write:
        raise JournalError(
            f"{str(path)!r} was written by a newer evitrail (schema {version}, this one writes {SCHEMA_VERSION}); "
            "update evitrail to write it, reading it is possible"
        )
    log.warning(
        "this journal was written by a newer evitrail: records that this version does not know are kept and shown raw",
        path=str(path),
        schema=version,
        known=SCHEMA_VERSION,
    )


def _journal_error(path: Path, error: Exception) -> JournalError:
    """What is to be told of a file that could not be opened or read."""
    match fault_kind(error, path):
        case "FULL":
            return JournalError(f"the disk of {str(path)!r} is full, even reading takes a little; make room, try again")
        case "BUSY" | "LOCKED":
            return JournalError(f"{str(path)!r} was locked by its writer for {PATIENCE} seconds; try again")
        case "CANTOPEN":
            return JournalError(
                f"{str(path)!r} could not be opened ({error}): you have no permission for it or its folder, or its "
                "disk does not support a write-ahead log (as network shares); copy the folder to a local disk"
            )
        case "IOERR":
            return JournalError(f"the disk of {str(path)!r} failed ({error}); see to the disk, try again")
        case _:
            return damaged(path, error)


def _not_created(path: Path, error: OSError) -> JournalError:
    """What is to be told of a file that could not be made."""
    why = "its disk is full; make room, then" if disk_is_full(path) else f"{error.strerror};"
    return JournalError(f"{str(path)!r} could not be created: {why} try again")


def _not_confirmed(path: Path, error: OSError) -> JournalError:
    """What is to be told of a transaction that was kept, of which nobody knows whether the disk has it."""
    return JournalError(f"the disk of {str(path)!r} did not confirm a write ({error}); see to the disk, then resume")


def _not_written(path: Path, error: Exception) -> JournalError:
    """What is to be told of a transaction that was not kept."""
    kind = fault_kind(error, path)
    if kind in BROKEN:
        return damaged(path, error)
    why = "its disk is full; make room, then" if kind == "FULL" else f"{error};"
    return JournalError(f"{str(path)!r} could not be written, nothing was saved: {why} try again")
