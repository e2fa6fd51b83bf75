"""Patient data is named by a key, and can be dropped for good while the chain stays whole."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from intruder import planted
from patient import PATIENT, PLAIN, admitted
from scribe import Note

from evitrail.traces import DamagedJournal, Journal, canonical_json, content_id, verify_journal
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.schema import KEYED, packed

TRIGGERS = "sensitive_is_final", "sensitive_stays", "sensitive_is_new", "secret_is_final", "secret_stays"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return admitted(tmp_path / "journal.db")


def tampered(path: Path, statement: str) -> None:
    """Change the file as somebody would who knows SQLite."""
    with closing(sqlite3.connect(path)) as db, db:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute(statement)


def test_a_name_is_keyed_over_the_bytes_that_a_content_id_hashes(path: Path) -> None:
    with Journal.open(path) as journal:
        secret = journal.secret("run")
        data = f"Note\n{canonical_json(PATIENT)}".encode()
        assert content_id(PATIENT) == "sha256:" + hashlib.sha256(data).hexdigest()
        assert secret.name(PATIENT) == "hmac-sha256:" + hmac.new(secret.key, data, hashlib.sha256).hexdigest()
        assert len(secret.key) == 32
        assert secret.key.hex() not in repr(secret)


def test_a_patient_is_not_recognised_from_one_run_to_another_but_from_a_run_to_its_fork(path: Path) -> None:
    with Journal.open(path) as journal:
        names = {run: journal.secret(run).name(PATIENT) for run in ("run", "run~fork", "other")}
        assert names["run"] == names["run~fork"] != names["other"]
    with Journal.open(path, create=False) as journal, Journals.open(path.parent) as folder:
        assert names == {run: view.secret(run).name(PATIENT) for run in names for view in (journal, folder)}


def test_a_fork_that_does_not_say_whose_key_it_uses_uses_that_of_the_run_it_forks(path: Path) -> None:
    with Journal.open(path) as journal:
        journal.append("run~fork~again", "run.begin", {"config": "", "parent": "run~fork"})
        assert journal.secret("run~fork~again") == journal.secret("run")


def test_patient_data_is_read_like_any_other_and_stored_once(path: Path) -> None:
    with Journal.open(path) as journal:
        secret, before = journal.secret("run"), journal.survey()
        assert secret.put(PATIENT) == secret.put(PATIENT, secret.name(PATIENT)) == secret.name(PATIENT)
        assert journal.survey() == before
        assert set(before.values()) == {None}
        assert sum(name.startswith(KEYED) for name in before) == 4
        with Journals.open(path.parent) as folder:
            for view in (journal, folder):
                assert view.get(secret.name(PATIENT), Note) == PATIENT
                assert view.get(content_id(PLAIN), Note) == PLAIN
                with pytest.raises(DamagedJournal, match="is missing"):
                    view.raw(content_id(PATIENT))


def test_a_fork_in_a_file_of_its_own_takes_the_key_from_where_its_parent_lies(path: Path) -> None:
    with Journals.open(path.parent) as past, Journal.open(path.with_name("journal-2.db")) as journal:
        assert journal.secret("run", past) == past.secret("run") == journal.secret("run")
        journal.append("run~fork~away", "run.begin", {"config": "", "parent": "run~fork", "secret": "run"})
        assert journal.secret("run~fork~away") == journal.secret("run")
        assert journal.secret("new", past) != journal.secret("run")


def test_a_file_that_holds_no_key_for_a_run_says_so(path: Path) -> None:
    tampered(path, "DELETE FROM secret WHERE run = 'run'")
    for create in (True, False):
        with (
            Journal.open(path, create=create) as journal,
            pytest.raises(DamagedJournal, match="no key for run 'run', and no record"),
        ):
            journal.secret("run~fork")


@pytest.mark.parametrize("table", ["sensitive", "secret"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET run = 'else'",
        "DELETE FROM {}",
        "INSERT OR REPLACE INTO {} SELECT * FROM {}",
    ],
)
def test_the_database_itself_refuses_to_change_patient_data(path: Path, statement: str, table: str) -> None:
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute(statement.format(table, table))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE sensitive SET bytes = x'00'", "cannot be unpacked"),
        ("UPDATE sensitive SET bytes = 7", "cannot be unpacked"),
        ("UPDATE sensitive SET bytes = (SELECT bytes FROM blob)", "was altered"),
        ("UPDATE secret SET key = zeroblob(32)", "was altered"),
        ("DELETE FROM secret", "its key is gone"),
        ("DELETE FROM sensitive", "is missing"),
    ],
)
def test_patient_data_changed_behind_the_journals_back_is_a_fault_of_integrity(
    path: Path, statement: str, said: str
) -> None:
    tampered(path, statement)
    with Journal.open(path, create=False) as journal:
        assert any(said in fault and "run 'run~fork' record" in fault for fault in verify_journal(journal).integrity)


def test_no_redaction_record_covers_a_blob_that_is_no_patients(path: Path) -> None:
    plain = content_id(PLAIN)
    with Journal.open(path) as journal:
        journal.append("told", "note", {"output": plain})
    body = {"by": "me", "reason": "", "secret": "run", "count": 1, "blobs": [plain]}
    planted(path, "run", "redaction", body)
    with Journal.open(path, create=False) as journal:
        assert journal.redacted() == {}
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM blob")
    with Journal.open(path, create=False) as journal:
        assert any(f"blob {plain} is missing" in fault for fault in verify_journal(journal).integrity)


def test_patient_data_whose_bytes_are_not_those_its_name_was_made_from_is_not_read(path: Path) -> None:
    with Journal.open(path) as journal:
        name = journal.secret("run").put(PATIENT)
    other = packed(PLAIN.model_dump_json().encode()).hex()
    tampered(path, f"UPDATE sensitive SET bytes = x'{other}' WHERE id = '{name}'")
    with Journal.open(path, create=False) as journal, pytest.raises(DamagedJournal, match=f"blob {name} was altered"):
        journal.get(name, Note)
