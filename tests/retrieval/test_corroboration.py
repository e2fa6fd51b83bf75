"""A stranger that stands alone against known sources is held back; whoever else stands alone is remarked on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gating import hits, passed, report, rules
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Publisher, Registrar, Snapshot
from evitrail.retrieval import Clean
from evitrail.retrieval.gates import GATES, GateContext

QUERY = "Which drug is advised?\nAspirin once a day for life\nWarfarin with weekly blood tests\nNothing but waiting"
FOR_ASPIRIN = "The drug advised is aspirin once a day, for life."
FOR_WARFARIN = "The drug advised is warfarin, with weekly blood tests."


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder: Path = tmp_path_factory.mktemp("corroboration") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(
            [
                evidence("known", text=FOR_ASPIRIN),
                evidence("known-too", text="Wards are quiet at night."),
                evidence("depends", text="For life: aspirin once a day, or warfarin with weekly blood tests?"),
                evidence("agrees", text=FOR_WARFARIN, organization="Second Society"),
                evidence("agrees-too", text="Beds are made at noon.", organization="Second Society"),
                evidence("stranger", text=FOR_WARFARIN, organization="Riverside Letters"),
                evidence("accomplice", text=FOR_WARFARIN, organization="Ward Notes"),
                evidence("unrated", text=FOR_ASPIRIN, grade=None),
                evidence("letter", text=FOR_ASPIRIN, kind="expert_opinion"),
                evidence("vague", text="Aspirin or warfarin may be given.", organization="Health Bulletin"),
                evidence("first-of-its-own", text=FOR_ASPIRIN, organization="Third Society"),
                evidence("same-subject", title="Clots after surgery", text="Walk early."),
                evidence("other-subject", title="Wound care at home", text="Walk early."),
                evidence("on-clots", title="Clots after surgery", text=FOR_WARFARIN, organization="Fourth Society"),
            ]
        )
        yield store.snapshot()


def test_a_stranger_alone_against_a_known_graded_source_of_its_kind_is_held_back(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "stranger@1", "known@1", query=QUERY)
    assert rules(told) == {"stranger@1": "corroboration.stranger", "known@1": "corroboration.alone"}
    assert told.dropped[0].why == (
        "alone for 'Warfarin with weekly blood tests', by a source with nothing else in this store; "
        "known@1#0 does not say so"
    )


def test_a_known_source_about_the_question_that_is_not_clear_does_not_confirm_a_stranger(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "stranger@1", "depends@1", "known-too@1", query=QUERY)
    assert rules(told) == {"stranger@1": "corroboration.stranger"}
    assert passed("corroboration", snapshot, "stranger@1", "known-too@1", query=QUERY).kept == [
        "stranger@1",
        "known-too@1",
    ]


def test_the_policy_may_be_to_remark_only(snapshot: Snapshot) -> None:
    asked = GateContext(QUERY, snapshot, lone="remark")
    kept, told = GATES["corroboration"](hits(snapshot, "stranger@1", "known@1"), asked)
    assert len(kept) == 2
    assert rules(told)["stranger@1"] == "corroboration.stranger"


def test_the_policy_is_named_where_a_retriever_is_made() -> None:
    assert repr(Clean(lone="remark")) == "Clean(lone='remark')"
    with pytest.raises(ValueError, match="lone: expected hold or remark, got 'keep'"):
        Clean(lone="keep")  # type: ignore[arg-type]


def test_a_known_source_that_agrees_corroborates_a_stranger(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "stranger@1", "known@1", "agrees@1", query=QUERY)
    assert told.dropped == ()
    assert rules(told) == {"agrees@1": "corroboration.alone", "known@1": "corroboration.alone"}


def test_strangers_who_agree_corroborate_nothing(snapshot: Snapshot) -> None:
    assert passed("corroboration", snapshot, "stranger@1", "accomplice@1", "known@1", query=QUERY).kept == ["known@1"]


@pytest.mark.parametrize("other", ["letter@1", "vague@1"])
def test_a_weaker_kind_contradicts_nobody_and_who_is_unclear_says_nothing(snapshot: Snapshot, other: str) -> None:
    told = report("corroboration", snapshot, "stranger@1", other, query=QUERY)
    assert "stranger@1" not in rules(told)


def test_against_an_ungraded_source_a_stranger_is_only_remarked_on(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "stranger@1", "unrated@1", query=QUERY)
    assert told.dropped == ()
    assert rules(told)["stranger@1"] == "corroboration.alone"


def test_of_two_strangers_that_disagree_the_one_that_was_recorded_later_is_held_back(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "first-of-its-own@1", "stranger@1", query=QUERY)
    assert rules(told) == {"first-of-its-own@1": "corroboration.stranger", "stranger@1": "corroboration.alone"}


def test_what_nobody_graded_corroborates_no_stranger(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "first-of-its-own@1", "unrated@1", "agrees@1", query=QUERY)
    assert rules(told)["first-of-its-own@1"] == "corroboration.stranger"


@pytest.mark.parametrize(("mate", "held"), [("same-subject@1", True), ("other-subject@1", False)])
def test_a_stranger_is_held_back_beside_older_evidence_on_its_subject_whatever_the_question(
    snapshot: Snapshot, mate: str, held: bool
) -> None:
    told = report("corroboration", snapshot, "on-clots@1", mate, query=QUERY)
    assert ("on-clots@1" in rules(told)) is held


def test_a_query_that_offers_no_answers_is_not_judged(snapshot: Snapshot) -> None:
    told = report("corroboration", snapshot, "stranger@1", "known@1", query="Which drug is advised?")
    assert (told.dropped, told.noted) == ((), ())


def test_where_publishers_are_known_a_forged_organization_makes_nobody_known(tmp_path: Path) -> None:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        may = {"organizations": ("*",), "kinds": ("guideline",), "grades": True, "backdate_days": "any"}
        Registrar(store).add([Publisher(name=name, **may) for name in ("society", "riverside")], reason="known to us")
        forged = evidence("forged", text=FOR_WARFARIN, organization="Second Society")
        own = evidence("agrees-too", text="Beds are made at noon.", organization="Second Society")
        store.ingest([evidence("known", text=FOR_ASPIRIN), own], publisher="society")
        store.ingest([forged], publisher="riverside")
        told = report("corroboration", store.snapshot(), "forged@1", "known@1", query=QUERY)
        assert rules(told)["forged@1"] == "corroboration.stranger"
