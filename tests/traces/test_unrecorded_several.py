"""An unrecorded run reuses what another run recorded as well, of its own journal or another, patient data or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from scribe import Note, Order, Scribe

from evitrail.traces import Journal, Live, Run, Task
from evitrail.traces.run.live import BlockedEffect
from evitrail.traces.run.memory import Memory, recorded_work
from evitrail.traces.run.unrecorded import OtherRun, Unrecorded


@dataclass
class Ward:
    """Retrieve, read passage by passage, and choose; counts the calls."""

    k: int = 10
    seed: int = 0
    writes: bool = False
    calls: list[str] = field(default_factory=list)

    def answer(self, run: Run) -> str:
        found = self._step(run, "retrieve", f"{self.k} hits", Note(text="query"), k=self.k)

        def read() -> Note:
            self.calls.append("read")
            texts = [self._step(run, "passage", f"claim {n}", Note(text=str(n))).text for n in range(2)]
            return Note(text=f"{found.text}: {', '.join(texts)}")

        said = run.step(Task("read", read, returns=Note, inputs={"found": found}, by=Scribe()))
        return self._step(run, "choose", f"B of {said.text}", said, seed=self.seed).text

    def _step(self, run: Run, kind: str, says: str, given: Note, **parameters: int) -> Note:
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
            effect="writes_external" if self.writes and kind == "choose" else "pure",
        )
        return run.step(task)


@pytest.fixture(params=[False, True], ids=["plain", "patient data"])
def journal(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.db") as opened:
        Ward().answer(Live.begin(opened, "one", Order(words=()), sensitive=request.param))
        Ward(k=5).answer(Live.begin(opened, "other", Order(words=()), sensitive=request.param))
        yield opened


def done(journal: Journal, ward: Ward, memory: Memory | None = None) -> tuple[str, list[str], int]:
    """The answer, the calls it took, and how many steps they were in; nothing is written."""
    before = journal.heads()
    known = recorded_work(journal, "one") if memory is None else memory
    run = Unrecorded(journal, "one", known, others=[OtherRun.of(journal, "other")])
    ward.calls.clear()
    said = ward.answer(run)
    assert journal.heads() == before
    return said, list(ward.calls), run.executed


def test_a_run_that_is_done_as_it_was_is_reused_whole(journal: Journal) -> None:
    assert done(journal, Ward()) == ("B of 10 hits: claim 0, claim 1", [], 0)


def test_work_of_the_other_run_is_reused(journal: Journal) -> None:
    assert done(journal, Ward(k=5)) == ("B of 5 hits: claim 0, claim 1", [], 0)


def test_work_of_another_journal_is_reused(journal: Journal, tmp_path: Path) -> None:
    with Journal.open(tmp_path / "elsewhere.db") as elsewhere:
        Ward(k=7).answer(Live.begin(elsewhere, "one", Order(words=())))
        ward = Ward(k=7)
        run = Unrecorded(journal, "one", recorded_work(journal, "one"), others=[OtherRun.of(elsewhere, "one")])
        assert (ward.answer(run), ward.calls) == ("B of 7 hits: claim 0, claim 1", [])


def test_only_what_changed_is_done_and_steps_within_a_changed_one_are_still_found(journal: Journal) -> None:
    assert done(journal, Ward(seed=1)) == ("B of 10 hits: claim 0, claim 1", ["choose"], 1)
    assert done(journal, Ward(k=3)) == ("B of 3 hits: claim 0, claim 1", ["retrieve", "read", "choose"], 3)


def test_what_one_unrecorded_run_did_the_next_one_reuses(journal: Journal) -> None:
    memory = recorded_work(journal, "one")
    first = done(journal, Ward(k=3), memory)
    assert done(journal, Ward(k=3), memory) == (first[0], [], 0)


def test_a_step_that_would_write_outside_is_refused_unless_it_was_recorded(journal: Journal) -> None:
    assert done(journal, Ward(writes=True))[1] == []
    with pytest.raises(BlockedEffect, match=r"choose\[1\].* writes externally"):
        done(journal, Ward(k=3, writes=True))
