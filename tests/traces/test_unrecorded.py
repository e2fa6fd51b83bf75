"""A run that is done again without a record: what is known is reused, the rest is done and kept in memory only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Record, Run, Task, recorded_work
from evitrail.traces.run.activity import Effect
from evitrail.traces.run.live import BlockedEffect
from evitrail.traces.run.unrecorded import Unrecorded


class Answering:
    """Searches with a parameter, reads what was found in a step within a step, and keeps what it was called for."""

    def __init__(self, effect: Effect = "pure") -> None:
        self.calls: list[str] = []
        self.effect = effect

    def answer(self, run: Run, k: int = 1, says: str = "hits") -> str:
        found = self._step(run, "retrieve", says, Note(text="query"), k=k)
        outer = Task(
            "read",
            lambda: self._step(run, "model", f"claims of {found.text.split()[0]}", found),
            returns=Note,
            inputs={"found": found},
            by=Scribe(),
        )
        return self._step(run, "choose", "B", run.step(outer)).text

    def _step(self, run: Run, kind: str, says: str, given: Note, **parameters: int) -> Note:
        def call() -> Note:
            self.calls.append(kind)
            return Note(text=says)

        effect = self.effect if kind == "model" else "pure"
        task = Task(
            kind, call, returns=Note, inputs={"given": given}, by=Scribe(), parameters=parameters, effect=effect
        )
        return run.step(task)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        Answering("reads_external").answer(Live.begin(opened, "run", Order(words=())))
        yield opened


def test_a_run_under_the_same_circumstances_does_nothing_and_writes_nothing(journal: Journal) -> None:
    before, again = journal.heads(), Answering("reads_external")
    run = Unrecorded(journal, "run", recorded_work(journal, "run"))
    assert again.answer(run) == "B"
    assert (again.calls, run.executed, journal.heads()) == ([], 0, before)


def test_what_is_not_known_is_done_and_joins_the_memory(journal: Journal) -> None:
    before, again, memory = journal.heads(), Answering("reads_external"), recorded_work(journal, "run")
    for executed in (4, 0):
        run = Unrecorded(journal, "run", memory)
        assert again.answer(run, k=2, says="others") == "B"
        assert run.executed == executed
    assert again.calls == ["retrieve", "model", "choose"], "a step within a step is one more that is done"
    assert journal.heads() == before


def test_what_follows_is_reused_where_a_step_comes_out_as_it_did(journal: Journal) -> None:
    again = Answering("reads_external")
    again.answer(Unrecorded(journal, "run", recorded_work(journal, "run")), k=2)
    assert again.calls == ["retrieve"]


def test_outputs_that_are_taken_for_the_same_lead_to_the_same_steps(journal: Journal) -> None:
    def same(output: Record) -> Record:
        return Note(text="hits") if isinstance(output, Note) and output.text.startswith("hits") else output

    again = Answering("reads_external")
    again.answer(Unrecorded(journal, "run", recorded_work(journal, "run"), same), k=2, says="hits (score 3)")
    assert again.calls == ["retrieve"]


def test_nothing_is_written_externally(journal: Journal) -> None:
    again = Answering("writes_external")
    with pytest.raises(BlockedEffect, match=r"read\[1\]/model\[1\] by Scribe\(hand='round'\) writes externally"):
        again.answer(Unrecorded(journal, "run", recorded_work(journal, "run")), k=2, says="others")
    assert again.calls == ["retrieve"]
