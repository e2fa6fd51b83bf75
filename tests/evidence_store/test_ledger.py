"""The ledger only grows, and shows every byte that was changed behind its back; on SQLite and PostgreSQL alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from ledgers import Place, noted
from world import clock

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.ledger.event import GENESIS, Draft
from evitrail.evidence_store.ledger.ledger import EVENT, Ledger

COLUMNS = ("at", "actor", "type", "subject", "body", "prev", "hash")


def test_what_was_appended_comes_back_in_order_and_verifies(place: Place) -> None:
    ledger = place.filled()
    events = list(ledger.events())
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert events[0].prev == GENESIS
    assert events[2].body == {"n": 2, "text": "β-blockers ≥ 2"}
    assert [event.subject for event in ledger.events(after=2, about="topic-3@")] == ["topic-3@1"]
    assert ledger.head() == (4, events[-1].hash)
    assert [ledger.hash_at(seq) for seq in (0, 2)] == [GENESIS, events[1].hash]
    assert ledger.verify() == []


def test_a_ledger_closed_and_opened_again_goes_on_where_it_was(place: Place) -> None:
    ledger = place.filled()
    before = list(ledger.events())
    ledger.close()
    again = place.ledger()
    assert list(again.events()) == before
    assert again.append_many([noted("later@1")], actor="curator", after=4) == 5
    assert again.verify() == []


@pytest.mark.parametrize("about", ["Topic-1", "topic_1", "topic-%", "topic-1@2"])
def test_events_are_about_a_subject_to_the_letter(place: Place, about: str) -> None:
    assert list(place.filled().events(about=about)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET body = '{}' WHERE seq = 2",
        "DELETE FROM event WHERE seq = 4",
        "DELETE FROM event",
        "TRUNCATE event",
    ],
)
def test_what_would_change_or_remove_an_event_is_refused(place: Place, statement: str) -> None:
    if statement == "TRUNCATE event" and not place.on_postgres:
        statement = "DELETE FROM event WHERE 1"  # SQLite's own way to empty a table at once
    ledger = place.filled()
    with pytest.raises(sa.exc.DBAPIError, match=rf"the ledger is append-only: {statement.split()[0]} refused"):
        place.behind_its_back(statement)
    assert ledger.head()[0] == 4
    assert ledger.verify() == []


def test_a_trigger_that_was_dropped_is_back_when_the_ledger_is_opened(place: Place) -> None:
    place.filled().close()
    place.tamper("SELECT 1")
    place.ledger().close()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        place.behind_its_back("DELETE FROM event WHERE seq = 4")


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("seq", [1, 3, 4])
def test_a_flipped_character_is_found_in_its_event(place: Place, column: str, seq: int) -> None:
    ledger = place.filled()
    with ledger.engine.connect() as db:
        text = db.execute(sa.select(EVENT.c[column]).where(EVENT.c.seq == seq)).scalar_one()
    at = min(8, len(text) - 1)
    flipped = f"{text[:at]}{chr(ord(text[at]) + 1)}{text[at + 1 :]}"
    ledger.close()
    place.tamper(f"UPDATE event SET {column} = :flipped WHERE seq = :seq", flipped=flipped, seq=seq)
    faults = place.ledger().verify()
    assert faults
    assert faults[0].startswith(f"{place.where}: event {seq} ")


@pytest.mark.parametrize("seq", range(1, 5))
def test_a_byte_flipped_in_the_file_is_found(tmp_path: Path, seq: int) -> None:
    path = tmp_path / "ledger.db"
    Place(str(path), tmp_path).filled().close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    at = data.index(f'{{"n":{seq - 1},"text"'.encode()) + 10
    data[at] ^= 0x80  # no longer UTF-8
    path.write_bytes(data)
    [fault] = Ledger.open(path, clock).verify()
    assert f"event {seq} " in fault


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_removed_event_is_missed_by_the_next(place: Place, seq: int) -> None:
    place.filled().close()
    place.tamper("DELETE FROM event WHERE seq = :seq", seq=seq)
    assert f"event {seq + 1} " in place.ledger().verify()[0]


def test_a_failing_batch_leaves_nothing(place: Place) -> None:
    ledger = place.filled()
    good, bad = (Draft(type="t", subject="s@1", body={"x": x}) for x in (1, float("nan")))
    with pytest.raises(ValueError, match=r"[Oo]ut of range"):
        ledger.append_many([good, bad], actor="curator", after=4)
    assert ledger.head()[0] == 4


@pytest.mark.parametrize(
    ("draft", "named"),
    [
        (noted("a\x00b@1"), r"got '\\x00' in its subject"),
        (noted("s@1", text="half \ud83d"), r"got '\\ud83d' in its body"),
        (noted("s@1", text="no byte of text \udc80"), r"got '\\udc80' in its body"),
        (Draft(type="t\udfff", subject="s@1", body={}), r"got '\\udfff' in its type"),
    ],
)
def test_what_is_no_text_is_refused_before_anything_is_written(place: Place, draft: Draft, named: str) -> None:
    ledger = place.filled()
    with pytest.raises(StoreError, match=f"event 6: expected text, {named}; take it out") as said:
        ledger.append_many([noted("good@1"), draft], actor="curator", after=4)
    assert len(str(said.value).splitlines()) == 1
    assert ledger.head()[0] == 4


def test_a_writer_that_has_not_seen_the_last_event_is_refused(place: Place) -> None:
    ledger = place.filled()
    with pytest.raises(StoreError, match="expected the last event to be 3, got 4; another process wrote, try again"):
        ledger.append_many([noted("s@1")], actor="curator", after=3)


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreError, match=r"ledger\.db: expected a ledger, got 'file is not a database'; restore it"):
        Ledger.open(tmp_path / "ledger.db", clock)


def test_a_database_with_another_table_of_that_name_is_named(place: Place) -> None:
    place.behind_its_back("CREATE TABLE event (id INTEGER)")
    with pytest.raises(StoreError, match=r"expected a ledger, got '.*seq.*'"):
        place.ledger()
