"""Blame on small worlds where the fault is known by construction: the step is named, or nobody is, with a reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from erring import Missing
from faulty import ASKED, DECIDES, GOLD, NOTE, NOTED, STRANGER, WORDED, Faulty, happened
from ward import HIGH, LOW, NEW, OLD, STALE, WardReader, advice, arm, ask, blame, blamed, wrong

from evitrail.eval.attribution import ABSTENTIONS
from evitrail.eval.plan.condition import CONDITIONS
from evitrail.evidence_store import EvidenceStore
from evitrail.retrieval import BM25


def test_a_run_that_did_not_fail_is_not_blamed(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    assert blame(tmp_path / "x", store, WardReader()) == []


def test_a_reader_that_misreads_is_blamed_at_synthesis(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([GOLD], WardReader(misread="C"))).wrong
    assert (one.roles, one.culprit, one.fault_code, one.tier) == (("synthesise",), ("synthesise[1]",), "Y2", "T1")
    share = one.phi["synthesise[1]"]
    assert (share.value, share.lo, share.hi) == (1, 1, 1)
    assert (one.n, one.p_rep, one.persistence) == (1, 1, "systematic")
    assert one.v_none is None, "repairing it was enough, so that the others were not repaired too"
    assert one.minimal_repair_sets == (("synthesise[1]",),)
    assert one.necessity["synthesise[1]"] == one.sufficiency["synthesise[1]"] == 1
    assert one.responsibility["synthesise[1]"] == 1
    assert (one.abstain_reason, one.fixed, one.oracle_leak) == (None, (1, 1), "evidence")


def test_a_reader_that_finds_nothing_in_what_it_is_given_is_blamed_for_the_omission(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([GOLD], WardReader(blind=True))).wrong
    assert (one.culprit, one.fault_code) == (("synthesise[1]",), "Y1")


def test_a_chooser_that_ignores_the_claims_is_blamed_at_choosing(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([GOLD], WardReader(insists="A"))).wrong
    assert (one.roles, one.culprit, one.fault_code) == (("choose",), ("choose[1]",), "C1")


def test_a_retriever_that_misses_the_evidence_is_blamed(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([GOLD, NOTE], asked=NOTED, retriever=Missing(BM25(), DECIDES))).wrong
    assert (one.roles, one.culprit, one.fault_code) == (("retrieve",), ("retrieve[1]",), "R1")


def test_a_miss_and_a_stranger_that_says_the_wrong_thing_are_blamed_together(tmp_path: Path) -> None:
    both = [advice("apixaban", "B"), STRANGER]
    one = happened(tmp_path, Faulty(both, asked=WORDED, retriever=Missing(BM25(), DECIDES))).wrong
    assert set(one.culprit) == {"store", "retrieve[1]"}
    assert one.minimal_repair_sets == (("store", "retrieve[1]"),)
    assert one.responsibility == {"store": 0.5, "retrieve[1]": 0.5}


def test_a_cut_off_just_above_the_evidence_is_told_from_a_miss(tmp_path: Path) -> None:
    nearer = NOTE.model_copy(update={"text": f"{ASKED.stem} {NOTE.text}"})
    one = happened(tmp_path, Faulty([GOLD, nearer], asked=NOTED, k=1)).wrong
    assert (one.culprit, one.fault_code) == (("retrieve[1]",), "R2")


def test_an_old_version_served_beside_the_new_one_is_the_searchs_where_the_store_knew(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([OLD, NEW], asked=STALE)).wrong
    assert (one.culprit, one.fault_code, one.records) == (("retrieve[1]",), "S2", ("apixaban@0",))
    assert any(said.startswith("retrieve[1]: served") and "apixaban@0" in said for said in one.contract_breaks)


def test_an_old_version_that_misled_nobody_is_no_defect(tmp_path: Path) -> None:
    old, new = OLD.model_copy(update={"grade": LOW}), NEW.model_copy(update={"grade": HIGH})
    told = happened(tmp_path, Faulty([old, new], WardReader(insists="A"), STALE))
    assert (told.wrong.culprit, told.codes("retrieve[1]")) == (("choose[1]",), set())


def test_where_only_the_old_version_is_there_the_gap_and_the_harm_are_told_apart(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([OLD], asked=STALE))
    assert (told.wrong.culprit, told.wrong.tier, told.wrong.fault_code) == (("store",), "T2", "S1")
    harm = told.of("high_risk")
    assert (harm.culprit, harm.tier, harm.fault_code) == (("retrieve[1]",), "T1", "S2")
    assert harm.records == ("apixaban@0",), "without it there is no harm"


def test_a_critique_that_accepts_too_early_comes_before_the_search_whose_miss_it_let_pass(tmp_path: Path) -> None:
    near = [advice("apixaban", "C", id=f"apixaban-note-{n}", text=ASKED.stem) for n in range(3)]
    decides = advice("apixaban", "B", title="Anticoagulant")
    one = happened(
        tmp_path, Faulty([*near, decides], WardReader(accepts=True, query="option B"), agent="agentic")
    ).wrong
    assert (one.culprit, one.fault_code) == (("critique[1]", "retrieve[1]"), "K1")
    assert one.necessity["retrieve[1]"] == one.necessity["critique[1]"] == 1


def test_a_wrong_answer_without_a_book_cannot_be_blamed_but_its_harm_can(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    reader = WardReader(guesses="A")
    found = {b.outcome: b for b in blame(tmp_path / "x", store, reader, condition=CONDITIONS["closed_book"])}
    assert {"wrong", "high_risk", "unsafe"} <= set(found)
    assert (found["wrong"].roles, found["wrong"].fault_code, found["wrong"].v_none) == ((), None, 1)
    assert (found["wrong"].abstain_reason or "").startswith(f"U2: {ABSTENTIONS['U2']}")
    assert (found["unsafe"].culprit, found["unsafe"].fault_code) == (("choose[1]",), "C3")
    assert "store" not in found["unsafe"].phi, "nothing was searched"


def test_evidence_that_came_later_changes_no_blame(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([OLD, NEW])
    before = blame(tmp_path / "x", store, WardReader(), asked=STALE)
    ask(tmp_path / "y", store, [STALE], [arm()], WardReader())
    later: dict[str, Any] = {"supersedes": "apixaban@1", "valid_from": date(2019, 1, 1), "published": date(2019, 1, 1)}
    store.ingest([advice("apixaban", "B", "2", grade=HIGH, **later), advice("apixaban", "B", id="apixaban-note")])
    assert blamed(tmp_path / "y", store, WardReader()) == before


def test_curated_evidence_leaves_the_store_out_of_the_game(tmp_path: Path, store: EvidenceStore) -> None:
    store.ingest([advice("apixaban", "B")])
    one = wrong(blame(tmp_path / "x", store, WardReader(misread="C"), condition=CONDITIONS["clean"]))
    assert "store" not in one.phi
    assert one.culprit == ("synthesise[1]",)


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_reader_that_never_errs_twice_alike_is_replayed_and_gets_an_interval(
    tmp_path: Path, deterministic: bool
) -> None:
    slips = {n: "CAD"[n % 3] for n in range(1, 400)}
    one = happened(tmp_path, Faulty([GOLD], WardReader(slips=slips, deterministic=deterministic))).wrong
    assert (one.n, one.p_rep, one.culprit, one.persistence) == (8, 1, ("synthesise[1]",), "systematic")
    share = one.phi["synthesise[1]"]
    assert 0.05 < share.lo < share.value <= share.hi <= 1
    assert share.hi - share.lo > 0.2


def test_ballots_of_another_seed_do_not_make_a_deterministic_choice_chancy(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([GOLD], WardReader(misread="A"), samples=10))
    assert "overconfident" in {one.outcome for one in told.found}
    assert {one.n for one in told.found if one.outcome != "overconfident"} == {1}


def test_a_danger_that_lay_in_the_ballots_drawn_is_told_as_luck(tmp_path: Path) -> None:
    sure = happened(tmp_path, Faulty([GOLD], WardReader(misread="A"), samples=10)).of("overconfident")
    assert (sure.culprit, sure.persistence) == ((), "flaky")
    assert (sure.abstain_reason or "").startswith("U1")


def test_a_search_whose_error_comes_to_bear_once_the_choice_is_mended_shares_the_blame(tmp_path: Path) -> None:
    one = happened(tmp_path, Faulty([OLD, NEW], WardReader(insists="A"), STALE)).wrong
    assert (one.v_none, set(one.culprit)) == (0, {"retrieve[1]", "choose[1]"})


def test_a_poor_grade_alone_is_no_fault(tmp_path: Path) -> None:
    told = happened(tmp_path, Faulty([advice("apixaban", "B", grade=LOW)], WardReader(insists="C")))
    assert [one for one in told.breaks if one.step == "store"] == []
