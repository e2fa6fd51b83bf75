"""A body that repeats parts of an earlier one takes little room, comes back equal, and hides no altered byte."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intruder import inside, tampered
from scribe import Note, ticking

from evitrail.traces import DamagedJournal, Journal, Record, content_id, verify_journal
from evitrail.traces.journal.delta import KnownParts, assembled
from evitrail.traces.record import written

DICE = random.Random(0)
PASSAGES = tuple(" ".join("".join(DICE.choices(ascii_lowercase, k=7)) for _ in range(120)) for _ in range(12))
"""Texts that share nothing and can hardly be packed."""
SCHEMA_1 = """
DROP TABLE blob;
CREATE TABLE blob (id TEXT PRIMARY KEY, bytes BLOB NOT NULL);
PRAGMA user_version = 1;
"""
"""How an earlier version made the table."""


class Found(Record, stored_as="Found"):
    """A search and what it found."""

    query: str
    hits: tuple[Note, ...]


def found(query: str, *hits: int) -> Found:
    return Found(query=query, hits=tuple(Note(text=PASSAGES[n]) for n in hits))


AGAIN = found("again", 0, 8, 5, 4, 2, 1)
SEARCHES = (found("first", *range(6)), found("second", 5, 1, 3, 7), found("third", 7, 8, 0), found("last", 9))


def filled(path: Path, *records: Record) -> Path:
    with Journal.open(path, clock=ticking()) as journal:
        for number, record in enumerate(records):
            name = journal.put(record)
            journal.append(f"run-{number}", "run.begin", {"config": name, "config_type": "Found"})
    return path


def sizes(path: Path) -> dict[str, int]:
    """Bytes that each body takes, by its name."""
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT id, length(bytes) FROM blob"))


def test_a_search_that_finds_known_passages_takes_a_tenth_and_reads_back_equal(tmp_path: Path) -> None:
    once = sizes(filled(tmp_path / "alone.db", AGAIN))
    path = filled(tmp_path / "journal.db", found("first", *range(9)), AGAIN)
    name = content_id(AGAIN)
    assert sizes(path)[name] < once[name] / 10
    with Journal.open(path, create=False) as journal:
        assert journal.get(name, Found) == AGAIN
        assert verify_journal(journal).integrity == ()


TEXTS = tuple(f'{{"text":"{text[:60]}"}}' for text in PASSAGES)
PARTS = st.sampled_from(['{"a":1}', "{", "}", "}}", "ä", *TEXTS, *PASSAGES])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PARTS, max_size=12).map("".join), min_size=1, max_size=8))
def test_any_bodies_in_any_order_come_back_byte_for_byte(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = filled(Path(folder) / "journal.db", *(Note(text=text) for text in texts))
        with Journal.open(path, create=False) as journal:
            for text in texts:
                assert journal.raw(content_id(Note(text=text))) == written(Note(text=text))
            assert set(journal.survey().values()) == {None}


def test_every_altered_byte_of_a_body_and_of_what_it_copies_from_is_found(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db", *SEARCHES)
    with inside(path) as db, Journal.open(path, create=False) as journal:
        for name, data in db.execute("SELECT id, bytes FROM blob").fetchall():
            for at in range(0, len(data), 7):
                flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
                db.execute("UPDATE blob SET bytes = ? WHERE id = ?", (flipped, name))
                assert any(f"blob {name} " in fault for fault in verify_journal(journal).integrity), (name, at)
            db.execute("UPDATE blob SET bytes = ? WHERE id = ?", (data, name))
        assert verify_journal(journal).integrity == ()


def test_a_body_whose_source_is_lost_or_exchanged_is_refused_and_named(tmp_path: Path) -> None:
    first, second = (content_id(each) for each in SEARCHES[:2])
    for change, why in (
        (f"DELETE FROM blob WHERE id = '{first}'", "it copies from row 1, which is missing"),
        (f"UPDATE blob SET bytes = x'00' WHERE id = '{first}'", "it copies from row 1, which cannot be unpacked"),
        (
            "UPDATE blob SET bytes = (SELECT bytes FROM blob WHERE number = 4) WHERE number = 1",
            "not what its name says",
        ),
    ):
        path = filled(tmp_path / "journal.db", *SEARCHES)
        tampered(path, change)
        with Journal.open(path, create=False) as journal:
            with pytest.raises(DamagedJournal, match=why):
                journal.get(second, Found)
            assert any(f"blob {second} " in fault for fault in verify_journal(journal).integrity)
        path.unlink()


def test_what_was_rolled_back_is_copied_from_by_nobody(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        with suppress(KeyError), journal.transaction():
            journal.put(SEARCHES[0])
            raise KeyError
        for search in SEARCHES[1:]:
            journal.put(search)
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        assert [journal.get(content_id(search), Found) for search in SEARCHES[1:]] == list(SEARCHES[1:])
        assert set(journal.survey().values()) == {None}


def test_a_journal_of_schema_1_is_read_and_continued_with_whole_bodies(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db")
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA_1)
    filled(path, *SEARCHES)
    for search in SEARCHES:
        assert (
            sizes(path)[content_id(search)]
            == sizes(filled(tmp_path / f"{search.query}.db", search))[content_id(search)]
        )
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM")  # may give the rows other numbers
    with Journal.open(path, create=False) as journal:
        assert [journal.get(content_id(search), Found) for search in SEARCHES] == list(SEARCHES)
        assert verify_journal(journal).integrity == ()


def test_bodies_are_read_after_the_file_was_written_anew(tmp_path: Path) -> None:
    path = filled(tmp_path / "journal.db", *SEARCHES)
    with Journal.open(path) as journal:
        journal.database.scrub()
        assert [journal.get(content_id(search), Found) for search in SEARCHES] == list(SEARCHES)
        assert verify_journal(journal).integrity == ()


def test_parts_are_known_of_the_last_bytes_only_and_what_is_forgotten_is_stored_again() -> None:
    known = KnownParts(remembered=4000)
    bodies = [f'{{"text":"{n:05d} {text}"}}'.encode() for n in range(5) for text in PASSAGES]
    inserted: list[bytes] = []
    for number, body in enumerate(bodies):
        delta = known.delta(body)
        known.learn(number, delta)
        inserted.append(delta.inserted)
        assert assembled(delta, inserted.__getitem__) == body
    assert known.delta(bodies[-1]).inserted == b""
    assert known.delta(bodies[0]).copies == ()
