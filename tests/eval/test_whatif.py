"""What if? Exactly the runs that something would change in are done again; the others leave no record of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ward import DRUGS, HIGH, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.agent.model import Answer, Choice, Synthesis
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.rerun.fork_record import Fork
from evitrail.eval.rerun.whatif import WhatIf, came_across, impact, whatif
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import RETRIEVERS, Clean
from evitrail.retrieval.base import Retrieved
from evitrail.traces import Journal, Trace, content_id, verify_journal

MODERATE = Grade(certainty="moderate", study_design="randomized", downgrades={"imprecision": -1})


@dataclass
class Counting:
    """Passes the gates, and keeps what it was asked."""

    asked: list[str]

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        self.asked.append(query)
        return Clean().search(query, snapshot, k)

    def __repr__(self) -> str:
        return "Counting()"


class Ward:
    """Two questions, each with advice of its own and a letter that is less sure and says C."""

    def __init__(self, journal: Journal, store: EvidenceStore, retriever: Counting) -> None:
        self.journal = journal
        self.store = store
        self.retriever = retriever
        self.reader = WardReader()

    def ask(self, **changes: Any) -> WhatIf:
        self.retriever.asked.clear()
        self.reader.calls.clear()
        return whatif(self.journal, changes, self.store, self.reader)

    def forks(self) -> list[str]:
        return [run for run in self.journal.runs() if "~" in run]


def letter(drug: str) -> Any:
    return advice(drug, "C", id=f"{drug}-letter", grade=MODERATE)


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    counting = Counting([])
    monkeypatch.setitem(RETRIEVERS, "counting", counting)
    with opened(tmp_path) as store:
        for drug in DRUGS[:2]:
            store.ingest([advice(drug, "B", grade=HIGH), letter(drug)])
        arms = [arm("gates", retriever="counting"), arm("book", agent="closed_book", retriever=None)]
        assert ask(tmp_path / "x", store, [case(drug) for drug in DRUGS[:2]], arms, WardReader()) == []
        with Journal.open(tmp_path / "x" / JOURNAL) as journal:
            yield Ward(journal, store, counting)


def flipped(answered: WhatIf) -> dict[str, tuple[str | None, str | None]]:
    return {flip.run: (flip.before, flip.after) for flip in answered.affected if flip.flipped}


def test_retracting_what_an_answer_rests_on_flips_that_answer_and_no_other(ward: Ward) -> None:
    answered = ward.ask(retract=["apixaban@1"])
    assert answered.asked == 4
    assert flipped(answered) == {"gates.q-apixaban": ("B", "C")}


def test_only_affected_runs_are_forked_and_the_others_leave_no_record(ward: Ward) -> None:
    before = ward.journal.heads()
    answered = ward.ask(retract=["apixaban@1"])
    affected = {flip.run for flip in answered.affected}
    after = ward.journal.heads()
    assert set(after) - set(before) == {flip.fork for flip in answered.affected} == set(ward.forks())
    assert {run: after[run] for run in before} == before
    assert all(Trace(ward.journal, fork).parent in affected for fork in ward.forks())


def test_a_run_that_never_came_across_the_version_is_not_even_searched_again(ward: Ward) -> None:
    ward.store.ingest([advice("insulin", "B", text="Sliding scales are discouraged.", title="Sugar")])
    before = ward.journal.heads()
    assert ward.ask(retract=["insulin@1"]).affected == ()
    assert (ward.retriever.asked, ward.reader.calls) == ([], [])
    assert ward.journal.heads() == before


def test_a_run_that_is_asked_and_unaffected_leaves_no_record_either(ward: Ward) -> None:
    before = ward.journal.heads()
    answered = ward.ask(as_of="2019-06-01")
    assert answered.affected == ()
    assert len(ward.retriever.asked) == 2
    assert ward.reader.calls == []
    assert ward.journal.heads() == before


def test_a_choice_that_certainty_decided_flips_when_it_is_graded_otherwise(ward: Ward) -> None:
    assert flipped(ward.ask(grade={"apixaban@1": "very_low"})) == {"gates.q-apixaban": ("B", "C")}
    same = ward.ask(grade={"apixaban@1": "high"})
    assert ({flip.run for flip in same.affected}, flipped(same)) == ({"gates.q-apixaban"}, {})


def test_a_later_snapshot_flips_what_was_published_since(ward: Ward) -> None:
    newer = {"valid_from": date(2019, 1, 1), "published": date(2019, 1, 1), "grade": HIGH}
    ward.store.ingest([advice("heparin", "D", "2", supersedes="heparin@1", **newer)])
    assert flipped(ward.ask(seq=ward.store.seq)) == {"gates.q-heparin": ("B", "D")}


def test_another_day_flips_what_was_not_in_force_then(ward: Ward) -> None:
    newer = {"valid_from": date(2021, 1, 1), "published": date(2019, 1, 1), "grade": HIGH}
    ward.store.ingest([advice("heparin", "D", "2", supersedes="heparin@1", **newer)])
    seq = ward.store.seq
    assert flipped(ward.ask(seq=seq)) == {}
    assert flipped(ward.ask(seq=seq, as_of="2022-01-01")) == {"gates.q-heparin": ("B", "D")}


def test_a_later_snapshot_is_asked_even_where_what_is_supposed_plays_no_part(ward: Ward) -> None:
    newer = {"valid_from": date(2019, 1, 1), "published": date(2019, 1, 1), "grade": HIGH}
    ward.store.ingest([advice("heparin", "D", "2", supersedes="heparin@1", **newer)])
    answered = ward.ask(seq=ward.store.seq, retract=["apixaban@1"])
    assert flipped(answered) == {"gates.q-heparin": ("B", "D"), "gates.q-apixaban": ("B", "C")}


def test_a_flip_is_a_stored_run_that_says_what_was_supposed(ward: Ward) -> None:
    (flip,) = (f for f in ward.ask(retract=["apixaban@1"]).affected if f.flipped)
    trace = Trace(ward.journal, flip.fork)
    said = trace.output(Answer)
    assert said is not None
    assert (said.option, flip.step, flip.answer) == (flip.after, "retrieve[1]", "B")
    assert trace.config(Fork) == Fork(of=flip.run, changes={"retract": ["apixaban@1"]})
    assert verify_journal(ward.journal).sound


def test_asking_twice_forks_once(ward: Ward) -> None:
    once = ward.ask(retract=["apixaban@1"])
    before = ward.journal.heads()
    assert ward.ask(retract=["apixaban@1"]) == once
    assert ward.journal.heads() == before


def test_a_version_that_the_store_does_not_hold_is_refused_before_anything_is_asked(ward: Ward) -> None:
    before = ward.journal.heads()
    for changes in ({"retract": ["apixaban@9"]}, {"grade": {"apixaban@9": "low"}}):
        with pytest.raises(ValueError, match="apixaban@9"):
            ward.ask(**changes)
    assert (ward.retriever.asked, ward.journal.heads()) == ([], before)


def test_progress_counts_up_to_the_runs_that_were_asked(ward: Ward) -> None:
    told: list[tuple[int, int]] = []
    changes = {"retract": ["apixaban@1"]}
    whatif(ward.journal, changes, ward.store, ward.reader, progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 4) for done in range(5)]


def test_what_the_gates_held_back_was_come_across_too(ward: Ward) -> None:
    trace = Trace(ward.journal, "gates.q-apixaban")
    said = trace.output(Answer)
    assert said is not None
    assert said.rests_on == ("apixaban@1",)
    assert {"apixaban@1", "apixaban-letter@1"} <= came_across(trace)
    assert came_across(Trace(ward.journal, "book.q-apixaban")) == set()


@pytest.mark.parametrize("seed", range(3))
def test_impact_lists_exactly_the_answers_whose_choice_used_a_claim_from_the_version(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    with opened(tmp_path) as store:
        for drug in DRUGS:
            grades = {"grade": dice.choice((HIGH, LOW, None))}
            store.ingest(
                advice(drug, dice.choice("ABCD"), id=f"{drug}-{n}", **grades) for n in range(dice.randint(0, 3))
            )
        arms = [arm(f"k{k}", k=k) for k in (1, 4)]
        ask(tmp_path / "x", store, [case(drug) for drug in DRUGS], arms, WardReader())
        refs = sorted(store.headers)
    with Journal.open(tmp_path / "x" / JOURNAL, create=False) as journal:
        expected = {ref: {trace.run for trace in traces(journal) if ref in used(trace)} for ref in refs}
        assert {ref: {trace.run for trace, _ in impact(journal, ref)} for ref in refs} == expected
        assert any(expected.values())
        assert not all(expected.values())


def used(trace: Trace) -> set[str]:
    """The versions that a choice used a claim from, read from its record by hand."""
    outputs = {a.kind: a.output for a in trace.activities}
    choice = trace.journal.get(outputs["choose"], Choice)
    claims = trace.journal.get(outputs["synthesise"], Synthesis).claims
    return {claim.passage.split("#")[0] for claim in claims if content_id(claim) in choice.claims}
