"""A probe says which step would come out otherwise first; it stops there, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Run, Task, recorded_work
from evitrail.traces.run.probe import Probe, affected

ORDER = Order(words=())


@dataclass
class Ward:
    """Retrieve, read and choose; counts the calls, and can be told to answer otherwise."""

    k: int = 10
    finds: str = "hits"
    asks: bool = False
    calls: list[str] = field(default_factory=list)

    def answer(self, run: Run) -> str:
        found = self._step(run, "retrieve", self.finds, Note(text="query"), k=self.k)
        if self.asks:
            found = self._step(run, "ask", "what a model says", found, external=True)
        task = Task(
            "read",
            lambda: self._step(run, "passage", f"claims of {found.text}", found),
            returns=Note,
            inputs={"found": found},
            by=Scribe(),
        )
        read = run.step(task)
        return self._step(run, "choose", "B", read).text

    def _step(self, run: Run, kind: str, says: str, given: Note, *, external: bool = False, **parameters: int) -> Note:
        def call() -> Note:
            self.calls.append(kind)
            return Note(text=says)

        task = Task(
            kind,
            call,
            returns=Note,
            inputs={"given": given},
            by=Scribe(),
            parameters=parameters,
            effect="reads_external" if external else "pure",
        )
        return run.step(task)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        Ward().answer(Live.begin(opened, "run", ORDER))
        Ward(asks=True).answer(Live.begin(opened, "asked", ORDER))
        yield opened


def probed(journal: Journal, ward: Ward, run: str = "run") -> str | None:
    """What is affected; nothing must have been written to find out."""
    before = journal.heads()
    probe = Probe(journal, run, recorded_work(journal, run))
    found = affected(lambda: ward.answer(probe))
    assert journal.heads() == before
    return found


def test_nothing_changed_affects_nothing_and_calls_nothing(journal: Journal) -> None:
    ward = Ward()
    assert probed(journal, ward) is None
    assert ward.calls == []


def test_the_first_step_that_comes_out_otherwise_is_named_and_nothing_after_it_is_done(journal: Journal) -> None:
    ward = Ward(k=5, finds="other hits")
    assert probed(journal, ward) == "retrieve[1]"
    assert ward.calls == ["retrieve"]


def test_a_step_that_is_done_otherwise_and_comes_out_the_same_affects_nothing(journal: Journal) -> None:
    ward = Ward(k=5)
    assert probed(journal, ward) is None
    assert ward.calls == ["retrieve"]


def test_a_change_within_a_step_is_found_there(journal: Journal) -> None:
    def nested(run: Run, word: str) -> None:
        def outer() -> Note:
            given = {"returns": Note, "inputs": {}, "by": Scribe(), "parameters": {"word": word}}
            run.step(Task("passage", lambda: Note(text=f"read as {word}"), **given))  # type: ignore[arg-type]
            return Note(text="all the same")

        run.step(Task("read", outer, returns=Note, inputs={}, by=Scribe(), parameters={"word": word}))

    nested(Live.begin(journal, "nested", ORDER), "then")
    memory = recorded_work(journal, "nested")
    assert affected(lambda: nested(Probe(journal, "nested", memory), "then")) is None
    assert affected(lambda: nested(Probe(journal, "nested", memory), "now")) == "read[1]/passage[1]"


def test_what_would_have_to_be_asked_outside_counts_as_affected_and_is_not_asked(journal: Journal) -> None:
    same, new = Ward(asks=True), Ward(asks=True)
    assert probed(journal, same, "asked") is None
    assert probed(journal, new, "run") == "ask[1]"
    assert new.calls == []


def test_a_step_that_the_recorded_run_had_not_is_a_change(journal: Journal) -> None:
    class Longer(Ward):
        def answer(self, run: Run) -> str:
            return self._step(run, "check", "fine", Note(text=super().answer(run))).text

    assert probed(journal, Longer()) == "check[1]"
