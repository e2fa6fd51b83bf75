"""Every blame is told in one sentence that names who did what, the repair, and the re-runs that show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from blames import blamed as record
from ward import LOOP, NEW, OLD, STALE, WardReader, advice, arm, blame, case, wrong

from evitrail.eval.attribution import ABSTENTIONS, FAULTS
from evitrail.eval.attribution.record.sentence import FAILURE, REASONS, sentence
from evitrail.eval.attribution.record.taxonomy import CONFIRMED, REPAIRS
from evitrail.eval.attribution.roles.role import Break
from evitrail.evidence_store import EvidenceStore

STALE_HIT = Break(
    "retrieve", "retrieve[1]", "served stroke@2013, superseded since 2017-02-01, and the answer rests on it", "S2"
)


def told(*culprit: str, breaks: tuple[Break, ...] = (), served: tuple[str, ...] = (), **changes: Any) -> str:
    """The sentence of a record with this culprit."""
    given: dict[str, Any] = {"fixed": (8, 8), "n": 8, "fault_code": "R1" if culprit else None}
    given |= {"minimal_repair_sets": tuple((player,) for player in culprit)} | changes
    one = record(*(player.partition("[")[0] for player in culprit), **given)
    return sentence(one.model_copy(update={"culprit": culprit}), breaks, served)


def test_a_stale_hit_is_told_with_its_date_its_successor_and_the_re_runs() -> None:
    said = told("retrieve[1]", breaks=(STALE_HIT,), served=("stroke@2017",), fault_code="S2", shamed=(0, 8))
    assert said == (
        "retrieve[1] served stroke@2013, superseded since 2017-02-01, and the answer rests on it; serving stroke@2017 "
        "instead prevents the wrong answer (8 of 8 re-runs; 0 of 8 with a random change of the same size)."
    )


def test_a_deterministic_run_needs_one_re_run_and_says_so() -> None:
    said = told("synthesise[1]", fault_code="Y2", fixed=(1, 1), n=1)
    assert said.endswith("prevents the wrong answer (in a re-run; the run is deterministic).")


def test_a_repair_that_does_not_always_work_is_not_said_to() -> None:
    assert "mostly prevents the wrong answer (7 of 8 re-runs)" in told("choose[1]", fault_code="C1", fixed=(7, 8))


def test_either_of_two_and_both_together_are_told_apart() -> None:
    either = told("critique[1]", "retrieve[1]", fault_code="K1")
    assert "repairing either of them alone prevents" in either
    both = told("synthesise[1]", "choose[1]", minimal_repair_sets=(("synthesise[1]", "choose[1]"),))
    assert "repairing both together prevents" in both
    mixed = told("store", "retrieve[1]", "choose[1]", minimal_repair_sets=(("store",), ("retrieve[1]", "choose[1]")))
    assert "repairing the store, or retrieve[1] and choose[1] prevents" in mixed


def test_a_contract_alone_says_that_no_re_run_shows_it() -> None:
    gap = Break("store", "store", "does not hold stroke@2017, which decides the question", "S1")
    said = told("store", breaks=(gap,), fault_code="S1", tier="T2", fixed=None, rule="its contract alone")
    assert said == (
        "The store does not hold stroke@2017, which decides the question. No re-run shows that repairing it prevents "
        "the wrong answer: its contract alone."
    )


@pytest.mark.parametrize("code", ABSTENTIONS)
def test_an_abstention_says_that_nobody_is_blamed_and_why(code: str) -> None:
    said = told(abstain_reason=f"{code}: {ABSTENTIONS[code]}", outcome="unsafe")
    assert said == f"Nobody is blamed for the unsafe answer: {REASONS[code]}." or code == "U1"
    assert said.startswith("Nobody is blamed for the unsafe answer: ")


def test_an_abstention_names_the_labels_that_are_missing_and_the_re_runs_of_a_fluke() -> None:
    reason = f"U2: {ABSTENTIONS['U2']} (labels are missing: clean_evidence (the evidence that decides it))"
    assert told(abstain_reason=reason) == (
        "Nobody is blamed for the wrong answer: labels are missing: clean_evidence (the evidence that decides it)."
    )
    fluke = told(abstain_reason=f"U1: {ABSTENTIONS['U1']}", p_rep=0.125, fresh=8)
    assert fluke == "Nobody is blamed for the wrong answer: it was a fluke, 1 of 8 fresh re-runs fail."


def test_every_code_has_a_repair_every_reason_and_failure_its_words() -> None:
    assert REPAIRS.keys() == CONFIRMED.keys()
    assert CONFIRMED.keys() <= FAULTS.keys()
    assert REASONS.keys() == ABSTENTIONS.keys()
    assert all(FAILURE.values())


def test_the_sentence_of_a_real_run_names_what_was_served(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([OLD, NEW])
    one = wrong(blame(tmp_path / "x", store, WardReader(), asked=STALE))
    assert one.sentence.startswith("retrieve[1] served apixaban@0, superseded since 2018-01-01, and the answer rests")
    assert (
        "serving apixaban@1 instead prevents the wrong answer (in a re-run; the run is deterministic)" in one.sentence
    )


WORLDS: dict[str, tuple[WardReader, dict[str, Any]]] = {
    "misread": (WardReader(misread="C"), {}),
    "blind": (WardReader(blind=True), {}),
    "insists": (WardReader(insists="A"), {}),
    "unseeing": (WardReader(), {"condition": arm(retriever="unseeing")}),
    "loop": (WardReader(misread="C"), {"condition": LOOP}),
    "unlabelled": (WardReader(misread="C"), {"asked": case("apixaban", clean_evidence=())}),
}


@pytest.mark.parametrize("name", WORLDS)
def test_every_failed_run_has_a_sentence_about_its_own_failure(name: str, tmp_path: Path, store: EvidenceStore) -> None:
    reader, given = WORLDS[name]
    store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="apixaban-note")])
    found = blame(tmp_path / "x", store, reader, **given)
    assert found
    for one in found:
        assert one.sentence.endswith(".")
        assert FAILURE[one.outcome] in one.sentence
        assert all(player in one.sentence or player in ("store", "budget") for player in one.culprit)
