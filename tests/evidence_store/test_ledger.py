"""The ledger only grows, and shows every byte that was changed behind its back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from world import clock

from evidence_store.errors import StoreError
from evidence_store.event import GENESIS, Draft
from evidence_store.ledger import Ledger

COLUMNS = ("at", "actor", "type", "subject", "body", "prev", "hash")


def filled(path: Path, n: int = 4) -> Ledger:
    ledger = Ledger.open(path, clock)
    drafts = [
        Draft(type="evidence.noted", subject=f"topic-{i}@1", body={"n": i, "text": "β-blockers ≥ 2"}) for i in range(n)
    ]
    ledger.append_many(drafts, actor="curator", after=0)
    return ledger


def tampered(path: Path, statement: str) -> None:
    """Change the file as somebody would who knows SQLite."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER event_no_UPDATE")
        db.execute("DROP TRIGGER event_no_DELETE")
        db.execute(statement)


def test_what_was_appended_comes_back_in_order_and_verifies(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger.db")
    events = list(ledger.events())
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert events[0].prev == GENESIS
    assert events[2].body == {"n": 2, "text": "β-blockers ≥ 2"}
    assert [event.subject for event in ledger.events(after=2, about="topic-3@")] == ["topic-3@1"]
    assert ledger.head() == (4, events[-1].hash)
    assert ledger.verify() == []


@pytest.mark.parametrize("statement", ["UPDATE event SET body = '{}' WHERE seq = 2", "DELETE FROM event WHERE seq = 4"])
def test_update_and_delete_are_refused(tmp_path: Path, statement: str) -> None:
    ledger = filled(tmp_path / "ledger.db")
    with (
        closing(sqlite3.connect(tmp_path / "ledger.db")) as db,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        db.execute(statement)
    assert ledger.verify() == []


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seq", [1, 3, 4])
def test_a_flipped_character_is_found_in_its_event(tmp_path: Path, column: str, seq: int) -> None:
    filled(tmp_path / "ledger.db").close()
    flip = f"substr({column}, 1, 8) || char(unicode(substr({column}, 9, 1)) + 1) || substr({column}, 10)"
    tampered(tmp_path / "ledger.db", f"UPDATE event SET {column} = {flip} WHERE seq = {seq}")
    faults = Ledger.open(tmp_path / "ledger.db", clock).verify()
    assert faults
    assert f"event {seq} " in faults[0]


@pytest.mark.parametrize("seq", range(1, 5))
def test_a_byte_flipped_in_the_file_is_found(tmp_path: Path, seq: int) -> None:
    path = tmp_path / "ledger.db"
    filled(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    at = data.index(f'{{"n":{seq - 1},"text"'.encode()) + 10
    data[at] ^= 0x80  # no longer UTF-8
    path.write_bytes(data)
    [fault] = Ledger.open(path, clock).verify()
    assert f"event {seq} " in fault


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_removed_event_is_missed_by_the_next(tmp_path: Path, seq: int) -> None:
    filled(tmp_path / "ledger.db").close()
    tampered(tmp_path / "ledger.db", f"DELETE FROM event WHERE seq = {seq}")
    assert f"event {seq + 1} " in Ledger.open(tmp_path / "ledger.db", clock).verify()[0]


def test_a_failing_batch_leaves_nothing(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger.db")
    good, bad = (Draft(type="t", subject="s@1", body={"x": x}) for x in (1, float("nan")))
    with pytest.raises(ValueError, match=r"[Oo]ut of range"):
        ledger.append_many([good, bad], actor="curator", after=4)
    assert ledger.head()[0] == 4


def test_a_writer_that_has_not_seen_the_last_event_is_refused(tmp_path: Path) -> None:
    ledger = filled(tmp_path / "ledger.db")
    with pytest.raises(StoreError, match="expected the last event to be 3, got 4"):
        ledger.append_many([Draft(type="t", subject="s@1", body={})], actor="curator", after=3)


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreError, match=r"ledger\.db"):
        Ledger.open(tmp_path / "ledger.db", clock)
