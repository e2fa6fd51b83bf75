"""A policy is read strictly: what is unknown is named with the nearest name there is, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from auditing import HEAD, HIGH_RISK, policy

from evitrail.eval.audit.policy import read_policy
from evitrail.evidence_store.input_text import InputError

FAULTS = {
    "a metric there is not": ('[[threshold]]\nmetric = "high_risk"\nat_most = 0.03', "did you mean 'high_risk_rate'?"),
    "a metric that is no share of cases": ('[[threshold]]\nmetric = "ece"\nat_most = 0.03', "'ece' is none"),
    "an evidence rule there is not": ('[[evidence]]\nrule = "nothing_superseded"', "'nothing_superseded_cited'?"),
    "an attribution rule there is not": ('[[attribution]]\nrule = "no_store_fault"', "'no_systematic_store_fault'?"),
    "a setting there is not": ('[[change]]\nallowed = ["store.relese"]', "did you mean 'store.release'?"),
    "a threshold without a number": ('[[threshold]]\nmetric = "accuracy"', "expected at_most or at_least"),
    "a number as a text": (
        '[[threshold]]\nmetric = "accuracy"\nat_least = "0.9"',
        "expected a valid number, got '0.9'",
    ),
    "the wrong bound": (HIGH_RISK + 'on = "lower"', "expected on = 'upper' with at_most"),
    "a certainty without its rule": ('[[evidence]]\nrule = "nothing_retracted"\ncertainty = "low"', "belongs to rule"),
    "a rule without its certainty": ('[[evidence]]\nrule = "min_certainty"', "needs key 'certainty'"),
    "a rule twice": (HIGH_RISK + HIGH_RISK, "got 'threshold.high_risk_rate' twice"),
    "no rule": ("", "expected at least one rule"),
    "a table there is not": ('[[thresholds]]\nmetric = "accuracy"', "unknown key 'thresholds'; expected one of policy"),
    "a waiver of no rule": (
        HIGH_RISK + '[[waiver]]\nrule = "threshold.high_risk"\nreason = "r"\nby = "b"\nuntil = 2027-01-01',
        "did you mean 'threshold.high_risk_rate'?",
    ),
    "a waiver without an end": (
        HIGH_RISK + '[[waiver]]\nrule = "threshold.high_risk_rate"\nreason = "r"\nby = "b"',
        "key 'waiver.0.until' is missing",
    ),
    "a direction that nobody can know": (
        '[[no_regression]]\nmetric = "abstention_rate"\nmargin = 0.02',
        "expected better = 'higher' or 'lower' with abstention_rate",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_policy_is_refused_in_one_line_for(tmp_path: Path, fault: str) -> None:
    lines, said = FAULTS[fault]
    with pytest.raises(InputError) as error:
        policy(tmp_path, lines)
    assert len(error.value.faults) == 1
    assert said in str(error.value)
    assert str(tmp_path / "policy.toml") in str(error.value)


def test_a_policy_without_an_owner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"key 'policy\.owner' is missing"):
        policy(tmp_path, HIGH_RISK, head=HEAD.replace('owner = "A. Meyer"\n', ""))


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a policy, as a TOML file, got no such file"):
        read_policy(tmp_path / "policy.toml")


def test_a_published_name_of_a_condition_is_ours(tmp_path: Path) -> None:
    (rule,) = policy(tmp_path, HIGH_RISK, 'condition = "top_10"').rules
    assert rule.id == "threshold.high_risk_rate.standard"


def test_two_sided_bounds_ask_for_more_confidence(tmp_path: Path) -> None:
    one, two = (
        policy(tmp_path, HIGH_RISK, f'confidence = 0.95\nsided = "{sided}"').threshold[0].tolerance.confidence
        for sided in ("one", "two")
    )
    assert (one, two) == pytest.approx((0.95, 0.975))
