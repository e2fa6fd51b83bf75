"""A check that is resumed finds what a whole one finds, and hashes only what was added.

Where what was added cannot tell, a whole check is made.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from intruder import inside, sealed
from nursery import Nursery
from scribe import Order, recorded

from evitrail.traces import Journal, Journals, seal, verify_journal
from evitrail.traces.audit import chain_check
from evitrail.traces.audit.growing_check import GrowingCheck
from evitrail.traces.journal.journal import genesis, link
from evitrail.traces.journal.redaction import redact
from evitrail.traces.record import canonical_json

LOOKS = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three runs, sealed."""
    sealed(tmp_path / "journal.db")
    return tmp_path


def whole(folder: Path) -> GrowingCheck:
    with Journals.open(folder) as journal:
        return GrowingCheck.whole(journal)


def grown(check: GrowingCheck, folder: Path) -> GrowingCheck | None:
    with Journals.open(folder) as journal:
        return check.grown(journal)


def order(*words: str) -> Order:
    return Order(words=words)


def inserted(folder: Path, run: str, type: str, body: dict[str, object], seq: int = 0, prev: str = "") -> None:
    """A record that is linked as it should be, which no trigger refuses."""
    prev = prev or genesis(run)
    line = {"v": 2, "seq": seq, "run": run, "type": type, "t": "2021", "mono": 1, "prev": prev, "body": body}
    data = canonical_json(line).encode()
    with closing(sqlite3.connect(folder / "journal.db")) as db, db:
        db.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (run, seq, prev, link(prev, data), data))


def flipped(folder: Path, text: bytes) -> None:
    """One byte of the file is another, in the one place where this text stands."""
    with Journal.open(folder / "journal.db") as journal:
        journal.database.read("PRAGMA wal_checkpoint(TRUNCATE)")
    path = folder / "journal.db"
    data = path.read_bytes()
    at = data.index(text) + len(text) - 1
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes([data[at] ^ 1]))


def test_what_was_added_is_found_as_a_whole_check_finds_it(folder: Path) -> None:
    check = whole(folder)
    with Journal.open(folder / "journal.db") as writer:
        for number in range(4):
            recorded(writer, f"more-{number}", order("stroke", str(number)))
            writer.append(f"begun-{number}", "run.begin", {})
            with Journals.open(folder) as journal:
                more = check.grown(journal)
                assert more is not None
                assert more.verdicts == verify_journal(journal)
                assert (more.runs, more.root) == (len(journal.runs()), check.root)
            assert more.added > check.added
            check = more
    assert check.verdicts.completeness == tuple(f"run 'begun-{number}' was not finished" for number in range(4))


def test_only_what_was_added_is_hashed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []

    def counted(prev: str, data: bytes) -> str:
        hashed.append(data)
        return link(prev, data)

    check = whole(folder)
    monkeypatch.setattr(chain_check, "link", counted)
    with Journal.open(folder / "journal.db") as writer:
        recorded(writer, "more", order("risk"))
        records = writer.records("more")
    more = grown(check, folder)
    assert more is not None
    assert more.added == len(hashed) == len(records)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE record SET bytes = x'7b7d' WHERE run = 'second' AND seq = 2",
        "UPDATE record SET hash = 'sha256:00' WHERE run = 'second' AND seq = 2",
        "DELETE FROM record WHERE run = 'second' AND seq >= 3",
        "DELETE FROM record WHERE run = 'second'",
        "UPDATE blob SET bytes = x'00' WHERE number = 1",
        "DELETE FROM blob WHERE number = 1",
    ],
)
def test_what_needs_triggers_to_be_dropped_takes_a_whole_check(folder: Path, change: str) -> None:
    check = whole(folder)
    assert check.verdicts.sound
    with inside(folder / "journal.db") as db:
        db.execute(change)
    with Journal.open(folder / "journal.db") as writer:
        recorded(writer, "more", order("risk"))
    assert grown(check, folder) is None
    assert not whole(folder).verdicts.sound


def bad_link(folder: Path) -> None:
    inserted(folder, "more", "run.begin", {}, prev="sha256:" + "0" * 64)


def unfit_end(folder: Path) -> None:
    with Journal.open(folder / "journal.db", create=False) as journal:
        last = journal.records("second")[-1]
    inserted(folder, "second", "note", {}, last.seq + 1, last.hash)


def skipped_record(folder: Path) -> None:
    inserted(folder, "more", "run.begin", {}, seq=3)


def missing_blob(folder: Path) -> None:
    inserted(folder, "more", "run.begin", {"config": "sha256:" + "0" * 64})


def altered_blob(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as db, db:
        db.execute("INSERT INTO blob (id, bytes) VALUES (?, ?)", ("sha256:" + "1" * 64, b"x"))


def another_copy(folder: Path) -> None:
    with Journal.open(folder / "journal-2.db") as writer:
        recorded(writer, "second", order("other"))


def flipped_head(folder: Path) -> None:
    with Journal.open(folder / "journal.db", create=False) as journal:
        last = journal.records("second")[-1]
    flipped(folder, f"{last.prev}{last.hash}".encode())  # as they stand in its row


@pytest.mark.parametrize(
    "change", [bad_link, unfit_end, skipped_record, missing_blob, altered_blob, another_copy, flipped_head]
)
def test_a_fault_among_what_was_added_takes_a_whole_check_which_names_it(
    folder: Path, change: Callable[[Path], None]
) -> None:
    check = whole(folder)
    with Journal.open(folder / "journal.db") as writer:
        recorded(writer, "sound", order("risk"))
    change(folder)
    assert grown(check, folder) is None
    assert not whole(folder).verdicts.sound


def test_a_file_that_is_another_one_or_is_shorter_takes_a_whole_check(folder: Path) -> None:
    path, before = folder / "journal.db", folder / "before"
    shutil.copy(path, before)
    with Journal.open(path) as writer:
        recorded(writer, "more", order("risk"))
    check = whole(folder)
    data = before.read_bytes()
    path.write_bytes(data)  # the same file, as it was
    assert grown(check, folder) is None
    check = whole(folder)
    os.replace(before, path)
    with Journal.open(path) as writer:
        recorded(writer, "more", order("risk"))
    assert grown(check, folder) is None


def test_a_seal_or_a_redaction_takes_a_whole_check_and_growth_is_followed_after_it(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as writer:
        recorded(writer, "first", order("risk"))
        secret = writer.secret("patient")
        writer.append("patient", "run.begin", {"secret": "patient", "config": secret.put(order("name"))})
        for change in (lambda: seal(writer), lambda: redact(writer, "patient", by="d.larsen", reason="withdrawn")):
            check = whole(tmp_path)
            change()
            assert grown(check, tmp_path) is None
            check = whole(tmp_path)
            writer.append("first", "review", {"review": writer.put(order("agreed"))})
            more = grown(check, tmp_path)
            assert more is not None
            with Journals.open(tmp_path) as journal:
                assert more.verdicts == verify_journal(journal)


def test_a_change_that_added_nothing_takes_a_whole_check(folder: Path) -> None:
    check = whole(folder)
    assert grown(check, folder) is None
    flipped(folder, b'"type":"run.end"')
    assert grown(check, folder) is None
    assert not whole(folder).verdicts.sound


def test_a_checked_record_that_is_altered_on_the_disk_is_found_by_the_next_whole_check(folder: Path) -> None:
    check = whole(folder)
    flipped(folder, b'"type":"run.end"')
    with Journal.open(folder / "journal.db") as writer:
        recorded(writer, "more", order("risk"))
    assert grown(check, folder) is not None  # the limit that the module states
    assert not whole(folder).verdicts.sound


def test_runs_in_several_files_are_followed_in_each(folder: Path) -> None:
    with Journal.open(folder / "journal-2.db") as writer:
        recorded(writer, "other", order("risk"))
        check = whole(folder)
        recorded(writer, "more", order("risk"))
        with Journal.open(folder / "journal.db") as first:
            recorded(first, "also", order("stroke"))
        more = grown(check, folder)
        assert more is not None
        with Journals.open(folder) as journal:
            assert more.verdicts == verify_journal(journal)


def test_a_journal_that_is_written_and_sealed_meanwhile_is_never_called_altered(tmp_path: Path) -> None:
    with Nursery("killable:record_and_seal") as nursery:
        writer = nursery.start(str(tmp_path))
        try:
            writer.await_sign(lambda: (tmp_path / "journal.db").exists())
            check = whole(tmp_path)
            for look in range(LOOKS):
                check = (grown(check, tmp_path) if look % 3 else None) or whole(tmp_path)
                assert (check.verdicts.integrity, check.verdicts.additions) == ((), ())
                assert all("was not finished" in one or "not sealed" in one for one in check.verdicts.completeness)
        finally:
            assert writer.kill(), writer.printed.read_text()
