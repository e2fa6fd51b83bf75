"""What an audit found of one rule: its verdict, the numbers behind it, and a sentence that says both.

Rules kept here
- A verdict is never without its reason in words.
- A waiver does not change a verdict: it says who answers for it, why, and until when.
"""

from __future__ import annotations

from datetime import date

from evitrail.eval.audit.bounds import Verdict
from evitrail.eval.audit.rules import Rule
from evitrail.traces.record import Grown, Record


class Waived(Grown):
    """A waiver that holds on the day of the audit."""

    later = frozenset({"signed_by"})

    by: str
    reason: str
    until: date
    days_left: int
    signed_by: str | None = None
    """The name of the key that signed it; None where the policy asks for no signature."""


class RuleResult(Record):
    """One rule of a policy, judged."""

    rule: str
    """Its id."""
    states: str
    """What it asks for, in words."""
    verdict: Verdict
    because: str
    """Why, in words."""
    value: float | None = None
    """The rate, or the difference from the baseline; None where it is unknown."""
    lower: float | None = None
    upper: float | None = None
    """One-sided bounds of it."""
    events: int | None = None
    """Cases that count towards the rate; of other rules, cases that break it."""
    n: int | None = None
    """Cases that were judged."""
    unlabelled: int = 0
    """Cases that could not be: not labelled, not answered, or redacted."""
    passes_at: int | None = None
    """The number of cases that would pass, if no further case went wrong."""
    decides_at: int | None = None
    """The number of cases that would decide, at the rate observed so far."""
    examples: tuple[str, ...] = ()
    """The first runs that break it."""
    waived: Waived | None = None

    @property
    def holds(self) -> bool:
        """Whether the audit may pass in spite of it, or because of it."""
        return self.verdict == "pass" or self.waived is not None


EXAMPLES = 5
"""Runs that are named of those that break a rule."""


def result(rule: Rule, states: str, verdict: Verdict, because: str, **numbers: object) -> RuleResult:
    """What was found of a rule of the policy."""
    return RuleResult.model_validate(
        {"rule": rule.id, "states": states, "verdict": verdict, "because": because, **numbers}
    )


def percent(share: float, digits: int = 1) -> str:
    """A share in per cent as people write it.

    >>> percent(0.03), percent(0.0303), percent(0.03203786, digits=2)
    ('3\xa0%', '3\xa0%', '3.2\xa0%')
    """
    text = f"{100 * share + 0.0:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "\N{NO-BREAK SPACE}%"


def percent_beside(share: float, other: float) -> str:
    """A share in per cent, with as many digits as it takes to tell it from another.

    >>> percent_beside(0.03004691, 0.03)
    '3.005\xa0%'
    """
    digits = next((few for few in range(1, 8) if percent(share, few) != percent(other, few)), 1)
    return percent(share, digits)
