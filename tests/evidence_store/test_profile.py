"""A rating recorded later is what is known of a version from then on; what was known before stays on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceError, EvidenceStore
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.diff import difference
from evitrail.evidence_store.grading.assessment import DOWNGRADES, Assessment, Judgement, overall
from evitrail.evidence_store.grading.native_grade import Rating

FEW = Judgement(levels=1, reason="40 events")
STROKE = Assessment(
    outcome="stroke", importance="critical", study_design="randomized", imprecision=FEW, certainty="moderate"
)
DEATH = Assessment(
    outcome="death",
    importance="critical",
    study_design="randomized",
    imprecision=FEW,
    risk_of_bias=FEW,
    certainty="low",
)
PAIN = Assessment(outcome="pain", importance="limited", study_design="expert", certainty="very_low")
MAY = Profile(ref="aspirin@1", assessments=(STROKE, DEATH, PAIN), reason="panel of May", strength="conditional")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as opened:
        opened.ingest([evidence("aspirin"), evidence("statin")])
        yield opened


def test_the_version_is_as_sure_as_its_lowest_critical_outcome_from_then_on(store: EvidenceStore) -> None:
    before = store.seq
    store.assess([MAY])
    grade = store.snapshot().headers["aspirin@1"].grade
    assert grade is not None
    assert (grade.certainty, grade.strength) == ("low", "conditional")
    assert grade.sum_in_words() == "high - 1 (risk_of_bias) - 1 (imprecision) = low"
    assert store.snapshot().profile("aspirin@1") == MAY
    then = store.snapshot(seq=before)
    assert then.headers["aspirin@1"].grade == evidence("aspirin").grade
    assert then.profile("aspirin@1") is None
    assert store.get("aspirin@1") == evidence("aspirin")
    assert store.verify() == []


def test_a_profile_that_is_on_record_is_not_recorded_again(store: EvidenceStore) -> None:
    once = store.assess([MAY])
    assert store.assess([MAY]) == once
    other = MAY.model_copy(update={"reason": "read again"})
    assert store.assess([other, MAY.model_copy(update={"ref": "statin@1"})]) == once + 2
    assert store.assess([MAY]) == once + 3, "what was rated otherwise since may be rated as before"


def test_a_later_profile_takes_the_place_of_the_one_before(store: EvidenceStore) -> None:
    store.assess([MAY])
    may = store.seq
    store.assess([MAY.model_copy(update={"assessments": (STROKE,), "reason": "death is no outcome of the question"})])
    assert [g.certainty for s in (None, may) if (g := store.snapshot(seq=s).headers["aspirin@1"].grade)] == [
        "moderate",
        "low",
    ]


def test_what_was_regraded_stands_in_the_difference(store: EvidenceStore) -> None:
    before = store.snapshot()
    store.assess([MAY])
    (one,) = difference(before, store.snapshot()).standing
    assert (one.ref, one.change) == ("aspirin@1", "regraded")
    assert (one.certainty_was, one.certainty_now) == ("moderate", "low")


def test_a_profile_that_leaves_the_certainty_open_leaves_the_version_unrated(store: EvidenceStore) -> None:
    store.assess([MAY.model_copy(update={"assessments": (PAIN,)})])
    assert store.snapshot().headers["aspirin@1"].grade is None


def test_native_codes_alone_leave_the_grade_as_it_was(store: EvidenceStore) -> None:
    code = Rating(system="uspstf", edition="2012", code="B")
    store.assess([Profile(ref="aspirin@1", ratings=(code,), reason="as published")])
    snapshot = store.snapshot()
    assert snapshot.headers["aspirin@1"].grade == evidence("aspirin").grade
    assert snapshot.profile("aspirin@1") == Profile(ref="aspirin@1", ratings=(code,), reason="as published")


def test_profiles_of_unknown_versions_or_twice_of_one_record_nothing(store: EvidenceStore) -> None:
    before = store.seq
    with pytest.raises(EvidenceError, match="expected a version the store holds, got 'insulin@1'"):
        store.assess([MAY, MAY.model_copy(update={"ref": "insulin@1"})])
    with pytest.raises(EvidenceError, match="'aspirin@1' stands twice"):
        store.assess([MAY, MAY])
    assert store.seq == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"assessments": ()}, "expected assessments or ratings, got neither"),
        ({"assessments": (STROKE, STROKE)}, "expected each outcome once, got stroke more than once"),
        ({"reason": ""}, "at least 1 character"),
        (
            {"assessments": (Assessment(outcome="stroke", importance="critical", certainty="low"),)},
            "outcome 'stroke' decides the certainty: expected its study_design and start, got none",
        ),
    ],
)
def test_a_profile_that_says_too_little_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Profile.model_validate({**MAY.model_dump(), **changes})


@given(
    levels=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4),
    importance=st.sampled_from(["critical", "important"]),
)
def test_the_grade_a_profile_gives_adds_up_to_its_overall_certainty(
    levels: list[tuple[int, int]], importance: Any
) -> None:
    def rated(n: int, first: int, second: int) -> Assessment:
        moved = dict(zip(DOWNGRADES, (first, second), strict=False))
        judged = {domain: Judgement(levels=n, reason="as judged") for domain, n in moved.items()}
        plain = Assessment(outcome=f"o-{n}", importance=importance, study_design="randomized", **judged)
        return plain.model_copy(update={"certainty": plain.computed})

    given_ = tuple(rated(n, *pair) for n, pair in enumerate(levels))
    grade = Profile(ref="x@1", assessments=given_, reason="r").grade
    assert grade is not None
    assert grade.certainty == grade.computed == overall(given_).certainty
