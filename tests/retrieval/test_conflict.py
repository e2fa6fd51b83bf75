"""What a person resolved drops, with the reason on record; whatever else disagrees is told and stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from gating import passed, report, rules
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Grade
from evitrail.evidence_store.curation.relations import Contradiction

LATER = date(2020, 1, 1)
CLAIM = "Does aspirin lower the risk of stroke?"
FOR, AGAINST = "Aspirin lowers the risk of stroke.", "Aspirin does not lower the risk of stroke; it raises the risk."
ABOUT = {"title": "Aspirin and the risk of stroke"}
STRONG = Grade(certainty="high", study_design="randomized", strength="strong")
WEAK = Grade(certainty="high", study_design="randomized", strength="conditional")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(
            [
                evidence("pro", **ABOUT, text=FOR),
                evidence("pro", "2", **ABOUT, text=AGAINST, supersedes="pro@1", valid_from=LATER, published=LATER),
                evidence("con", **ABOUT, text=AGAINST),
                evidence("young", **ABOUT, text=AGAINST, population="Children"),
                evidence("old", **ABOUT, text=FOR, population="Adults"),
                evidence("firm", **ABOUT, text=FOR, grade=STRONG),
                evidence("mild", **ABOUT, text=FOR, grade=WEAK),
                evidence("else", title="Insulin and glucose", text=AGAINST),
            ]
        )
        yield store


def disputed(store: EvidenceStore, a: str, b: str, **changes: Any) -> None:
    plain = {"a": a, "b": b, "scope": "stroke", "type": "opposite_direction", "detector": "Anna"}
    store.dispute(Contradiction.model_validate({**plain, **changes}))


@pytest.mark.parametrize(("resolution", "loser"), [("a", "con@1"), ("b", "pro@1")])
def test_the_version_not_preferred_is_dropped_with_the_reason_on_record(
    shelf: EvidenceStore, resolution: str, loser: str
) -> None:
    disputed(shelf, "pro@1", "con@1", resolution=resolution, reason="ten times the patients")
    told = report("conflict", shelf.snapshot(), "pro@1", "con@1", query=CLAIM)
    assert rules(told) == {loser: "conflict.resolved"}
    assert told.dropped[0].why.startswith("opposite direction on stroke: ")
    assert told.dropped[0].why.endswith("holds; ten times the patients")


def test_a_resolution_drops_nothing_where_the_preferred_version_is_not_there(shelf: EvidenceStore) -> None:
    disputed(shelf, "pro@1", "con@1", resolution="a", reason="ten times the patients")
    assert passed("conflict", shelf.snapshot(), "con@1", "else@1") == (["con@1", "else@1"], {})


@pytest.mark.parametrize(
    ("resolution", "reason", "words"),
    [("unresolved", "", "unresolved"), ("both_in_context", "one by mouth", "both hold in their context; one by mouth")],
)
def test_what_is_open_or_holds_in_context_leaves_both_with_a_remark(
    shelf: EvidenceStore, resolution: str, reason: str, words: str
) -> None:
    disputed(shelf, "pro@1", "con@1", resolution=resolution, reason=reason)
    told = report("conflict", shelf.snapshot(), "pro@1", "con@1", query=CLAIM)
    assert told.dropped == ()
    assert rules(told) == dict.fromkeys(("pro@1", "con@1"), f"conflict.{resolution}")
    assert {note.why for note in told.noted} == {
        f"contradicts {other} on stroke (opposite direction): {words}" for other in ("pro@1", "con@1")
    }


def test_a_later_decision_does_not_change_an_earlier_view(shelf: EvidenceStore) -> None:
    disputed(shelf, "pro@1", "con@1")
    open_then = shelf.snapshot()
    disputed(shelf, "pro@1", "con@1", resolution="b", reason="ten times the patients")
    assert passed("conflict", open_then, "pro@1", "con@1").kept == ["pro@1", "con@1"]
    assert passed("conflict", shelf.snapshot(), "pro@1", "con@1").kept == ["con@1"]


def test_a_circle_of_decisions_never_leaves_nothing(shelf: EvidenceStore) -> None:
    circle = ("pro@1", "con@1", "firm@1")
    for a, b in zip(circle, (*circle[1:], circle[0]), strict=True):
        disputed(shelf, a, b, resolution="a", reason="as the panel said", scope=f"{a} or {b}")
    told = report("conflict", shelf.snapshot(), *circle, query="which drug?")
    assert told.dropped == ()
    assert set(rules(told).values()) == {"conflict.overruled"}


def test_opposite_stances_on_one_subject_are_suspected_and_never_dropped(shelf: EvidenceStore) -> None:
    told = report("conflict", shelf.snapshot(date(2016, 1, 1)), "pro@1", "con@1", "else@1", query=CLAIM)
    assert told.dropped == ()
    assert rules(told) == dict.fromkeys(("pro@1", "con@1"), "conflict.suspected.opposite_direction")
    assert {note.why for note in told.noted} == {
        "speaks for, beside con@1#0: opposite direction?",
        "speaks against, beside pro@1#0: opposite direction?",
    }


@pytest.mark.parametrize(
    ("refs", "kind"),
    [
        (("pro@1", "pro@2"), "superseded"),
        (("old@1", "young@1"), "different_population"),
        (("firm@1", "mild@1"), "strength_only"),
    ],
)
def test_what_only_looks_like_a_contradiction_is_typed_as_what_it_is(
    shelf: EvidenceStore, refs: tuple[str, str], kind: str
) -> None:
    assert rules(report("conflict", shelf.snapshot(), *refs, query=CLAIM)) == dict.fromkeys(
        refs, f"conflict.suspected.{kind}"
    )


def test_an_open_question_claims_nothing_to_disagree_about(shelf: EvidenceStore) -> None:
    assert report("conflict", shelf.snapshot(), "pro@1", "con@1", query="Which drug lowers stroke?").noted == ()


def test_what_is_on_record_is_not_suspected_as_well(shelf: EvidenceStore) -> None:
    disputed(shelf, "pro@1", "con@1", type="magnitude")
    told = report("conflict", shelf.snapshot(), "pro@1", "con@1", query=CLAIM)
    assert rules(told) == dict.fromkeys(("pro@1", "con@1"), "conflict.unresolved")
    assert len(told.noted) == 2
