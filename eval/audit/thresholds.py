"""Is a rate within its threshold? Judged on an exact one-sided bound, never on the rate alone.

Rules kept here
- A case that any condition was asked and this one did not answer, or whose run was redacted, is unknown, like one
  without labels: leaving it out would let somebody choose the cases.
- Where more is unknown than the policy allows, nothing is judged: it cannot be told.
- What cannot be told says how many cases would decide.
"""

from __future__ import annotations

from collections.abc import Mapping

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.bounds import Tolerance, deciding_n, exact_bounds, passing_n, verdict_of
from evitrail.eval.audit.policy import PolicyHead
from evitrail.eval.audit.result import RuleResult, percent, percent_beside, result
from evitrail.eval.audit.rules import Threshold
from evitrail.eval.audit.share_metrics import each_case


def judge_threshold(rule: Threshold, head: PolicyHead, audited: Audited) -> RuleResult:
    """The verdict on one threshold."""
    condition = audited.condition(rule.condition, rule.id)
    tolerance = rule.tolerance
    states = f"{rule.metric} of {condition} {_side(tolerance)} {percent(tolerance.share)}"
    values = known_of_all(rule.metric, audited, condition)
    known = [value for value in values.values() if value is not None]
    events, n, unlabelled = sum(known), len(known), len(values) - len(known)
    counts = {"events": events if n else None, "n": n, "unlabelled": unlabelled}
    allowed = head.max_unlabelled if rule.max_unlabelled is None else rule.max_unlabelled
    if too_little := too_many_unknown(rule.metric, unlabelled, len(values), allowed):
        return result(rule, states, "cannot tell", too_little, value=events / n if n else None, **counts)
    bounds = exact_bounds(events, n, tolerance.confidence)
    verdict = verdict_of(bounds, tolerance)
    needed = {}
    if verdict == "cannot tell":
        needed = {"passes_at": passing_n(events, n, tolerance), "decides_at": deciding_n(events, n, tolerance)}
    because = _because(verdict, events, n, tolerance, bounds.lower, bounds.upper)
    if verdict == "cannot tell":
        because += in_words(needed["passes_at"], needed["decides_at"])
    numbers = {"value": events / n, **bounds._asdict(), **counts, **needed}
    return result(rule, states, verdict, because, **numbers)


def known_of_all(metric: str, audited: Audited, condition: str) -> dict[str, bool | None]:
    """For each case of the experiment, whether it counts towards the metric; None where that is unknown."""
    known: Mapping[str, bool | None] = each_case(metric, audited.answers(condition).values())
    return {case: known.get(case) for case in audited.asked}


def too_many_unknown(metric: str, unlabelled: int, asked: int, allowed: float) -> str | None:
    """Why a metric cannot be judged, where too many cases are unknown; None where it can."""
    if unlabelled < asked and unlabelled <= allowed * asked:
        return None
    return (
        f"{metric} is unknown for {unlabelled} of {asked} cases (not labelled, not answered, or redacted); the policy "
        f"allows {percent(allowed)}"
    )


def in_words(passes_at: int | None, decides_at: int | None) -> str:
    """What number of cases would decide, as the rest of a sentence."""
    parts = []
    if passes_at is not None:
        parts.append(f"{passes_at:,} cases without a further failure would pass")
    if decides_at is not None and decides_at != passes_at:
        parts.append(f"at the observed rate {decides_at:,} cases would decide")
    return f"; {', '.join(parts)}" if parts else "; at the observed rate no number of cases decides"


def _side(tolerance: Tolerance) -> str:
    return tolerance.side.replace("_", " ")


def _because(verdict: str, events: int, n: int, tolerance: Tolerance, lower: float, upper: float) -> str:
    observed = f"{events} of {n} cases ({percent(events / n)})"
    upper_decides = (tolerance.side == "at_most") == (verdict == "pass")
    name, bound = ("upper", upper) if upper_decides else ("lower", lower)
    if verdict == "cannot tell":
        low, high = percent_beside(lower, tolerance.share), percent_beside(upper, tolerance.share)
        return f"{observed}; the bounds {low} and {high} enclose {percent(tolerance.share)}"
    where = "above" if bound > tolerance.share else "below" if bound < tolerance.share else "at"
    return f"{observed}; {name} bound {percent_beside(bound, tolerance.share)} is {where} {percent(tolerance.share)}"
