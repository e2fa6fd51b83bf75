"""A recorded run is read by the steps it took; those within another step are that step's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from intruder import tampered
from scribe import Note, Order, Scribe, recorded

from evitrail.traces import DamagedJournal, Journal, Journals, Live, Task, Trace
from evitrail.traces.trace import forks

ORDER = Order(words=("stroke", "risk"))


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    """A run that read twice and chose once; while it chose, it read again and checked."""
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "run", Order(words=()))

        def step(kind: str, text: str) -> Note:
            return run.step(Task(kind, lambda: Note(text=text), returns=Note, inputs={}, by=Scribe()))

        def choose() -> Note:
            step("check", "within")
            return step("read", "within")

        step("read", "first")
        step("read", "second")
        run.step(Task("choose", choose, returns=Note, inputs={}, by=Scribe(), label="a/b"))
        yield Trace(journal, "run")


@pytest.mark.parametrize(("kind", "path"), [("read", "read[2]"), ("choose", "choose[a%2Fb]")])
def test_the_last_step_of_a_kind_is_the_runs_own_and_not_one_within_a_step(trace: Trace, kind: str, path: str) -> None:
    found = trace.last(kind)
    assert found is not None
    assert (found.kind, found.path) == (kind, path)


@pytest.mark.parametrize("kind", ["check", "retrieve"], ids=["within a step only", "not at all"])
def test_a_kind_of_step_that_the_run_itself_did_not_take_has_no_last(trace: Trace, kind: str) -> None:
    assert trace.last(kind) is None


@pytest.fixture
def forked(tmp_path: Path) -> Path:
    """A run and a fork of it."""
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        recorded(journal, "run", ORDER)
        Live.begin(journal, "fork", ORDER, parent="run").end(ORDER)
    return path


def test_forks_are_told_by_their_first_records(forked: Path) -> None:
    with Journals.open(forked.parent) as journal:
        assert forks(journal) == {"fork"}


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE record SET bytes = CAST(replace(bytes, '"parent":null', '"parent":"me"') AS BLOB)
        WHERE run = 'run'""",
        "DELETE FROM record WHERE run = 'fork' AND seq = 0",
    ],
    ids=["a run that is made to say so", "a fork that lacks its first record"],
)
def test_a_first_record_that_was_altered_hides_no_run(forked: Path, change: str) -> None:
    tampered(forked, change)
    with Journals.open(forked.parent) as journal:
        hidden = {"run", "fork"} - forks(journal)
        damaged = "run" if "'run'" in change else "fork"
        assert damaged in hidden
        with pytest.raises(DamagedJournal, match=damaged):
            Trace(journal, damaged)


def test_a_file_that_is_added_hides_no_run(forked: Path) -> None:
    with Journal.open(forked.with_name("journal-9.db")) as journal:
        Live.begin(journal, "run", ORDER, parent="other")
    with Journals.open(forked.parent) as journals:
        assert forks(journals) == {"fork"}
        assert Trace(journals, "run").parent is None
