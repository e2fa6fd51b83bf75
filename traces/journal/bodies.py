"""The table of blobs: bodies named by their content, each stored once, and as what is new in it.

Rules kept here
- What is stored twice is stored once. A body that repeats parts of earlier ones is stored as a ``Delta``.
- A copy names a row by its number, which stays (``INTEGER PRIMARY KEY``). Files that were made with schema 1 have rows
  without one, whose numbers SQLite may change: no body that is added to them is a delta.
- A body that was put together from copies is hashed before it is given away: its rows may have been exchanged.
- A transaction that is rolled back takes its bodies along, so what was learnt of them is forgotten.

    bodies.store(sha256(data), data)       # within a transaction
    bodies.read(name)

Patient data is kept elsewhere and shares nothing (``sensitive.py``), so that what is redacted leaves no part behind.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator

from evitrail.traces.journal.database import Database
from evitrail.traces.journal.delta import Delta, KnownParts, assembled, read, stored
from evitrail.traces.record import sha256

KEPT = 32 << 20
"""Bytes of earlier bodies that are kept while others are read: at least what ``delta.py`` makes copies of."""


class Bodies:
    """The blobs of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = KnownParts()
        self._numbered: bool | None = None
        self._inserted: OrderedDict[int, bytes] = OrderedDict()
        self._kept = 0

    def forget(self) -> None:
        """What was learnt of bodies whose transaction was rolled back."""
        self._known.forget()
        self._inserted.clear()
        self._kept = 0

    def has(self, name: str) -> bool:
        """Whether a body of that name is stored."""
        return bool(self._database.read("SELECT 1 FROM blob WHERE id = ?", (name,)))

    def store(self, name: str, data: bytes) -> None:
        """Add a body, as part of the open transaction; nothing where it is stored already."""
        if self.has(name):
            return
        if self._numbered is None:
            self._numbered = self._database.has_column("blob", "number")
        delta = self._known.delta(data) if self._numbered else Delta((), data)
        number = self._database.write("INSERT INTO blob (id, bytes) VALUES (?, ?)", (name, stored(delta)))
        if self._numbered:
            self._known.learn(number, delta)

    def read(self, name: str) -> bytes | None:
        """A body; None where there is none, ``zlib.error`` where it is not as it was stored."""
        rows = self._database.read("SELECT bytes FROM blob WHERE id = ?", (name,))
        if not rows or not isinstance(rows[0][0], bytes):
            return None
        delta = read(rows[0][0])
        if not delta.copies:
            return delta.inserted
        data = self._assembled(delta)
        if sha256(data) != name:
            raise zlib.error("what it was put together from is not what its name says")
        return data

    def survey(self, after: int = 0) -> Iterator[tuple[str, str | None]]:
        """Each body's name and what is wrong with it (None: nothing), in the order of the file, behind a row."""
        self._inserted.clear()  # every row is read as it lies there now
        self._kept = 0
        for number, name, data in self._database.stream("SELECT rowid, id, bytes FROM blob WHERE rowid > ?", (after,)):
            yield name, self._fault(number, name, data)

    def _fault(self, number: int, name: object, data: object) -> str | None:
        """What is wrong with one body."""
        if not isinstance(data, bytes):
            return "was altered"
        try:
            delta = read(data)
            self._keep(number, delta.inserted)
            return None if sha256(self._assembled(delta)) == name else "was altered"
        except zlib.error as error:
            return f"cannot be unpacked: {error}"

    def _assembled(self, delta: Delta) -> bytes:
        return assembled(delta, self._inserted_of) if delta.copies else delta.inserted

    def _inserted_of(self, number: int) -> bytes:
        """The inserted bytes of an earlier body."""
        with self._database.lock:
            if number in self._inserted:
                return self._inserted[number]
            rows = self._database.read("SELECT bytes FROM blob WHERE rowid = ?", (number,))
            if not rows or not isinstance(rows[0][0], bytes):
                raise zlib.error(f"it copies from row {number}, which is missing")
            try:
                return self._keep(number, read(rows[0][0]).inserted)
            except zlib.error as error:
                raise zlib.error(f"it copies from row {number}, which cannot be unpacked: {error}") from error

    def _keep(self, number: int, inserted: bytes) -> bytes:
        """Keep the inserted bytes of a body for those that copy from it; the oldest go first."""
        with self._database.lock:
            if number not in self._inserted:
                self._inserted[number] = inserted
                self._kept += len(inserted)
                while self._kept > KEPT:
                    self._kept -= len(self._inserted.popitem(last=False)[1])
        return inserted
