"""A journal is read forever: one from before, and with a warning one from after."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from scribe import Note, Order, recorded, ticking
from structlog.testing import capture_logs

from evitrail.traces import Journal, JournalError, Trace, canonical_json, content_id, verify_journal
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.schema import SCHEMA_VERSION, link

ORDER = Order(words=("stroke", "risk"))
BEFORE = """
DROP TABLE sensitive; DROP TABLE secret; DROP INDEX redaction; PRAGMA user_version = 0;
"""
"""What a file lacks that was made before there was patient data or a stored version."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One run, ended."""
    file = tmp_path / "journal.db"
    with Journal.open(file, clock=ticking()) as journal:
        recorded(journal, "run", ORDER)
    return file


def changed(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def grown(path: Path, **fields: object) -> None:
    """One more record at the end of the run, whose line has other fields than ours."""
    with Journal.open(path, create=False) as journal:
        last = journal.records("run")[-1]
    line = last.line | {"seq": last.seq + 1, "prev": last.hash} | fields
    data = canonical_json(line).encode()
    with closing(sqlite3.connect(path)) as db, db:
        row = ("run", last.seq + 1, last.hash, link(last.hash, data), data)
        db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row)


def from_the_future(path: Path, how: str) -> None:
    if how == "file":
        changed(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    else:
        grown(path, v=SCHEMA_VERSION + 1)


def test_a_journal_says_its_schema_version(path: Path) -> None:
    assert version(path) == SCHEMA_VERSION


@pytest.mark.parametrize("how", ["file", "record"])
def test_a_journal_from_the_future_is_not_written_and_says_so_in_one_line(path: Path, how: str) -> None:
    from_the_future(path, how)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="written by a newer evitrail") as caught:
        Journal.open(path)
    assert repr(str(path)) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", ["file", "record"])
def test_a_journal_from_the_future_is_read_with_a_warning(path: Path, how: str) -> None:
    from_the_future(path, how)
    with capture_logs() as said, Journals.open(path.parent) as journal:
        assert Trace(journal, "run").output(Note) == Note(text="stroke risk")
        assert verify_journal(journal).integrity == ()
    assert [(line["log_level"], line["schema"]) for line in said] == [("warning", SCHEMA_VERSION + 1)]


def test_a_record_of_an_unknown_type_with_unknown_fields_is_kept_verified_and_shown(path: Path) -> None:
    grown(path, type="weather", body={"sky": "clear"}, mood="bright")
    with Journal.open(path) as journal:
        trace = Trace(journal, "run")
        shown = [record for record in trace.stored if record.type == "weather"]
        assert [(r.body, r.line["mood"]) for r in shown] == [({"sky": "clear"}, "bright")]
        assert (trace.of_type("weather"), trace.ignored) == ([], 1)
        with pytest.raises(JournalError, match="a record of the type 'weather' after the end of the run"):
            journal.append("run", "weather", {"sky": "grey"})
        said = verify_journal(journal)
        assert (said.integrity, len(said.additions)) == ((), 1)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER record_is_final")
        gloomy = "CAST(replace(bytes, 'bright', 'gloomy') AS BLOB)"
        db.execute(f"UPDATE record SET bytes = {gloomy} WHERE instr(bytes, CAST('bright' AS BLOB))")
    with Journal.open(path, create=False) as journal:
        assert any("its bytes are not those that were hashed" in fault for fault in verify_journal(journal).integrity)


def test_a_journal_made_before_the_version_was_kept_is_read_and_written_on(path: Path) -> None:
    changed(path, BEFORE)
    with capture_logs() as said, Journal.open(path, create=False) as journal:
        assert Trace(journal, "run").output(Note) == Note(text="stroke risk")
        assert set(journal.survey().values()) == {None}
        assert journal.redacted() == {}
        assert verify_journal(journal).integrity == ()
    assert said == []
    assert version(path) == 0
    with Journal.open(path) as journal:
        recorded(journal, "later", ORDER)
        name = journal.secret("patient").put(Note(text="born 1950"))
        assert journal.get(name, Note) == Note(text="born 1950")
        assert journal.get(content_id(ORDER), Order) == ORDER
        assert verify_journal(journal).integrity == ()
    assert version(path) == SCHEMA_VERSION
