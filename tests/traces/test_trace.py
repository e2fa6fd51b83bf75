"""A recorded run is read by the steps it took; those within another step are that step's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Task, Trace


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
