"""The journal: an append-only log in which every record carries the hash of the one before it.

Rules kept here
- A record is one line of JSON, hashed exactly as stored: ``hash = SHA-256(prev || bytes)``. Each run
  has its own chain, and everything known of a record is inside it.
- Bodies that are large or shared live as blobs named by their content, written in the same transaction as the record
  that names them (``bodies.py``). Those of patient data are named by a key (``sensitive.py``).
- Update, delete and replace are refused by the database itself. What may follow a run's end is in ``after_end.py``.
- When ``append`` returns, the record survives kill -9, and a power cut too unless it was appended as not
  durable: then from the next durable one on.
- One process writes a file; any number read meanwhile.

    journal = Journal.open(folder / "journal.db")
    journal.append("clean.rad-001", "run.begin", {"config": journal.put(config)})

Not covered: a truncated end looks like a crash (see ``integrity.py`` on completeness), and anyone who can rewrite the
whole file can rewrite the whole chain.
"""

from __future__ import annotations

import secrets
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unicodedata import is_normalized

from evitrail.traces.journal.after_end import REDACTION, AfterEnd
from evitrail.traces.journal.bodies import Bodies
from evitrail.traces.journal.database import Database, damaged
from evitrail.traces.journal.errors import DamagedJournal, JournalError, Redacted, RunEnded
from evitrail.traces.journal.record_table import RecordTable
from evitrail.traces.journal.redacted import Claim, claims, holding, no_key, root_of, unwritable
from evitrail.traces.journal.schema import (
    IS_REDACTION,
    KEYED,
    KEYED_BLOB,
    SCHEMA_VERSION,
    Stored,
    genesis,
    is_named,
    link,
    unpacked,
)
from evitrail.traces.journal.sensitive import Secret, new_secret, sensitive_names, stored_secret, survey_sensitive
from evitrail.traces.journal.view import JournalView, Redaction
from evitrail.traces.record import Record, canonical_json, named, written

__all__ = [
    "Clock",
    "DamagedJournal",
    "Journal",
    "JournalError",
    "JournalView",
    "Redacted",
    "Redaction",
    "Stored",
    "genesis",
    "link",
]

R = TypeVar("R", bound=Record)


class Clock(NamedTuple):
    """Where the journal's two times come from: wall time (UTC, ISO 8601) and a monotonic one in ns."""

    wall: Callable[[], str] = lambda: datetime.now(UTC).isoformat(timespec="microseconds")
    mono: Callable[[], int] = time.monotonic_ns


class Journal:
    """One SQLite file that only grows; keeps ``JournalView``. Safe to share between threads of one process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.path = database.path
        self.database = database
        """The file itself, for what is built on the journal: secrets and their redaction."""
        self._records, self._bodies = RecordTable(database), Bodies(database)
        self._clock = clock
        self._heads: dict[str, tuple[int, str]] = {}
        self._ends: dict[str, AfterEnd] = {}
        database.on_rollback = self._forget

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True, clock: Clock | None = None) -> Journal:
        """Open a journal to write, or with ``create=False`` an existing one to read.

        Raises ``JournalError`` where there is none or a newer one, ``DamagedJournal`` where the file is not one.
        """
        path = Path(path)
        if not create and not path.is_file():
            raise JournalError(f"expected a journal at {str(path)!r}, found none; `evitrail run --out` makes one")
        if not path.parent.is_dir():
            raise JournalError(f"expected a folder for the journal at {str(path.parent)!r}, found none; make it first")
        return cls(Database.open(path, create=create), clock or Clock())

    @classmethod
    def in_memory(cls) -> Journal:
        """A journal that is nowhere on disk, for work that nobody is to keep."""
        return cls(Database.in_memory(), Clock())

    def close(self) -> None:
        """Let the file go; what was appended stays."""
        self.database.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forget(self) -> None:
        """What was known of the ends of chains and of bodies; it is read from the file again."""
        self._heads.clear()
        self._ends.clear()
        self._bodies.forget()

    # Writing

    def transaction(self, durable: bool = True) -> AbstractContextManager[None]:
        """Everything appended inside is kept at the end, or not at all; the outermost decides how durably.

        Raises ``JournalError`` when the file cannot be written.
        """
        return self.database.transaction(durable)

    def put(self, record: Record, name: str | None = None) -> str:
        """Store a record as a blob and return its name; storing it again changes nothing.

        With the record's ``name`` (its content id), a record that is stored already is not serialised again.
        """
        with self.database.transaction():
            if name is not None and self._bodies.has(name):
                return name
            data = written(record)
            return self.store(name or named(record, data), data)

    def store(self, name: str, data: bytes) -> str:
        """Store a record that is written out already, under the name that was made from it."""
        with self.database.transaction():
            self._bodies.store(name, data)
        return name

    def append(self, run: str, type: str, body: dict[str, Any], durable: bool = True) -> str:
        """Add one record to the end of a run's chain and return its hash.

        One that is not ``durable`` does not wait for the disk: kill -9 spares it, a power cut may take it.
        """
        if not is_normalized("NFC", run):  # the record's text would name another run than its row
            raise JournalError(f"expected a run's name in Unicode NFC, got {run!r}; normalise it first")
        with self.transaction(durable):
            if why := self._after_end(run).follows(type, body):
                raise RunEnded(f"run {run!r} in {str(self.path)!r}: expected no more records of it, got {why}")
            if type == REDACTION:
                self._expect_redaction(run, body)
            seq, prev = self._heads.get(run) or self._last(run)
            line = {
                "v": SCHEMA_VERSION, "seq": seq, "run": run, "type": type,
                "t": self._clock.wall(), "mono": self._clock.mono(), "prev": prev, "body": body,
            }  # fmt: skip
            data = canonical_json(line).encode()
            head = link(prev, data)
            self.database.write("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (run, seq, prev, head, data))
            self._heads[run] = (seq + 1, head)
        return head

    def adopt(self, records: Sequence[Stored]) -> None:
        """Add records of another file, unchanged, to the end of their run's chain; see ``handover.py``.

        Raises ``JournalError`` if they do not continue the chain in this file.
        """
        with self.transaction():
            for record in records:
                if (record.seq, record.prev) != self._last(record.run):
                    raise JournalError(
                        f"run {record.run!r} in {str(self.path)!r} has diverged from the copy in another journal file"
                    )
                self.database.write("INSERT INTO record VALUES (?, ?, ?, ?, ?)", tuple(record))
                self._heads.pop(record.run, None)
                self._ends.pop(record.run, None)

    def _after_end(self, run: str) -> AfterEnd:
        """Where the run stands: read once from the file, then kept up to date."""
        if run not in self._ends:
            self._ends[run] = after = AfterEnd()
            for (data,) in self.database.read("SELECT bytes FROM record WHERE run = ? ORDER BY seq", (run,)):
                after.follows_stored(data)
        return self._ends[run]

    def _expect_redaction(self, run: str, body: Mapping[str, Any]) -> None:
        root = str(body.get("secret"))
        if why := unwritable(body, stored_secret(self.database, root), sensitive_names(self.database, root)):
            raise JournalError(
                f"run {run!r} in {str(self.path)!r}: expected a redaction as `redact` makes it, got {why}"
            )

    def _last(self, run: str) -> tuple[int, str]:
        rows = self.database.read("SELECT seq, hash FROM record WHERE run = ? ORDER BY seq DESC LIMIT 1", (run,))
        return (rows[0][0] + 1, rows[0][1]) if rows else (0, genesis(run))

    def secret(self, run: str, among: JournalView | None = None) -> Secret:
        """The key of a run's patient data; made the first time, where the journal is open to write.

        ``among`` is all journals of the folder, where the key may exist already if a run and its fork have different
        writers. Raises ``Redacted`` if the key was redacted.
        """
        root = root_of(among or self, run)
        if here := stored_secret(self.database, root):
            return here
        if not self.database.writable or any(redaction.run == root for redaction in self.redacted().values()):
            raise no_key(self, root)
        begun = (among or self).records(root)
        if begun and begun[0].body.get("secret"):  # it had a key
            if among is None:
                raise no_key(self, root)
            return new_secret(self.database, root, among.secret(root).key)
        return new_secret(self.database, root, secrets.token_bytes(32))

    # Reading

    def runs(self) -> list[str]:
        """Every run that was begun, by name."""
        names = [row[0] for row in self.database.read("SELECT DISTINCT run FROM record ORDER BY run")]
        if not all(isinstance(name, str) for name in names):
            raise damaged(self.path, "a run's name is not text")
        return names

    def heads(self) -> dict[str, str]:
        """The hash at the end of each run's chain."""
        return self._records.heads()

    def last_run(self) -> str | None:
        """The run of the record that was written last."""
        return self._records.last_run()

    def begins(self) -> list[Stored]:
        """The first record of every run."""
        return self._records.begins()

    def records(self, run: str) -> list[Stored]:
        """A run's records in order; empty when there is no such run."""
        return self._records.of(run)

    def get(self, name: str, returns: type[R]) -> R:
        """The blob of that name, as the record type it was stored as."""
        return returns.model_validate_json(self.raw(name).partition(b"\n")[2])

    def raw(self, name: str) -> bytes:
        """The bytes of a blob: the type's stored name, a newline, the canonical JSON.

        Raises ``Redacted`` where it was dropped on purpose, ``DamagedJournal`` where it is missing or has other bytes
        than its name says.
        """
        try:
            data, key = self._sensitive(name) if name.startswith(KEYED) else (self._bodies.read(name), None)
        except zlib.error as error:
            raise damaged(self.path, f"blob {name} cannot be unpacked: {error}") from error
        if data is None:
            raise damaged(self.path, f"blob {name} is missing")
        if not is_named(name, data, key):
            raise damaged(self.path, f"blob {name} was altered")
        return data

    def _sensitive(self, name: str) -> tuple[bytes | None, object]:
        """Patient data, and the key that its name was made with."""
        rows = self.database.read(KEYED_BLOB, (name,))
        if not rows and (redaction := self.redacted().get(name)):
            raise Redacted(f"blob {name} of {str(self.path)!r} is gone: {redaction}")
        return (unpacked(rows[0][0]), rows[0][1]) if rows and isinstance(rows[0][0], bytes) else (None, None)

    def survey(self) -> Mapping[str, str | None]:
        """Every blob's name and what is wrong with it (None: nothing), in one pass over all of them."""
        found: dict[str, str | None] = dict.fromkeys(self.redacted())
        return found | dict(self._bodies.survey()) | dict(survey_sensitive(self.database))

    def redacted(self) -> Mapping[str, Redaction]:
        """The names that redaction records say were dropped, each with the record that says so."""
        return holding(self.redaction_claims(), self)

    def redaction_claims(self) -> Iterator[Claim]:
        """What the redaction records say, before anybody checks it."""
        return claims(data for (data,) in self.database.stream(f"SELECT bytes FROM record WHERE {IS_REDACTION}"))

    def holds_key(self, root: str) -> bool:
        """Whether the key of a run's patient data is here."""
        return stored_secret(self.database, root) is not None

    def problems(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        return [row[0] for row in self.database.read("PRAGMA integrity_check") if row[0] != "ok"]
