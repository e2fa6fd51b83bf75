"""Patient data: named by a keyed hash, and stored where it can be deleted.

Rules kept here
- A bare hash of a short text can be guessed: whoever has it hashes a list of names until one fits. So a
  record of patient data is named by HMAC-SHA-256 under a random key, over the bytes a content id hashes.
- One key per run, and its forks use the same: they reuse its work, which is found by name. A run states
  whose key it uses (``secret`` in ``run.begin``); one that states nothing uses that of the run it forks.
- The key lies beside the data and goes with it. It guards what leaves the journal (names in exports,
  records that stay after a redaction), not a journal that was stolen whole.
- A redacted run gets no new key: it cannot be resumed.

    secret = journal.secret("clean.rad-001")
    journal.append("clean.rad-001", "run.begin", {"config": secret.put(config), "secret": "clean.rad-001"})

``redaction.py`` deletes it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from evitrail.traces.journal.database import Database
from evitrail.traces.journal.schema import keyed, packed, unpacked
from evitrail.traces.record import Record, written


@dataclass(frozen=True)
class Secret:
    """The key of one run and its forks."""

    root: str
    """The run that was begun with patient data."""
    key: bytes = field(repr=False)
    database: Database = field(repr=False, compare=False)

    def name(self, record: Record) -> str:
        """The record's name, which is valid only in this run and its forks."""
        return self.named(written(record))

    def named(self, data: bytes) -> str:
        """The name of a record that is serialised already."""
        return keyed(self.key, data)

    def put(self, record: Record, name: str | None = None) -> str:
        """Store a record where it can be redacted and return its name; storing it again changes nothing.

        With the record's ``name``, a record that is stored already is not serialised again.
        """
        with self.database.transaction():
            if name is not None and self._holds(name):
                return name
            data = written(record)
            return self.store(keyed(self.key, data), data)

    def store(self, name: str, data: bytes) -> str:
        """Store a record that is written out already, under the name that was made from it."""
        with self.database.transaction():
            if not self._holds(name):
                body = packed(data, least=0)  # always compressed, so that plain-text names are not visible in the file
                self.database.write("INSERT INTO sensitive VALUES (?, ?, ?)", (name, self.root, body))
        return name

    def _holds(self, name: str) -> bool:
        return bool(self.database.read("SELECT 1 FROM sensitive WHERE id = ?", (name,)))


def stored_secret(database: Database, root: str) -> Secret | None:
    """The key that a file holds for a run, if there is one."""
    rows = database.read("SELECT key FROM secret WHERE run = ?", (root,)) if database.has("secret") else []
    return Secret(root, rows[0][0], database) if rows else None


def sensitive_names(database: Database, root: str) -> list[str]:
    """The names of a run's patient data in a file, and of its forks'."""
    return [name for (name,) in database.read("SELECT id FROM sensitive WHERE run = ? ORDER BY id", (root,))]


def new_secret(database: Database, root: str, key: bytes) -> Secret:
    """Store a key for a run in a file, and return it."""
    secret = Secret(root, key, database)
    with database.transaction():
        database.write("INSERT INTO secret VALUES (?, ?)", (root, secret.key))
    return secret


def survey_sensitive(database: Database) -> Iterator[tuple[str, str | None]]:
    """Each name of patient data in a file and what is wrong with it (None: nothing)."""
    if not database.has("sensitive"):
        return
    keys = dict(database.read("SELECT run, key FROM secret"))
    for name, run, data in database.stream("SELECT id, run, bytes FROM sensitive"):
        key = keys.get(run)
        try:
            if key is None:
                yield name, "cannot be checked: its key is gone"
            else:
                yield name, None if keyed(key, unpacked(data)) == name else "was altered"
        except (zlib.error, TypeError) as error:
            yield name, f"cannot be unpacked: {error}"
