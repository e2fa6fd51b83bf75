"""A certainty is its start and its judgements; to publish another takes a reason; the lowest critical one decides."""

from __future__ import annotations

from itertools import combinations
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evitrail.evidence_store import Grade
from evitrail.evidence_store.grading.assessment import (
    DOWNGRADES,
    MOST,
    UPGRADES,
    Assessment,
    Importance,
    Judgement,
    overall,
)
from evitrail.evidence_store.grading.grade import LEVELS, STARTS, Certainty

DOMAINS = (*DOWNGRADES, *UPGRADES)


def judged(levels: int | None, reason: str = "the raters said so") -> Judgement:
    return Judgement(levels=levels, reason=reason)


def assessment(**changes: Any) -> Assessment:
    return Assessment(**{"outcome": "stroke", "importance": "critical", "study_design": "randomized", **changes})


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        assessment(**changes)
    return str(caught.value)


levels = st.fixed_dictionaries(
    {domain: st.none() | st.integers(0, MOST.get(domain, 3)) for domain in DOMAINS},
)
starts = st.sampled_from(LEVELS)
designs = st.sampled_from(list(STARTS))


def rated(start: Certainty, moved: dict[str, int | None], **more: Any) -> Assessment:
    judgements = {domain: judged(n) for domain, n in moved.items()}
    return assessment(start=start, start_reason="as the panel has it", **judgements, **more)


@given(starts, levels, st.sampled_from(DOMAINS))
def test_a_graver_judgement_never_makes_it_surer_and_a_reason_to_raise_never_less_sure(
    start: Certainty, moved: dict[str, int | None], domain: str
) -> None:
    ranks = []
    for n in range(MOST.get(domain, 3) + 1):
        computed = rated(start, {**moved, domain: n}).computed
        assert computed is not None
        ranks.append(LEVELS.index(computed))
    assert ranks == sorted(ranks, reverse=domain in DOWNGRADES)


@given(starts, levels)
def test_the_sum_is_the_one_that_grade_gives_with_the_same_words(
    start: Certainty, moved: dict[str, int | None]
) -> None:
    one = rated(start, moved)
    downgrades = {domain: -n for domain in DOWNGRADES if (n := moved[domain])}
    upgrades = {domain: n for domain in UPGRADES if (n := moved[domain])}
    same = Grade(
        certainty="low",
        study_design="randomized",
        start=start,
        downgrades=downgrades,
        upgrades=upgrades,
        override_reason="only its sum is asked for",
    )
    assert one.computed == same.computed
    if one.moves:
        assert one.sum_in_words() == same.sum_in_words()


@pytest.mark.parametrize(
    ("start", "moved", "computed"),
    [
        ("high", {"risk_of_bias": 3, "imprecision": 1}, "very_low"),
        ("low", {"inconsistency": 1}, "very_low"),
        ("very_low", {"indirectness": 1}, "very_low"),
        ("high", {"large_effect": 2}, "high"),
        ("moderate", {"large_effect": 1, "dose_response": 1}, "high"),
        ("low", {"large_effect": 1, "publication_bias": 1}, "low"),
    ],
)
def test_no_sum_leaves_the_four_levels(start: Certainty, moved: dict[str, int | None], computed: Certainty) -> None:
    assert rated(start, moved).computed == computed


@given(designs, levels)
def test_an_assessment_comes_back_from_json_as_it_was(design: str, moved: dict[str, int | None]) -> None:
    one = assessment(study_design=design, **{domain: judged(n) for domain, n in moved.items()})
    assert Assessment.model_validate_json(one.model_dump_json()) == one
    assert one.start == STARTS[design]  # type: ignore[index]


def test_what_was_not_assessed_is_not_zero() -> None:
    assert assessment().imprecision.levels is None
    assert assessment(imprecision=judged(0)) != assessment()
    assert assessment(imprecision=judged(0)).computed == assessment().computed == "high"


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_judgement_above_none_needs_a_reason(reason: str | None) -> None:
    assert Judgement(levels=0, reason=reason).levels == 0
    with pytest.raises(ValidationError, match="a judgement of 1 needs a reason"):
        Judgement(levels=1, reason=reason)


def test_a_start_that_is_not_the_designs_own_needs_a_reason() -> None:
    assert "needs start_reason: observational has 'low' of its own" in refused(
        study_design="observational", start="high"
    )
    kept = assessment(study_design="observational", start="high", start_reason="ROBINS-I")
    assert kept.sum_in_words() == "high (stated start)"
    assert "mixed has none of its own" in refused(study_design="mixed", start="high")


def test_a_start_that_nobody_knows_gives_no_sum() -> None:
    unknown = assessment(study_design=None, imprecision=judged(1), certainty="low")
    assert unknown.computed is None
    assert unknown.sum_in_words() == "no sum: neither a start nor a study design is stated"


def test_a_certainty_that_is_not_the_sum_needs_a_reason() -> None:
    few = judged(1, "40 events")
    assert "'high' was published, but high - 1 (imprecision) = moderate" in refused(imprecision=few, certainty="high")
    kept = assessment(imprecision=few, certainty="high", override_reason="the trials agree to the digit")
    assert (kept.certainty, kept.computed) == ("high", "moderate")


@pytest.mark.parametrize(("domain", "levels"), [("publication_bias", 3), ("dose_response", 2), ("large_effect", 3)])
def test_a_domain_moves_the_certainty_no_further_than_grade_lets_it(domain: str, levels: int) -> None:
    assert f"expected {levels - 1} at most, got {levels}" in refused(**{domain: judged(levels)})


def test_cerqual_knows_no_upgrades() -> None:
    assert "large_effect: CERQual knows no upgrades" in refused(variant="cerqual", large_effect=judged(1))


def outcome(name: str, importance: Importance, certainty: Certainty | None) -> Assessment:
    why = "the panel's own rule" if certainty else None
    return assessment(outcome=name, importance=importance, certainty=certainty, override_reason=why)


def test_the_lowest_critical_outcome_decides_whatever_the_important_ones_say() -> None:
    told = overall(
        [
            outcome("death", "critical", "moderate"),
            outcome("stroke", "critical", "low"),
            outcome("bleeding", "critical", "low"),
            outcome("nausea", "important", "very_low"),
        ]
    )
    assert (told.certainty, told.decided_by, told.among) == ("low", ("stroke", "bleeding"), "critical")


def test_the_important_outcomes_decide_where_none_is_critical() -> None:
    told = overall([outcome("nausea", "important", "moderate"), outcome("taste", "limited", "very_low")])
    assert (told.certainty, told.decided_by) == ("moderate", ("nausea",))


def test_an_unrated_critical_outcome_is_named_and_never_stood_in_for() -> None:
    told = overall([outcome("death", "critical", None), outcome("nausea", "important", "high")])
    assert (told.certainty, told.decided_by, told.unrated) == (None, (), ("death",))
    assert overall([]).certainty is None


@given(st.lists(st.tuples(st.sampled_from(get_args(Importance)), st.sampled_from(LEVELS)), max_size=6))
def test_another_outcome_of_the_same_importance_never_makes_it_surer(
    outcomes: list[tuple[Importance, Certainty]],
) -> None:
    made = [outcome(str(n), importance, certainty) for n, (importance, certainty) in enumerate(outcomes)]
    for fewer in combinations(made, max(len(made) - 1, 0)):
        before, after = overall(fewer), overall(made)
        if before.certainty and after.certainty and before.among == after.among:
            assert LEVELS.index(after.certainty) <= LEVELS.index(before.certainty)
