"""A gate is worth what leaving it out costs, measured on stored forks that no report counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from ward import HIGH, WardReader, advice, arm, ask, case, opened

from evitrail.eval.log.runs import JOURNAL, outcomes
from evitrail.eval.rerun.fork_record import Fork
from evitrail.eval.rerun.gate_ablation import Ablated, MetricChange, ablate_gates
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.grading.grade import Grade
from evitrail.retrieval import RETRIEVERS, Clean
from evitrail.retrieval.gates import GATES
from evitrail.traces import Journal, Trace, verify_journal

MODERATE = Grade(certainty="moderate", study_design="randomized", downgrades={"imprecision": -1})
EXPIRED = advice("apixaban", "C", id="apixaban-note", grade=HIGH, valid_to=date(2018, 1, 1))
WITHDRAWN = advice("heparin", "C", id="heparin-letter", grade=HIGH)
WRONG = advice("warfarin", "C", grade=MODERATE)
CASES = [
    case("apixaban", outdated_evidence=("apixaban-note@1",), meta={"stale_option": "C"}),
    case("heparin"),
    case("insulin"),
    case("warfarin"),
]


class Ward:
    """Four questions: an expired note misleads on one, a withdrawn letter on another, and one is lost anyway."""

    def __init__(self, journal: Journal, store: EvidenceStore) -> None:
        self.journal = journal
        self.store = store
        self.reader = WardReader()

    def ablate(self) -> dict[str | None, Ablated]:
        return {row.left_out: row for row in ablate_gates(self.journal, self.store, self.reader)}


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    with opened(tmp_path) as store:
        store.ingest([advice(drug, "B", grade=MODERATE) for drug in ("apixaban", "heparin", "insulin")])
        store.ingest([EXPIRED, WITHDRAWN, WRONG])
        store.retract("heparin-letter@1", "fabricated")
        arms = [arm("gated", retriever="clean"), arm("standard")]
        assert ask(tmp_path / "x", store, CASES, arms, WardReader()) == []
        with Journal.open(tmp_path / "x" / JOURNAL) as journal:
            yield Ward(journal, store)


def test_the_whole_comes_first_and_then_each_gate_in_the_order_they_are_passed(ward: Ward) -> None:
    assert list(ward.ablate()) == [None, *GATES]


def test_a_gate_is_worth_the_case_that_is_lost_without_it(ward: Ward) -> None:
    rows = ward.ablate()
    assert rows[None].metrics["accuracy"] == MetricChange(0.75)
    for gate in ("retracted", "as_of"):
        accuracy = rows[gate].metrics["accuracy"]
        assert (accuracy.value, accuracy.difference, rows[gate].moved) == pytest.approx((0.5, -0.25, 1))


def test_staleness_and_contradiction_are_told_apart_from_accuracy(ward: Ward) -> None:
    rows = ward.ablate()
    assert rows["as_of"].metrics["stale_rate"].difference == 1
    assert rows["retracted"].metrics["stale_rate"].difference == 0
    assert rows["retracted"].metrics["contradiction_rate"].difference == 0.25


def test_the_interval_is_of_the_paired_difference(ward: Ward) -> None:
    rows = ward.ablate()
    lost, same = rows["as_of"].metrics["accuracy"], rows["near"].metrics["accuracy"]
    assert lost.lo is not None
    assert lost.hi is not None
    assert -1 <= lost.lo < -0.25 < lost.hi <= 0
    assert same.lo is not None
    assert same.hi is not None
    assert same.lo < same.difference == 0 < same.hi, "no difference in four cases does not show that there is none"


def test_every_run_without_a_gate_is_a_fork_that_can_be_opened_and_that_no_report_counts(ward: Ward) -> None:
    before = outcomes(ward.journal)
    ward.ablate()
    assert outcomes(ward.journal) == before
    forks = [Trace(ward.journal, name).config(Fork) for name in ward.journal.runs() if "~" in name]
    assert {fork.of for fork in forks} == {f"gated.{one.id}" for one in CASES}
    left = [(set(GATES) - set(fork.changes["gates"])).pop() for fork in forks]
    assert sorted(left) == sorted([*GATES] * len(CASES))
    assert verify_journal(ward.journal).sound


def test_a_gate_that_a_run_never_passed_is_not_left_out_of_it(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RETRIEVERS, "clean", Clean(gates=("as_of", "near")))
    assert ask(tmp_path / "two", ward.store, CASES, [arm("gated", retriever="clean")], WardReader()) == []
    with Journal.open(tmp_path / "two" / JOURNAL) as journal:
        rows = {row.left_out: row for row in ablate_gates(journal, ward.store, ward.reader)}
        forks = [Trace(journal, name).config(Fork) for name in journal.runs() if "~" in name]
    assert {tuple(fork.changes["gates"]) for fork in forks} == {("near",), ("as_of",)}
    assert {rows[gate].metrics["accuracy"].difference for gate in GATES if gate not in ("as_of", "near")} == {0}
    assert rows["as_of"].moved == 1


def test_asking_twice_gives_the_same_and_writes_nothing_new(ward: Ward) -> None:
    first, heads = ward.ablate(), ward.journal.heads()
    ward.reader.calls.clear()
    assert ward.ablate() == first
    assert ward.journal.heads() == heads
    assert ward.reader.calls == []


def test_an_experiment_that_was_not_asked_behind_gates_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([advice("insulin", "B")])
        ask(tmp_path / "x", store, [case("insulin")], [arm("standard")], WardReader())
        with Journal.open(tmp_path / "x" / JOURNAL) as journal, pytest.raises(ValueError, match="runs of 'gated'"):
            ablate_gates(journal, store, WardReader())
