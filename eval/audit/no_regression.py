"""Is a metric no worse than the baseline's, but for a margin? Judged on the same cases, case by case.

Rules kept here
- Only cases that are known in both are paired; where more is unknown than the policy allows, it cannot be told.
- ``value`` and bounds are ours less the baseline's, in the direction of the metric.
- Without a baseline nothing is judged.
"""

from __future__ import annotations

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.paired_bounds import Pairs, deciding_pairs, difference_bounds, judge_pairs
from evitrail.eval.audit.policy import PolicyHead
from evitrail.eval.audit.result import RuleResult, result
from evitrail.eval.audit.rules import NoRegression
from evitrail.eval.audit.thresholds import in_words, known_of_all, too_many_unknown

NO_BASELINE = "no baseline was given; name its folder with --baseline"


def judge_no_regression(rule: NoRegression, head: PolicyHead, audited: Audited, baseline: Audited | None) -> RuleResult:
    """The verdict on one metric in comparison with the baseline."""
    condition = audited.condition(rule.condition, rule.id)
    states = f"{rule.metric} of {condition} no worse than the baseline's by {100 * rule.margin:g} points"
    if baseline is None:
        return result(rule, states, "cannot tell", NO_BASELINE)
    ours = known_of_all(rule.metric, audited, condition)
    theirs = known_of_all(rule.metric, baseline, baseline.counterpart(condition))
    both = [(now, before) for case, now in ours.items() if now is not None and (before := theirs.get(case)) is not None]
    unlabelled = len(ours) - len(both)
    allowed = head.max_unlabelled if rule.max_unlabelled is None else rule.max_unlabelled
    if too_little := too_many_unknown(rule.metric, unlabelled, len(ours), allowed):
        return result(rule, states, "cannot tell", too_little, n=len(both), unlabelled=unlabelled)
    more = sum(now and not before for now, before in both)
    less = sum(before and not now for now, before in both)
    better_is_more = rule.direction == "higher"
    pairs = Pairs(more, less, len(both)) if better_is_more else Pairs(less, more, len(both))
    verdict = judge_pairs(*pairs, rule.margin, rule.confidence)
    bounds = difference_bounds(more, less, len(both), rule.confidence)
    because = (
        f"better in {pairs.won}, worse in {pairs.lost} of {pairs.n} cases; the difference is "
        f"{_points((more - less) / len(both))}, bounds {_points(bounds.lower)} and {_points(bounds.upper)}"
    )
    needed = None
    if verdict == "cannot tell":
        needed = deciding_pairs(*pairs, rule.margin, rule.confidence)
        because += in_words(None, needed)
    return result(
        rule,
        states,
        verdict,
        because,
        value=(more - less) / len(both),
        **bounds._asdict(),
        events=pairs.lost,
        n=len(both),
        unlabelled=unlabelled,
        decides_at=needed,
    )


def _points(difference: float) -> str:
    return f"{100 * difference + 0.0:+.1f}".replace("-", "−") + " points"
