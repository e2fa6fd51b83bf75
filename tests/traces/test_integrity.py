"""Nothing that is in a journal can be altered unseen, and nothing that was in a sealed one can go unseen.

Many random alterations are tried in ``test_integrity_trials.py``.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from intruder import RUNS, inside, sealed, tampered, verdicts
from scribe import Note, Order, copied, recorded

from evitrail.traces import DamagedJournal, Journal, Journals, Live, Verdicts, content_id, seal, verify_journal
from evitrail.traces.journal.journal import link
from evitrail.traces.journal.redaction import redact

ORDER = Order(words=("stroke", "risk"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three runs, sealed."""
    return sealed(tmp_path / "journal.db")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """One run of one step, sealed: small enough to flip every byte of it."""
    return sealed(tmp_path / "small.db", ("run",), ())


def test_an_untouched_sealed_journal_is_sound(path: Path) -> None:
    assert verdicts(path) == Verdicts((), ())
    assert verdicts(path).sound


def test_every_flipped_byte_of_a_record_names_the_record(small: Path) -> None:
    with Journal.open(small, create=False) as journal:
        lines = [(r.run, r.seq, r.bytes) for run in journal.runs() for r in journal.records(run)]
    with inside(small) as db, Journal.open(small, create=False) as journal:
        for run, seq, line in lines:
            for at in range(len(line)):
                flipped = bytearray(line)
                flipped[at] ^= 1 << (at % 8)
                db.execute("UPDATE record SET bytes = ? WHERE run = ? AND seq = ?", (bytes(flipped), run, seq))
                found = verify_journal(journal).integrity
                assert any(f"run {run!r} record {seq}:" in fault for fault in found), (run, seq, at)
            db.execute("UPDATE record SET bytes = ? WHERE run = ? AND seq = ?", (line, run, seq))
    assert verdicts(small).sound


@pytest.mark.parametrize("column", ["prev", "hash", "run", "seq"])
def test_a_changed_column_beside_the_bytes_is_found(path: Path, column: str) -> None:
    value = {"seq": "77", "run": "'fourth'"}.get(column, f"replace({column}, substr({column}, 20, 1), 'x')")
    tampered(path, f"UPDATE record SET {column} = {value} WHERE run = 'second' AND seq = 2")
    assert any("'second' record 2" in fault or "'second' record 3" in fault for fault in verdicts(path).integrity)


@pytest.mark.parametrize("value", ["CAST(bytes AS TEXT)", "7"])
def test_a_record_of_another_type_is_a_fault_and_no_crash(path: Path, value: str) -> None:
    tampered(path, f"UPDATE record SET bytes = {value} WHERE run = 'second' AND seq = 2")
    assert any("'second' record 2" in fault for fault in verdicts(path).integrity)


def test_a_missing_blob_is_named_and_no_other_fault_is_lost(path: Path) -> None:
    name = content_id(Note(text="stroke"))
    tampered(path, f"DELETE FROM blob WHERE id = '{name}'", "UPDATE record SET bytes = x'7b7d' WHERE seq = 4")
    found = verdicts(path).integrity
    assert any(name in fault for fault in found)
    assert all(any(f"run {run!r} record 4" in fault for fault in found) for run in RUNS)


@pytest.mark.parametrize("value", ["x'00'", "zeroblob(40)"])
def test_a_broken_seal_is_a_fault_of_both_kinds_and_hides_no_other(path: Path, value: str) -> None:
    with Journal.open(path, create=False) as journal:
        heads = journal.records("experiment")[-1].body["heads"]
    tampered(
        path, f"UPDATE blob SET bytes = {value} WHERE id = '{heads}'", "UPDATE record SET prev = 'x' WHERE seq = 3"
    )
    said = verdicts(path)
    assert any("'experiment' record 0" in fault and heads in fault for fault in said.integrity)
    assert any("'second' record 3" in fault for fault in said.integrity)
    assert said.completeness == ("the seal cannot be read: runs that are gone cannot be told",)


def test_a_seal_record_that_cannot_be_read_is_found(path: Path) -> None:
    tampered(path, "UPDATE record SET bytes = x'ff' WHERE run = 'experiment'")
    said = verdicts(path)
    assert any("'experiment' record 0" in fault for fault in said.integrity)
    assert any("seal cannot be read" in fault for fault in said.completeness)


def test_a_cut_tail_leaves_the_chain_intact_and_is_a_fault_of_completeness(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second' AND seq >= 3")
    assert verdicts(path) == Verdicts(
        (),
        ("run 'second' was not finished", "run 'second' does not reach the record it was sealed at; its tail was cut"),
    )


def test_a_dropped_run_is_a_fault_of_completeness(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second'")
    assert verdicts(path) == Verdicts((), ("run 'second' was sealed and is gone",))


def test_a_record_gone_from_the_middle_is_a_fault_of_integrity(path: Path) -> None:
    tampered(path, "DELETE FROM record WHERE run = 'second' AND seq = 2")
    assert any("'second' record 2: expected sequence number 2, got 3" in fault for fault in verdicts(path).integrity)


def test_reordered_records_are_a_fault_of_integrity(path: Path) -> None:
    swap = "UPDATE record SET seq = {} WHERE run = 'second' AND seq = {}"
    tampered(path, swap.format(99, 2), swap.format(2, 3), swap.format(3, 99))
    found = verdicts(path).integrity
    assert any("'second' record 2" in fault for fault in found)
    assert any("'second' record 3" in fault for fault in found)


@pytest.mark.parametrize("said", [b'"seq":4', b'"run":"second"', b'"prev":"sha256:'])
def test_a_record_whose_text_names_another_place_is_found_though_its_hash_fits(path: Path, said: bytes) -> None:
    def restated(db: sqlite3.Connection) -> None:
        where = "WHERE run = 'second' AND seq = 4"
        prev, line = db.execute(f"SELECT prev, bytes FROM record {where}").fetchone()
        assert said in line
        line = line.replace(said, said[:-1] + b"9" + said[-1:] if said.endswith((b'"', b":")) else said[:-1] + b"9")
        db.execute(f"UPDATE record SET hash = ?, bytes = ? {where}", (link(prev, line), line))

    tampered(path, restated)
    assert any("'second' record 4: its text says" in fault for fault in verdicts(path).integrity)


def test_a_chain_rewritten_in_full_no_longer_reaches_its_seal(path: Path) -> None:
    def rewritten(db: sqlite3.Connection) -> None:
        rows = db.execute("SELECT seq, prev, bytes FROM record WHERE run = 'second' ORDER BY seq").fetchall()
        (_, prev, _), old = rows[0], None
        for seq, _, line in rows:
            line = line.replace(b'"word":"risk"', b'"word":"rise"')
            line = line.replace(old.encode(), prev.encode()) if old else line
            old = db.execute("SELECT hash FROM record WHERE run = 'second' AND seq = ?", (seq,)).fetchone()[0]
            new = (prev, link(prev, line), line, seq)
            db.execute("UPDATE record SET prev = ?, hash = ?, bytes = ? WHERE run = 'second' AND seq = ?", new)
            prev = new[1]

    tampered(path, rewritten)
    said = verdicts(path)
    assert said.integrity == ()
    assert said.completeness == ("run 'second' does not reach the record it was sealed at; its tail was cut",)


def test_a_run_added_after_the_seal_is_no_fault(path: Path) -> None:
    with Journal.open(path) as journal:
        recorded(journal, "late", ORDER)
    assert verdicts(path).sound


def test_a_run_that_stopped_half_way_is_a_fault_of_completeness_alone(path: Path) -> None:
    with Journal.open(path) as journal:
        copied(Live.begin(journal, "late", ORDER), ORDER)
        seal(journal)
    assert verdicts(path) == Verdicts((), ("run 'late' was not finished",))


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.99])
def test_a_file_cut_short_is_not_sound(path: Path, part: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    try:
        faults: tuple[str, ...] = verdicts(path).integrity
    except DamagedJournal as error:
        faults = (str(error),)
    assert faults


def test_an_altered_blob_that_no_record_names_is_found_all_the_same(path: Path) -> None:
    with Journal.open(path) as journal:
        name = journal.put(Note(text="aside"))
    tampered(path, f"UPDATE blob SET bytes = (SELECT bytes FROM blob WHERE id <> '{name}') WHERE id = '{name}'")
    assert verdicts(path) == Verdicts((f"blob {name} was altered; no record names it",), ())


def test_a_record_of_an_unknown_type_is_checked_like_any_other(path: Path) -> None:
    with Journal.open(path) as journal:
        body = {"output": journal.put(Note(text="odd")), "inputs": "none", "config": {"of": "another"}, "said": "so"}
        journal.append("odd", "curiosity", body)
    assert (verdicts(path).integrity, verdicts(path).additions) == ((), ())
    name = content_id(Note(text="odd"))
    tampered(path, f"DELETE FROM blob WHERE id = '{name}'")
    assert verdicts(path).integrity == (f"run 'odd' record 0: blob {name} is missing",)
    tampered(path, "UPDATE record SET bytes = CAST(replace(bytes, 'so', 'oh') AS BLOB) WHERE run = 'odd' AND seq = 0")
    assert any("'odd' record 0" in fault for fault in verdicts(path).integrity)


def test_redacted_blobs_are_counted_and_no_fault(path: Path) -> None:
    with Journal.open(path) as journal:
        run = Live.begin(journal, "patient", ORDER, sensitive=True)
        run.end(copied(run, ORDER))
        seal(journal)
        assert verify_journal(journal) == Verdicts((), ())
        gone = redact(journal, "patient", by="d.larsen", reason="consent withdrawn")
        said = verify_journal(journal)
    assert said.sound
    assert len(said.redacted) == gone > 0
    assert all(name.startswith("hmac-sha256:") for name in said.redacted)


def test_patient_data_that_is_gone_without_a_redaction_is_a_fault(path: Path) -> None:
    with Journal.open(path) as journal:
        run = Live.begin(journal, "patient", ORDER, sensitive=True)
        run.end(copied(run, ORDER))
        seal(journal)
        name = journal.records("patient")[-1].body["output"]
    tampered(path, f"DELETE FROM sensitive WHERE id = '{name}'")
    said = verdicts(path)
    assert (said.completeness, said.redacted) == ((), ())
    assert len(said.integrity) == 1
    assert f"blob {name} is missing" in said.integrity[0]
    assert "run 'patient' record" in said.integrity[0]


def test_a_journal_of_several_files_is_verified_file_by_file_under_every_seal(path: Path) -> None:
    other = path.with_name("journal-2.db")
    sealed(other, ("fourth", "fifth"))
    with Journals.open(path.parent) as journals:
        assert verify_journal(journals) == Verdicts((), ())
    tampered(other, "UPDATE record SET prev = 'x' WHERE run = 'fifth' AND seq = 3")
    tampered(other, "DELETE FROM record WHERE run = 'fourth'")
    tampered(path, "DELETE FROM record WHERE run = 'first'")
    with Journals.open(path.parent) as journals:
        said = verify_journal(journals)
    assert any("'fifth' record 3" in fault and "journal-2.db" in fault for fault in said.integrity)
    assert set(said.completeness) == {"run 'fourth' was sealed and is gone", "run 'first' was sealed and is gone"}
