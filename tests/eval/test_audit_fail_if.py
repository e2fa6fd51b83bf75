"""A gate in one line fails where it holds, and where it cannot be known whether it does."""

from __future__ import annotations

import pytest
from auditing import audited, settings
from report_pages import outcome

from evitrail.eval.audit.fail_if import failing, parse_gate


def said(gate: str, wrong: int, n: int = 92, **changes: object) -> str | None:
    return failing(parse_gate(gate), audited(wrong, n, **changes))  # type: ignore[arg-type]


def test_a_gate_on_the_upper_bound_fails_a_rate_that_a_gate_on_the_value_lets_pass() -> None:
    assert said("high_risk_rate value > 0.03", 2) is None
    line = said("high_risk_rate upper > 0.03", 2)
    assert line == "gated: upper bound of high_risk_rate is 6.7\xa0% (2 of 92 cases), which is > 3\xa0%"
    assert said("high_risk_rate upper > 0.03", 0, 99) is None
    assert said("high_risk_rate lower>0.03", 7) is not None


def test_a_gate_without_a_condition_is_asked_of_every_one() -> None:
    both = audited(0, 99)
    worse = [outcome(one, "B", "standard") for one in both.cases.values()]
    two = audited(0, 99, outcomes=(*both.outcomes, *worse), settings={"gated": settings(), "standard": settings()})
    line = failing(parse_gate("high_risk_rate upper > 0.03"), two)
    assert line is not None
    assert line.startswith("standard: ")
    assert failing(parse_gate("gated high_risk_rate upper > 0.03"), two) is None
    with pytest.raises(ValueError, match="got 'gate'; did you mean 'gated'"):
        failing(parse_gate("gate high_risk_rate upper > 0.03"), two)


def test_what_is_not_labelled_fails_the_gate() -> None:
    line = said("high_risk_rate upper > 0.03", 0, 200, unlabelled=100)
    assert line == "gated: high_risk_rate is unknown for 100 of 200 cases (not labelled, not answered, or redacted)"


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("high_risk upper > 0.03", "did you mean 'high_risk_rate'?"),
        ("ece value > 0.1", "'ece' is none"),
        ("high_risk_rate > 0.03", "such as 'high_risk_rate upper > 0.03', got"),
        ("high_risk_rate upper > 3", "expected a share between 0 and 1"),
        ("", "expected [CONDITION] METRIC"),
    ],
)
def test_a_gate_that_cannot_be_read_is_refused(gate: str, told: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 -- what it says is compared below
        parse_gate(gate)
    assert str(error.value).startswith("--fail-if: ")
    assert told in str(error.value)
