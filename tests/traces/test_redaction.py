"""What is redacted is gone from the disk, and gone by record: who, when, why."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from patient import PATIENT, PLAIN, admitted, begun
from scribe import Note, ticking

import evitrail.traces.journal.database
import evitrail.traces.journal.schema
from evitrail.traces import DamagedJournal, Journal, JournalError, content_id, verify_journal
from evitrail.traces.audit.chain_check import check_chain
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Redacted
from evitrail.traces.journal.redaction import redact, redact_folder
from evitrail.traces.journal.schema import Stored, packed
from evitrail.traces.record import written

BY, REASON = "d.larsen", "consent withdrawn"
WINDOW = 16
"""Bytes in a row that do not come up twice by chance."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return admitted(tmp_path / "journal.db")


def found(folder: Path, data: bytes) -> set[str]:
    """The files that hold some bytes."""
    return {file.name for file in folder.iterdir() if data in file.read_bytes()}


def chains(journal: Journal) -> dict[str, list[Stored]]:
    return {run: journal.records(run) for run in journal.runs()}


def pieces(data: bytes) -> set[bytes]:
    return {data[at : at + WINDOW] for at in range(len(data) - WINDOW + 1)}


def test_a_redacted_run_and_its_forks_are_gone_and_the_record_of_it_stays(path: Path) -> None:
    with Journal.open(path, clock=ticking()) as journal:
        before = chains(journal)
        keys = {run: journal.secret(run) for run in before}
        dropped = [keys["run"].name(Note(text=text)) for text in (PATIENT.text, "stroke", "no stroke")]
        assert redact(journal, "run~fork", by=BY, reason=REASON) == len(dropped)

        record = journal.records("run")[-1]
        assert record.type == "redaction"
        assert (record.body["by"], record.body["reason"], record.body["count"]) == (BY, REASON, 3)
        assert record.body["blobs"] == sorted(dropped)
        assert journal.redacted().keys() == set(dropped)
        assert {journal.survey()[name] for name in dropped} == {None}
        for name in dropped:
            with pytest.raises(Redacted) as caught:
                journal.raw(name)
            for said in ("'run'", BY, REASON, record.line["t"]):
                assert said in str(caught.value)
            assert "\n" not in str(caught.value)

        assert {run: records[: len(before[run])] for run, records in chains(journal).items()} == before
        assert all(check_chain(run, records) == [] for run, records in chains(journal).items())
        assert verify_journal(journal).integrity == ()
        assert journal.get(keys["other"].name(PATIENT), Note) == PATIENT
        assert journal.get(content_id(PLAIN), Note) == PLAIN


def test_the_bytes_are_physically_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evitrail.traces.journal.schema, "PACKING", 0)  # so that the plain text can be looked for, too
    path, long = admitted(tmp_path / "journal.db"), Note(text="MRN 4471882 " * 2000)
    with Journal.open(path) as journal:
        begun(journal, "long", long)
        redact(journal, "other", by=BY, reason=REASON)  # the same patient: now only one run holds that text
        for run, sensitive in (("run", PATIENT), ("long", long)):
            start = packed(written(sensitive))[:60]  # a long one does not lie in one piece
            sought = (start, sensitive.text.encode()[:24], journal.secret(run).key)
            assert all(found(tmp_path, data) for data in sought)
            redact(journal, run, by=BY, reason=REASON)
            assert [found(tmp_path, data) for data in sought] == [set(), set(), set()]


@pytest.mark.parametrize("seed", range(4))
def test_no_piece_is_left_where_sqlite_once_moved_it(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    runs = [f"run-{n}" for n in range(6)]
    with Journal.open(tmp_path / "journal.db") as journal:
        for run in runs:
            begun(journal, run, Note(text=run))
        kept: dict[str, list[Note]] = {run: [] for run in runs}
        for _ in range(120):
            run = dice.choice(runs)
            kept[run].append(Note(text=dice.randbytes(int(10 ** dice.uniform(0.5, 3.8))).hex()))
            journal.secret(run).put(kept[run][-1])
        for run in runs[:-1]:
            sought = {
                run: set().union(*(pieces(packed(written(note))) for note in notes)) for run, notes in kept.items()
            }
            del kept[run]
            redact(journal, run, by=BY, reason=REASON)
            gone = sought.pop(run).difference(*sought.values())
            assert gone
            assert not any(gone & pieces(file.read_bytes()) for file in tmp_path.iterdir())


def test_redacting_again_says_so_in_one_line(path: Path) -> None:
    with Journal.open(path) as journal:
        redact(journal, "run", by=BY, reason=REASON)
        heads = journal.heads()
        for run in ("run", "run~fork"):
            with pytest.raises(JournalError, match=f"nothing is left to redact: run 'run' was redacted .* by {BY}"):
                redact(journal, run, by="another", reason="again")
        assert journal.heads() == heads


def test_a_run_without_patient_data_has_nothing_to_redact(path: Path) -> None:
    with Journal.open(path) as journal:
        journal.append("plain", "run.begin", {"config": journal.put(PLAIN), "parent": None})
        with pytest.raises(JournalError, match=r"run 'plain' .* holds no patient data: there is nothing to redact"):
            redact(journal, "plain", by=BY, reason=REASON)
        with pytest.raises(JournalError, match=r"expected a run of .*, got 'nobody'"):
            redact(journal, "nobody", by=BY, reason=REASON)


@pytest.mark.parametrize(("by", "reason"), [("", REASON), (BY, " ")])
def test_nothing_is_redacted_without_a_name_and_a_reason(path: Path, by: str, reason: str) -> None:
    with Journal.open(path) as journal:
        with pytest.raises(ValueError, match="expected who redacts and why"):
            redact(journal, "run", by=by, reason=reason)
        assert journal.redacted() == {}


def test_a_redacted_run_gets_no_other_key(path: Path) -> None:
    with Journal.open(path) as journal:
        redact(journal, "run", by=BY, reason=REASON)
        with Journals.open(path.parent) as folder:
            for view in (journal, folder):
                with pytest.raises(Redacted, match=f"redacted on .* by {BY}: {REASON}"):
                    view.secret("run~fork")


def test_a_journal_opened_to_read_is_not_redacted(path: Path) -> None:
    with Journal.open(path, create=False) as journal:
        with pytest.raises(JournalError, match="could not be written"):
            redact(journal, "run", by=BY, reason=REASON)
        assert journal.get(journal.secret("run").name(PATIENT), Note) == PATIENT


def test_a_reader_in_the_way_is_named_and_redacting_again_scrubs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evitrail.traces.journal.database, "PATIENCE", 0.1)
    with Journal.open(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        key = journal.secret("run").key
        journal.append("another", "note", {})  # so that the log is not empty, and the reader reads in it
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sensitive").fetchall()
        with pytest.raises(JournalError, match=r"is being read: .* redact again"):
            redact(journal, "run", by=BY, reason=REASON)
        assert found(path.parent, key)
        assert journal.redacted()
        reader.execute("COMMIT")
        with pytest.raises(JournalError, match="nothing is left to redact"):
            redact(journal, "run", by=BY, reason=REASON)
        assert not found(path.parent, key)


def test_every_file_of_a_folder_is_redacted(path: Path) -> None:
    with Journals.open(path.parent) as past, Journal.open(path.with_name("journal-2.db")) as second:
        secret = second.secret("run", past)
        name = secret.put(PATIENT)
        second.append("run~away", "run.begin", {"config": name, "parent": "run", "secret": "run"})
    key = secret.key
    assert found(path.parent, key) == {"journal.db", "journal-2.db"}
    assert redact_folder(path.parent, "run~away", by=BY, reason=REASON) == 4
    assert found(path.parent, key) == set()
    with Journals.open(path.parent) as folder:
        assert [file.records(run)[-1].type for file, run in zip(folder.files, ("run~away", "run"), strict=True)] == [
            "redaction",
            "redaction",
        ]
        assert verify_journal(folder).integrity == ()
        with pytest.raises(Redacted):
            folder.raw(name)
    with pytest.raises(JournalError, match="nothing is left to redact"):
        redact_folder(path.parent, "run", by=BY, reason=REASON)


def test_a_blob_redacted_in_one_file_is_refused_while_another_still_holds_it(path: Path) -> None:
    with Journals.open(path.parent) as past, Journal.open(path.with_name("journal-2.db")) as second:
        name = second.secret("run", past).put(PATIENT)
        second.append("run~away", "run.begin", {"config": name, "parent": "run", "secret": "run"})
        redact(second, "run", by=BY, reason=REASON)
        with pytest.raises(Redacted):
            second.raw(name)
        for elsewhere in (None, past):
            with pytest.raises(Redacted):
                second.secret("run", elsewhere)
    with Journals.open(path.parent) as folder:
        folder.records("other")
        assert folder.files[1].get(name, Note) == PATIENT
        with pytest.raises(Redacted):
            folder.raw(name)


def test_a_blob_that_is_missing_without_a_record_is_damage(path: Path) -> None:
    with Journal.open(path) as journal:
        redact(journal, "run", by=BY, reason=REASON)
        name = journal.secret("other").name(PATIENT)
    with closing(sqlite3.connect(path)) as db, db:
        with pytest.raises(sqlite3.IntegrityError, match="redact instead"):
            db.execute("DELETE FROM sensitive")
        db.execute("DROP TRIGGER sensitive_stays")
        db.execute("DELETE FROM sensitive")
    with Journal.open(path, create=False) as journal:
        with pytest.raises(DamagedJournal, match="is missing"):
            journal.raw(name)
        faults = verify_journal(journal).integrity
        assert faults
        assert all("'other'" in fault for fault in faults)
