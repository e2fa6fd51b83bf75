"""The files of several writers are one journal to whoever reads."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scribe import Note, Order, recorded, ticking

from evitrail.traces import Clock, DamagedJournal, Journal, JournalError, Trace, content_id, verify_journal
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import JournalView
from evitrail.traces.journal.schema import packed
from evitrail.traces.record import written

ORDER = Order(words=("stroke", "risk"))
STOPPED = Clock(wall=lambda: "2020-01-01T00:00:00", mono=lambda: 0)


class Act(NamedTuple):
    """One thing that one writer does."""

    writer: int
    run: int
    text: str
    appended: bool


ACTS = st.builds(Act, st.integers(0, 2), st.integers(0, 1), st.sampled_from("abcde"), st.booleans())


def done(journal: Journal, act: Act) -> None:
    name = journal.put(Note(text=act.text))
    if act.appended:
        journal.append(f"writer-{act.writer}.{act.run}", "note", {"note": name})


def everything(journal: JournalView) -> object:
    """All that can be read of a journal."""
    names = journal.survey()
    records = {run: journal.records(run) for run in journal.runs()}
    return records, journal.heads(), dict(names), {name: journal.raw(name) for name in names}, journal.problems()


def noted(path: Path, run: str, notes: int, *, ended: bool = False) -> str:
    """A run of so many notes, perhaps ended; returns its head."""
    with Journal.open(path, clock=ticking()) as journal:
        for n in range(notes):
            journal.append(run, "note", {"of": path.name, "n": n})
        return journal.append(run, "run.end", {}) if ended else journal.heads()[run]


def altered(path: Path, name: str, data: bytes) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER IF EXISTS blob_is_final")
        db.execute("UPDATE blob SET bytes = ? WHERE id = ?", (data, name))


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTS, max_size=20))
def test_any_interleaving_of_writers_reads_like_one_file(acts: list[Act]) -> None:
    with tempfile.TemporaryDirectory() as name:
        one, many = Path(name) / "one", Path(name) / "many"
        one.mkdir()
        many.mkdir()
        writers = [Journal.open(many / f"journal-{n}.db", clock=STOPPED) for n in range(3)]
        with Journal.open(one / "journal.db", clock=STOPPED) as alone:
            for act in acts:
                done(writers[act.writer], act)
                done(alone, act)
        with Journals.open(many) as apart, Journals.open(one) as together:
            assert everything(apart) == everything(together)  # while the writers are at it
        for writer in writers:
            writer.close()
        with Journals.open(many) as apart, Journal.open(one / "journal.db", create=False) as together:
            assert everything(apart) == everything(together)


def test_a_folder_without_a_journal_is_refused_in_the_words_of_a_single_file(tmp_path: Path) -> None:
    with pytest.raises(JournalError) as of_folder:
        Journals.open(tmp_path)
    with pytest.raises(JournalError) as of_file:
        Journal.open(tmp_path / "journal.db", create=False)
    assert str(of_folder.value) == str(of_file.value)


def test_one_broken_file_is_named_and_not_passed_over(tmp_path: Path) -> None:
    noted(tmp_path / "journal.db", "run", 1)
    (tmp_path / "journal-2.db").write_text("stem,answer\n" * 400)
    with pytest.raises(DamagedJournal, match=r"journal-2\.db"):
        Journals.open(tmp_path)


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        ({"journal-a.db": (9, False), "journal-b.db": (2, True)}, "journal-b.db"),
        ({"journal-a.db": (2, True), "journal-b.db": (9, False)}, "journal-a.db"),
        ({"journal-a.db": (2, False), "journal-b.db": (3, False)}, "journal-b.db"),
        ({"journal-a.db": (3, True), "journal-b.db": (4, True)}, "journal-b.db"),
        ({"journal-a.db": (3, False), "journal-b.db": (3, False)}, "journal-a.db"),
    ],
)
def test_of_a_run_in_two_files_the_one_that_ended_counts_else_the_longer_else_the_first(
    tmp_path: Path, files: dict[str, tuple[int, bool]], counts: str
) -> None:
    heads = {name: noted(tmp_path / name, "run", notes, ended=ended) for name, (notes, ended) in files.items()}
    noted(tmp_path / "journal-b.db", "other", 1)
    with Journals.open(tmp_path) as journal:
        assert journal.runs() == ["other", "run"]
        assert journal.records("run")[0].body["of"] == counts
        assert journal.heads()["run"] == heads[counts] == journal.records("run")[-1].hash


def test_a_run_is_read_and_verified_whichever_file_it_lies_in(tmp_path: Path) -> None:
    for file, run in (("journal.db", "first"), ("journal-2.db", "second")):
        with Journal.open(tmp_path / file, clock=ticking()) as journal:
            recorded(journal, run, Order(words=(*ORDER.words, run)))
    with Journals.open(tmp_path) as journal:
        assert journal.path == tmp_path
        for run in ("first", "second"):
            assert Trace(journal, run).output(Note) == Note(text=f"stroke risk {run}")
        assert verify_journal(journal).integrity == ()


def test_a_blob_that_was_altered_in_one_file_is_read_from_another_that_has_it(tmp_path: Path) -> None:
    shared, own = Note(text="shared"), Note(text="own")
    for file, run in (("journal-a.db", "a"), ("journal-b.db", "b")):
        with Journal.open(tmp_path / file) as journal:
            journal.append(run, "note", {"note": journal.put(shared)})
            if run == "b":
                journal.put(own)
    altered(tmp_path / "journal-a.db", content_id(shared), packed(written(Note(text="forged"))))
    with Journals.open(tmp_path) as journal:
        for run in ("a", "b", "a"):
            journal.records(run)
            assert journal.get(content_id(shared), Note) == shared
            assert journal.get(content_id(own), Note) == own
        with pytest.raises(DamagedJournal, match="is missing"):
            journal.raw(content_id(Note(text="nowhere")))
    altered(tmp_path / "journal-b.db", content_id(shared), b"not a packed blob")
    with Journals.open(tmp_path) as journal:
        journal.records("b")
        with pytest.raises(DamagedJournal, match=r"was altered|cannot be unpacked"):
            journal.get(content_id(shared), Note)


def test_an_altered_blob_is_named_with_its_file(tmp_path: Path) -> None:
    shared, kept = Note(text="shared"), Note(text="kept")
    for file in ("journal-a.db", "journal-b.db", "journal-c.db"):
        with Journal.open(tmp_path / file) as journal:
            journal.put(shared)
            journal.put(kept)
    altered(tmp_path / "journal-b.db", content_id(shared), b"not a packed blob")
    with Journals.open(tmp_path) as journal:
        found = journal.survey()
        assert found.keys() == {content_id(shared), content_id(kept)}
        assert found[content_id(kept)] is None
        assert "cannot be unpacked" in (said := found[content_id(shared)] or "")
        assert said.endswith("in journal-b.db")
