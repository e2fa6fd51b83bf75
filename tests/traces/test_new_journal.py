"""A new journal appears with all its tables, for who reads beside its writer and after one that was killed.

The writer makes one file after another, so that nearly every moment lies within the making of one.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nursery import Nursery

from evitrail.traces import Journal, verify_journal

FILES = 200
KILLS = 40


def test_a_reader_beside_its_writer_finds_no_journal_or_a_whole_one(tmp_path: Path) -> None:
    with Nursery("killable:create_many") as nursery:
        writer = nursery.start(str(tmp_path))
        try:
            for path in (tmp_path / f"journal-{number}.db" for number in range(1, FILES + 1)):
                writer.await_sign(path.exists)
                with Journal.open(path, create=False) as journal:
                    assert verify_journal(journal).integrity == ()
        finally:
            assert writer.kill(), writer.printed.read_text()


def test_a_writer_that_is_killed_while_it_creates_one_leaves_none_or_a_whole_one(tmp_path: Path) -> None:
    dice = random.Random(0)
    with Nursery("killable:create_many") as nursery:
        for number in range(KILLS):
            folder = tmp_path / str(number)
            folder.mkdir()
            worker = nursery.start(str(folder))
            worker.await_sign(lambda at=folder: any(at.iterdir()))  # type: ignore[misc]
            worker.await_end(dice.uniform(0, 0.02))
            assert worker.kill(), worker.printed.read_text()
            for path in folder.glob("journal*.db"):
                with Journal.open(path, create=False) as journal:
                    assert verify_journal(journal).integrity == ()
            with Journal.open(folder / "journal-1.db") as journal:  # what was left does not stand in the way
                journal.append("later", "note", {})


def test_of_many_that_create_one_at_once_each_writes_to_the_same(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with Journal.open(tmp_path / "journal.db") as journal:
            journal.append(f"run-{number}", "note", {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with Journal.open(tmp_path / "journal.db", create=False) as journal:
        assert journal.runs() == [f"run-{number}" for number in range(8)]
    assert not list(tmp_path.glob(".journal*"))


def test_a_journal_is_created_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "journal.db").symlink_to(tmp_path / "disk" / "journal.db")
    with Journal.open(tmp_path / "journal.db") as journal:
        journal.append("run", "note", {})
    assert (tmp_path / "journal.db").is_symlink()
    with Journal.open(tmp_path / "disk" / "journal.db", create=False) as journal:
        assert journal.runs() == ["run"]
