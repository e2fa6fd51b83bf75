"""What if only confident answers were given: how much risk is left at each coverage.

Rules kept here
- Confidence is that of the samples (specification 3.4), and the answer is what they came to: their majority. A question
  whose majority is an abstention counts as wrong, as everywhere.
- Questions of equal confidence are answered together or not at all, so no order among them is made up. Each is given
  the risk at its own threshold: their mean is the area under the curve.
- A question without samples has no confidence and is left out; so is one without labels from the curve of harm.

    curve = risk_coverage(outcomes, "wrong")
    curve.area.value, curve.points[0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from evitrail.eval.metrics import stats
from evitrail.eval.metrics.concentration import Interval95
from evitrail.eval.metrics.definition import Definition, by_name
from evitrail.eval.metrics.outcome import Outcome

Risk = Literal["wrong", "high_risk"]
RISKS: dict[Risk, Callable[[Outcome], bool | None]] = {
    "wrong": lambda outcome: None if outcome.majority_correct is None else not outcome.majority_correct,
    "high_risk": lambda outcome: outcome.plurality_high_risk,
}
"""What is counted as a failure of the answer that the samples came to; None where it is unknown."""

GEIFMAN = "Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS"

AREA = Definition(
    "aurc",
    "Area under the risk-coverage curve: mean risk over all thresholds of confidence; 0 is best.",
    "1/n * sum over questions i of #(failed, confidence >= confidence[i]) / #(confidence >= confidence[i])",
    GEIFMAN,
)
SELECTIVE_RISK = Definition(
    "selective_risk",
    "Share of failures among the questions that are answered when only those at least so confident are.",
    "#(failed, confidence >= t) / #(confidence >= t); coverage is #(confidence >= t) / n",
    GEIFMAN,
)
DEFINITIONS = by_name(AREA, SELECTIVE_RISK)


class Point(NamedTuple):
    """Answer from this confidence on, and so many questions are answered at this risk."""

    confidence: float
    coverage: float
    risk: float


class RiskCoverage(NamedTuple):
    """The curve of one condition and reader."""

    n: int
    area: Interval95
    points: tuple[Point, ...]
    """From the most confident threshold down; the last answers every question."""

    def risk_at(self, coverage: float) -> float | None:
        """Risk of the smallest coverage on the curve that is at least this; None where there is no curve."""
        return next((point.risk for point in self.points if point.coverage >= coverage - 1e-12), None)


def risk_coverage(
    outcomes: Iterable[Outcome], risk: Risk = "wrong", draws: Callable[[int], stats.Draws] | None = None
) -> RiskCoverage:
    """The curve over the questions that have samples; outcomes are drawn in the order of their cases."""
    failed = RISKS[risk]
    known = [
        (outcome.confidence, bool(failed(outcome)))
        for outcome in sorted(outcomes, key=lambda one: one.case)
        if outcome.confidence is not None and failed(outcome) is not None
    ]
    if not known:
        return RiskCoverage(0, Interval95(None), ())
    sure = np.array([confidence for confidence, _ in known])
    wrong = np.array([float(failure) for _, failure in known])
    thresholds, group = np.unique(-sure, return_inverse=True)
    member = np.zeros((len(known), len(thresholds)))
    member[np.arange(len(known)), group] = 1.0
    answered, failures, area = _areas(member, wrong, np.ones((1, len(known))))
    drawn = (draws or _drawn)(len(known))
    spread = stats.interval_with_width(stats.summarise(_areas(member, wrong, drawn)[2]), None)
    points = [
        Point(-float(threshold), float(count) / len(known), float(failure) / float(count))
        for threshold, count, failure in zip(thresholds, answered[0], failures[0], strict=True)
    ]
    return RiskCoverage(len(known), Interval95(float(area[0]), *(spread or (None, None))), tuple(points))


def _drawn(n: int) -> stats.Draws:
    return stats.draws(stats.bootstrap_indices(n))


def _areas(
    member: stats.Draws, wrong: stats.Replicates, draws: stats.Draws
) -> tuple[stats.Draws, stats.Draws, stats.Replicates]:
    """Per replicate and threshold how many are answered and how many of them failed; and the area under the curve."""
    cases = draws @ member
    answered, failures = np.cumsum(cases, axis=1), np.cumsum((draws * wrong) @ member, axis=1)
    risk = np.divide(failures, answered, out=np.zeros_like(failures), where=answered > 0)
    return answered, failures, (cases * risk).sum(axis=1) / draws.sum(axis=1)


def at_coverages(curve: RiskCoverage, coverages: Sequence[float] = (0.5, 0.8, 0.9, 1.0)) -> dict[str, float | None]:
    """The risk at some coverages, by coverage in per cent."""
    return {f"{100 * coverage:.0f}": curve.risk_at(coverage) for coverage in coverages}
