"""Runs with patient data to test with: one run, a fork of it, and another patient's run.

path = admitted(tmp_path / "journal.db")
"""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

from scribe import Note, ticking

from evitrail.traces import Journal, Record
from evitrail.traces.journal.redacted import COMMITMENT, commitment_to

PATIENT = Note(text="born 3 May 1950, MRN 4471882")
PLAIN = Note(text="no patient's")


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
