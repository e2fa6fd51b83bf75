"""What a journal's file looks like, and the rule for changing that.

Rules kept here
- Journals are read forever: what reads version n stays when version n + 1 is written.
- A new record type, a new field in a body, a new table or index needs no raise of ``SCHEMA_VERSION``:
  types and fields that a reader does not know are kept and hashed like any other.
- It is raised when something that is there changes its meaning: a record's own fields (``v, seq, run,
  type, t, mono, prev, body``), how hashes or names are made, how bodies are packed, or a column. The
  reader of the version before then stays beside the new one, with a journal of its time in the tests.
- Each record says its version (``v``); the file says the newest in it (``PRAGMA user_version``, 0 in files
  made before it was kept, which are of version 1). A file from the future may be read, with a warning,
  and is never written.
- Update, delete and replace are refused by the database itself. Only patient data may go, and only what
  a redaction record in the same file names; its key goes last.

    db.executescript(SCHEMA)  # makes what is not there yet
"""

from __future__ import annotations

import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from evitrail.traces.journal.errors import DamagedRecord
from evitrail.traces.record import sha256

SCHEMA_VERSION = 2
"""2: a body may be stored as a delta (``delta.py``), and blobs have a number. 1: each body is a zlib stream."""

KEYED = "hmac-sha256:"
"""How the names of patient data begin."""

KEYED_BLOB = "SELECT bytes, (SELECT key FROM secret WHERE secret.run = sensitive.run) FROM sensitive WHERE id = ?"
"""Where patient data is found by its name, and the key that the name was made with."""

BLOB_FIELDS = ("config", "output", "edges", "heads", "blames", "review")
"""The fields of a record's body that name a blob, beside the ``id`` of each of its ``inputs``."""

NAMED = ("sha256:", KEYED)
"""How the names of blobs begin."""

CHECK = 4
"""Bytes of the check behind a packed body."""

PACKING = 1
"""zlib level of bodies: the fastest; lists of passages repeat themselves and shrink all the same."""

WORTH_PACKING = 2048
"""Bytes of a body from which on it is made smaller: packing a kilobyte costs a tenth of recording a whole step."""

IS_REDACTION = "instr(bytes, x'{}')".format(b'"type":"redaction"'.hex())
"""Finds redaction records by the index ``redaction``; which of them are is read from their text."""

SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS record (
    run TEXT NOT NULL, seq INTEGER NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (run, seq));
CREATE TRIGGER IF NOT EXISTS record_is_final BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS record_stays BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS record_is_new BEFORE INSERT ON record
    WHEN EXISTS (SELECT 1 FROM record WHERE run = NEW.run AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE INDEX IF NOT EXISTS redaction ON record (run) WHERE {IS_REDACTION};

CREATE TABLE IF NOT EXISTS blob (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS blob_is_final BEFORE UPDATE ON blob BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS blob_stays BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS blob_is_new BEFORE INSERT ON blob
    WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM blob WHERE rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE IF NOT EXISTS secret (run TEXT PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS secret_is_final BEFORE UPDATE ON secret BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS secret_stays BEFORE DELETE ON secret
    WHEN EXISTS (SELECT 1 FROM sensitive WHERE run = OLD.run)
    BEGIN SELECT RAISE(ABORT, 'append only: redact instead'); END;
CREATE TRIGGER IF NOT EXISTS secret_is_new BEFORE INSERT ON secret
    WHEN EXISTS (SELECT 1 FROM secret WHERE run = NEW.run)
    BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE IF NOT EXISTS sensitive (id TEXT PRIMARY KEY, run TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS sensitive_is_final BEFORE UPDATE ON sensitive
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS sensitive_stays BEFORE DELETE ON sensitive
    WHEN NOT EXISTS (SELECT 1 FROM record WHERE {IS_REDACTION} AND instr(bytes, CAST(OLD.id AS BLOB)))
    BEGIN SELECT RAISE(ABORT, 'append only: redact instead'); END;
CREATE TRIGGER IF NOT EXISTS sensitive_is_new BEFORE INSERT ON sensitive
    WHEN EXISTS (SELECT 1 FROM sensitive WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'append only'); END;
COMMIT;
"""


class Stored(NamedTuple):
    """One record as it lies in the file."""

    run: str
    seq: int
    prev: str
    hash: str
    bytes: bytes

    @property
    def line(self) -> dict[str, Any]:
        """The record's JSON: ``v, seq, run, type, t, mono, prev, body``.

        Raises ``DamagedRecord`` where its bytes are not those that were hashed.
        """
        if link(self.prev, self.bytes) != self.hash:
            raise self._damaged("its bytes are not those that were hashed")
        return self.stated

    @property
    def stated(self) -> dict[str, Any]:
        """The record's JSON as it lies there, altered or not, to be shown; raises ``DamagedRecord`` for other text."""
        try:
            line = json.loads(self.bytes)
        except (ValueError, RecursionError) as error:
            raise self._damaged(f"its text cannot be read: {error}") from error
        if not isinstance(line, dict):
            raise self._damaged(f"expected a JSON object, got a {type(line).__name__}")
        return line

    def _damaged(self, why: str) -> DamagedRecord:
        do = "`evitrail trace verify` names all that is at fault, restore the journal from a copy"
        return DamagedRecord(f"run {self.run!r} record {self.seq}: {why}; {do}")

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


def keyed(key: bytes, data: bytes) -> str:
    """The name of some bytes under a key."""
    return KEYED + hmac.digest(key, data, "sha256").hex()


def is_named(name: str, data: bytes, key: object) -> bool:
    """Whether a body is the one that its name was made from; a keyed name says nothing without its key."""
    if name.startswith(KEYED):
        return not isinstance(key, bytes) or keyed(key, data) == name
    return sha256(data) == name


def packed(data: bytes, least: int = WORTH_PACKING) -> bytes:
    """A body as it lies in the file: a zlib stream and its CRC-32, for a stream has bits that change nothing.

    A body of fewer than ``least`` bytes is in the stream as it is.
    """
    stream = zlib.compress(data, PACKING if len(data) >= least else 0)
    return stream + zlib.crc32(stream).to_bytes(CHECK, "big")


def unpacked(stored: bytes) -> bytes:
    """The body; raises ``zlib.error`` where a byte of what is stored is not as it was.

    Journals made before the check was kept end with the stream.
    """
    reading = zlib.decompressobj()
    data = reading.decompress(stored) + reading.flush()
    tail = reading.unused_data
    if not reading.eof or (tail and tail != zlib.crc32(stored[:-CHECK]).to_bytes(CHECK, "big")):
        raise zlib.error("the stream is not the one that was stored")
    return data


def blobs_named(body: Mapping[str, Any]) -> Iterator[str]:
    """The blobs that a record's body names; an unknown type may use the same fields for something else."""
    for field in BLOB_FIELDS:
        name = body.get(field)
        if isinstance(name, str) and name.startswith(NAMED):
            yield name
    if isinstance(inputs := body.get("inputs"), list):
        for given in inputs:
            name = given.get("id") if isinstance(given, dict) else None
            if isinstance(name, str) and name.startswith(NAMED):
                yield name
