"""Blame on small worlds where the fault is known by construction: the step is named, or nobody is, with a reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ward import (
    HIGH,
    LOOP,
    NEW,
    OLD,
    STALE,
    WardReader,
    advice,
    arm,
    ask,
    blame,
    blamed,
    case,
    wrong,
)

from evitrail.eval.attribution import ABSTENTIONS
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.evidence_store import EvidenceStore


def test_a_run_that_did_not_fail_is_not_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    assert blame(tmp_path / "x", store, WardReader()) == []


def test_a_reader_that_misreads_is_blamed_at_synthesis(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(misread="C")))
    assert (one.roles, one.culprit, one.fault_code, one.tier) == (("synthesise",), ("synthesise[1]",), "Y2", "T1")
    assert (one.phi["synthesise"].value, one.phi["synthesise"].lo, one.phi["synthesise"].hi) == (1, 1, 1)
    assert (one.n, one.p_rep, one.v_none, one.persistence) == (1, 1, 0, "systematic")
    assert one.minimal_repair_sets == (("synthesise",),)
    assert one.necessity["synthesise"] == one.sufficiency["synthesise"] == one.responsibility["synthesise"] == 1
    assert one.abstain_reason is None


def test_a_reader_that_finds_nothing_in_what_it_is_given_is_blamed_for_the_omission(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(blind=True)))
    assert (one.roles, one.fault_code) == (("synthesise",), "Y1")


def test_a_chooser_that_ignores_the_claims_is_blamed_at_choosing(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(insists="A")))
    assert (one.roles, one.culprit, one.fault_code) == (("choose",), ("choose[1]",), "C1")


def test_a_retriever_that_misses_the_evidence_is_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="apixaban-note")])
    one = wrong(blame(tmp_path / "x", store, WardReader(), condition=arm(retriever="unseeing")))
    assert (one.roles, one.culprit, one.fault_code) == (("retrieve",), ("retrieve[1]",), "R1")


def test_a_cut_off_just_above_the_evidence_is_told_from_a_miss(tmp_path: Path, store: EvidenceStore) -> None:
    nearer = "What is the advice? A patient takes apixaban. For apixaban the advice is option C."
    store.ingest([advice("apixaban", "B"), advice("apixaban", "C", id="apixaban-note", text=nearer)])
    one = wrong(blame(tmp_path / "x", store, WardReader(), condition=arm(k=1)))
    assert (one.roles, one.fault_code) == (("retrieve",), "R2")


def test_an_old_version_served_beside_the_new_one_is_named(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([OLD, NEW])
    one = wrong(blame(tmp_path / "x", store, WardReader(), asked=STALE))
    assert (one.roles, one.fault_code, one.records) == (("retrieve",), "S2", ("apixaban@0",))
    assert (one.phi["store"].value, one.phi["retrieve"].value) == (0.5, 0.5)
    assert set(one.minimal_repair_sets) == {("store",), ("retrieve",)}
    assert any("served what was not in force: apixaban@0" in said for said in one.contract_breaks)


def test_a_store_with_nothing_current_is_blamed_for_the_harm_its_old_version_does(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([OLD])
    asked = STALE.model_copy(update={"clean_evidence": ()})
    found = {one.outcome: one for one in blame(tmp_path / "x", store, WardReader(), asked=asked)}
    assert (found["high_risk"].roles, found["high_risk"].fault_code) == (("store",), "S1")
    assert found["high_risk"].records == ("apixaban@0",)
    assert found["wrong"].roles == (), "no step could have given the answer"
    assert (found["wrong"].abstain_reason or "").startswith("U2")


def test_a_critique_that_accepts_too_early_is_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    near = [
        advice("apixaban", "C", id=f"apixaban-note-{n}", text="A patient takes apixaban. What is the advice?")
        for n in range(3)
    ]
    store.ingest([*near, advice("apixaban", "B", title="Anticoagulant", text="For apixaban the advice is option B.")])
    reader = WardReader(accepts=True, query="option B")
    one = wrong(blame(tmp_path / "x", store, reader, condition=LOOP))
    assert (one.roles, one.fault_code) == (("retrieve",), "R2"), "the first of the two that broke its promise"
    assert one.necessity["retrieve"] == one.necessity["critique"] == 1


def test_a_wrong_answer_without_a_book_cannot_be_blamed_but_its_harm_can(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    reader = WardReader(guesses="A")
    found = {b.outcome: b for b in blame(tmp_path / "x", store, reader, condition=CONDITIONS["closed_book"])}
    assert {"wrong", "high_risk", "unsafe"} <= set(found)
    assert (found["wrong"].roles, found["wrong"].fault_code, found["wrong"].v_none) == ((), None, 1)
    assert found["wrong"].abstain_reason == f"U2: {ABSTENTIONS['U2']}"
    assert (found["unsafe"].roles, found["unsafe"].fault_code) == (("choose",), "C3")
    assert set(found["unsafe"].phi) == {"synthesise", "choose"}


def test_a_case_without_any_labelled_evidence_is_abstained_from(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(), asked=case("apixaban", clean_evidence=(), answer="D")))
    assert (one.roles, one.v_none, one.abstain_reason) == ((), 1, f"U2: {ABSTENTIONS['U2']}")


def test_evidence_that_came_later_changes_no_blame(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([OLD, NEW])
    before = blame(tmp_path / "x", store, WardReader(), asked=STALE)
    ask(tmp_path / "y", store, [STALE], [arm()], WardReader())
    later = {"supersedes": "apixaban@1", "valid_from": date(2019, 1, 1), "published": date(2019, 1, 1)}
    store.ingest([advice("apixaban", "B", "2", grade=HIGH, **later), advice("apixaban", "B", id="apixaban-note")])
    assert blamed(tmp_path / "y", store, WardReader()) == before


def test_curated_evidence_leaves_the_store_out_of_the_game(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(misread="C"), condition=CONDITIONS["clean"]))
    assert set(one.phi) == {"retrieve", "synthesise", "choose"}
    assert one.roles == ("synthesise",)


def test_a_reader_that_is_not_deterministic_is_replayed_and_gets_an_interval(
    tmp_path: Path, store: EvidenceStore
) -> None:
    store.ingest([advice("apixaban", "B"), advice("apixaban", "D", id="apixaban-old", valid_to=date(2018, 1, 1))])
    reader = WardReader(slip_rate=0.8, deterministic=False)
    one = wrong(blame(tmp_path / "x", store, reader))
    assert (one.n, one.roles) == (8, ("synthesise",))
    share = one.phi["synthesise"]
    assert 0.05 < share.lo < share.value <= share.hi
    assert share.hi - share.lo > 0.2


def test_a_reader_that_only_claims_to_be_deterministic_is_found_out(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(slips={1: "C", 2: "A", 3: "D"})))
    assert (one.n, one.p_rep) == (8, 1)


def test_a_failure_that_does_not_come_back_is_a_fluke(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(slips={1: "C"}, deterministic=False)))
    assert (one.p_rep, one.persistence, one.roles, one.culprit) == (0, "flaky", (), ())
    assert one.abstain_reason == f"U1: {ABSTENTIONS['U1']}"
