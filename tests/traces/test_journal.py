"""The journal only grows; what it is asked to keep it keeps whole, or says in one line why not."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from scribe import Note, Order, recorded, ticking

import evitrail.traces
from evitrail.traces import DamagedJournal, Journal, JournalError, content_id, seal, verify_journal
from evitrail.traces.audit.chain_check import check_chain
from evitrail.traces.journal.folder import Journals

SOURCE = Path(evitrail.__file__).parents[1]
FULL_DISK = """
import resource, sys
from evitrail.traces import Journal, JournalError, verify_journal
from scribe import Note
path = sys.argv[1]
with Journal.open(path) as journal:
    journal.append("run", "note", {"n": -1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    kept = 0
    try:
        for n in range(1000):
            with journal.transaction():
                journal.append("run", "note", {"n": n, "note": journal.put(Note(text=f"{n} " * 3000))})
            kept = n + 1
    except JournalError as error:
        assert "could not be written" in str(error), error
    assert 0 < kept < 1000, kept
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.append("run", "run.end", {})
    assert [r.body.get("n") for r in journal.records("run")] == [*range(-1, kept), None]
    assert verify_journal(journal).integrity == ()
"""


def filled(path: Path) -> Path:
    with Journal.open(path, clock=ticking()) as journal:
        recorded(journal, "first", Order(words=("stroke", "risk")))
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET bytes = x'00' WHERE seq = 1",
        "DELETE FROM record WHERE seq = 2",
        "INSERT OR REPLACE INTO record SELECT run, seq, prev, hash, x'00' FROM record WHERE seq = 1",
        "UPDATE blob SET bytes = x'00'",
        "DELETE FROM blob",
        "INSERT OR REPLACE INTO blob (id, bytes) SELECT id, x'00' FROM blob",
        "INSERT OR REPLACE INTO blob SELECT number, 'another', x'00' FROM blob",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_there(tmp_path: Path, statement: str) -> None:
    path = filled(tmp_path / "journal.db")
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(statement)
    with Journal.open(path, create=False) as journal:
        assert verify_journal(journal).integrity == ()


def test_every_run_has_a_chain_of_its_own(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db", clock=ticking()) as journal:
        for n in range(3):
            for run in ("a", "b"):
                journal.append(run, "note", {"n": n})
        for run in ("a", "b"):
            records = journal.records(run)
            assert [(r.seq, r.body) for r in records] == [(n, {"n": n}) for n in range(3)]
            assert check_chain(run, records) == []
            assert journal.heads()[run] == records[-1].hash
        assert check_chain("a", journal.records("b")) != []
        assert journal.runs() == ["a", "b"]


def test_append_returns_the_head_of_its_run(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        heads = [journal.append("a", "note", {"n": n}) for n in range(3)]
        assert [r.hash for r in journal.records("a")] == heads
        assert journal.heads() == {"a": heads[-1]}


def test_a_journal_opened_again_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for n in range(3):
        with Journal.open(path) as journal:
            journal.append("a", "note", {"n": n})
    with Journal.open(path, create=False) as journal:
        assert [r.body["n"] for r in journal.records("a")] == [0, 1, 2]
        assert check_chain("a", journal.records("a")) == []


def test_storing_a_record_twice_stores_it_once_under_its_content_id(tmp_path: Path) -> None:
    note = Note(text="≥ 2 mm")
    with Journal.open(tmp_path / "journal.db") as journal:
        assert journal.put(note) == journal.put(note) == content_id(note)
        assert journal.get(content_id(note), Note) == note


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000])
def test_a_body_of_any_size_comes_back_whole(tmp_path: Path, size: int) -> None:
    notes = [Note(text="≥" * size), Note(text=random.Random(size).randbytes(size).hex())]
    with Journal.open(tmp_path / "journal.db") as journal:
        names = [journal.put(note) for note in notes]
        assert [journal.get(name, Note) for name in names] == notes
        assert journal.survey() == dict.fromkeys(names)


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        head = journal.append("a", "note", {"n": 0})

        def doomed() -> None:
            with journal.transaction():
                journal.append("a", "note", {"n": 1, "blob": journal.put(Note(text="lost"))})
                with journal.transaction():
                    journal.append("b", "note", {"n": 2})
                raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError, match="on purpose"):
            doomed()
        assert journal.heads() == {"a": head}
        with pytest.raises(DamagedJournal, match="missing"):
            journal.get(content_id(Note(text="lost")), Note)
        journal.append("a", "note", {"n": 3})
        assert check_chain("a", journal.records("a")) == []


def test_nothing_of_a_transaction_is_seen_before_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal, Journal.open(path, create=False) as reader:
        with journal.transaction():
            journal.append("a", "note", {})
            assert reader.runs() == []
        assert reader.runs() == ["a"]


def test_threads_may_share_a_journal(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        start = threading.Barrier(6)

        def work(own: str) -> None:
            start.wait()
            for n in range(12):
                with journal.transaction():
                    journal.append(own, "note", {"n": n, "blob": journal.put(Note(text=f"{own} {n}"))})
                    journal.append("shared", "note", {"from": own, "n": n})

        threads = [threading.Thread(target=work, args=(f"run-{i}",)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert verify_journal(journal).integrity == ()
        for i in range(6):
            mine = [r.body["n"] for r in journal.records("shared") if r.body["from"] == f"run-{i}"]
            assert mine == [r.body["n"] for r in journal.records(f"run-{i}")] == list(range(12))


def test_a_full_disk_costs_the_step_that_did_not_fit_and_nothing_before_it(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"}
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "journal.db")]
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_reading_a_journal_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with pytest.raises(JournalError) as caught:
        Journal.open(path, create=False)
    said = str(caught.value)
    assert repr(str(path)) in said
    assert "evitrail run --out" in said
    assert "\n" not in said
    assert not path.exists()


def test_writing_where_there_is_no_folder_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="expected a folder") as caught:
        Journal.open(tmp_path / "none" / "journal.db")
    assert repr(str(tmp_path / "none")) in str(caught.value)


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "journal.db"
    path.write_text("stem,answer\n" * 400)
    before = path.read_bytes()
    with pytest.raises(DamagedJournal, match="not a sound journal") as caught:
        Journal.open(path, create=create)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00"])
def test_an_empty_or_truncated_file_is_not_read_as_an_empty_journal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    with pytest.raises(DamagedJournal):
        Journal.open(path, create=False)


def test_a_journal_opened_to_read_refuses_to_write(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db")
    with Journal.open(path, create=False) as journal:
        with pytest.raises(JournalError, match="could not be written"):
            journal.append("another", "note", {})
        with pytest.raises(JournalError, match="could not be written"):
            seal(journal)
        assert verify_journal(journal).integrity == ()


def test_a_run_name_in_another_unicode_spelling_is_refused_in_one_line(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        with pytest.raises(JournalError, match="Unicode NFC"):
            journal.append("cafe\u0301", "note", {})
        assert journal.runs() == []


def test_a_body_that_is_found_under_the_name_of_another_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        mine, other = journal.put(Note(text="stroke")), journal.put(Note(text="risk"))
    with closing(sqlite3.connect(path)) as db, db:  # as if the index of names pointed at the other row
        db.execute("DROP TRIGGER blob_is_final")
        db.execute("UPDATE blob SET bytes = (SELECT bytes FROM blob WHERE id = ?) WHERE id = ?", (other, mine))
    with Journal.open(path, create=False) as journal, Journals.open(tmp_path) as folder:
        for view in (journal, folder):
            with pytest.raises(DamagedJournal, match=f"blob {mine} was altered"):
                view.get(mine, Note)
            assert view.get(other, Note).text == "risk"
