"""Runs with patient data to test with: one run, a fork of it, and another patient's run; and where such data lies.

path = admitted(tmp_path / "journal.db")
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
from desk import written
from scribe import Note, ticking

from evitrail.traces import Journal, Record
from evitrail.traces.journal.delta import read
from evitrail.traces.journal.redacted import COMMITMENT, commitment_to
from evitrail.traces.journal.schema import packed

PATIENT = Note(text="born 3 May 1950, MRN 4471882")
PLAIN = Note(text="no patient's")
AS_STORED = 120
"""Bytes of a stored body that are looked for: it may be spread over pages of the database."""


def begun(journal: Journal, run: str, *records: Record, parent: str | None = None) -> list[str]:
    """A run with patient data, begun with the first record and ended with the last; returns their names."""
    secret = journal.secret(parent or run)
    names = [secret.put(record) for record in records]
    with journal.transaction():
        commitment = {} if parent else {COMMITMENT: commitment_to(secret.key)}
        body = {"config": names[0], "parent": parent, "secret": secret.root, **commitment}
        journal.append(run, "run.begin", body)
        journal.append(run, "run.end", {"output": names[-1]})
    return names


def admitted(path: Path) -> Path:
    """A journal of three runs, and one blob that is no patient's."""
    with Journal.open(path, clock=ticking()) as journal:
        begun(journal, "run", PATIENT, Note(text="stroke"))
        begun(journal, "run~fork", PATIENT, Note(text="no stroke"), parent="run")
        begun(journal, "other", PATIENT)
        journal.put(PLAIN)
    return path


def sensitive(folder: Path) -> dict[str, bytes]:
    """Patient data's own table, unpacked."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        return {name: zlib.decompress(data) for name, data in db.execute("SELECT id, bytes FROM sensitive")}


def files(*folders: Path) -> dict[str, bytes]:
    """Every file, and what lies packed in some of them; patient data's own table apart."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    found = {str(path): written(path) for path in paths}
    for path in paths:
        if path.suffix == ".parquet":
            found[f"{path} unpacked"] = json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
        if path.name == "journal.db":
            with closing(sqlite3.connect(path)) as db:
                blobs = db.execute("SELECT id, bytes FROM blob").fetchall()
            found |= {f"{path} {name}": read(data).inserted for name, data in blobs}
    return found


def holding(sought: bytes, *folders: Path) -> list[str]:
    """The files that hold it."""
    return [name for name, data in files(*folders).items() if sought.lower() in data.lower()]


def remains(bodies: list[bytes], folder: Path) -> list[bytes]:
    """Of these, what still lies in some file of the folder as it was stored, in use or not."""
    raw = [written(path) for path in folder.rglob("*") if path.is_file()]
    return [body for body in bodies if any(packed(body, least=0)[:AS_STORED] in data for data in raw)]
