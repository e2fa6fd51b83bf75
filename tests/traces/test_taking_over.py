"""A run whose writer was lost goes on in another file, with all that was recorded and nothing done again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe, copied

from evitrail.traces import Journal, JournalError, Journals, Live, Trace, verify_journal
from evitrail.traces.journal.handover import take_over

ORDER = Order(words=("stroke", "risk", "falls", "here"))


class Lost(Exception):
    """The writer is gone."""


@dataclass(frozen=True)
class Frail(Scribe):
    """Is lost when it comes to a word."""

    lost_at: str | None = field(default=None, repr=False, compare=False)

    def write(self, note: Note, word: str) -> Note:
        if word == self.lost_at:
            self.asked.append(word)
            raise Lost
        return super().write(note, word)


def work(journal: Journal, *, sensitive: bool = False, lost_at: str | None = None) -> list[str]:
    """The run, as far as it comes; returns the words that were asked."""
    scribe = Frail(lost_at=lost_at)
    run = Live.begin(journal, "run", ORDER, sensitive=sensitive)
    with suppress(Lost):
        run.end(copied(run, ORDER, scribe))
    return scribe.asked


@pytest.mark.parametrize("sensitive", [False, True])
def test_it_goes_on_where_the_lost_writer_was_and_each_file_is_whole(tmp_path: Path, sensitive: bool) -> None:
    with Journal.open(tmp_path / "journal-1.db") as journal:
        assert work(journal, sensitive=sensitive, lost_at="falls") == ["stroke", "risk", "falls"]
        head = journal.heads()["run"]
    with Journal.open(tmp_path / "journal-2.db") as journal:
        with Journals.open(tmp_path) as past:
            assert take_over(journal, past, "run") > 0
            assert journal.heads()["run"] == head
            assert take_over(journal, past, "run") == 0, "once"
        assert work(journal, sensitive=sensitive) == ["falls", "here"], "what returned is not done again"
    with Journal.open(tmp_path / "journal-2.db", create=False) as alone, Journals.open(tmp_path) as both:
        assert verify_journal(alone).integrity == verify_journal(both).integrity == ()
        for journal_ in (alone, both):
            assert Trace(journal_, "run").output(Note) == Note(text="stroke risk falls here")


def test_what_went_another_way_is_left_alone(tmp_path: Path) -> None:
    for n, ends in ((1, "falls"), (2, "here")):
        with Journal.open(tmp_path / f"journal-{n}.db") as journal:
            work(journal, lost_at=ends)
    with Journal.open(tmp_path / "journal-1.db") as journal, Journals.open(tmp_path) as past:
        before = journal.heads()
        assert take_over(journal, past, "run") == 0
        assert journal.heads() == before


def test_records_that_do_not_follow_are_refused(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal-1.db") as journal:
        work(journal)
        records = journal.records("run")
    with Journal.open(tmp_path / "journal-2.db") as other, pytest.raises(JournalError, match="has diverged"):
        other.adopt(records[1:])


def test_a_run_that_nobody_began_brings_nothing(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal, Journals.open(tmp_path) as past:
        assert take_over(journal, past, "run") == 0
        assert journal.runs() == []
