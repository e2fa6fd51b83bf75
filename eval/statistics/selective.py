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
from numpy.typing import NDArray

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
        (outcome.confidence, float(failure))
        for outcome in sorted(outcomes, key=lambda one: one.case)
        if outcome.confidence is not None and (failure := failed(outcome)) is not None
    ]
    if not known:
        return RiskCoverage(0, Interval95(None), ())
    n = len(known)
    confidence, wrong = np.array(known).T
    surest_first = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[surest_first], wrong[surest_first]
    last = np.append(np.flatnonzero(np.diff(ranked)), n - 1)  # where each group of equal confidence ends
    answered, failures, area = _areas(wrong, last, np.ones((1, n)))
    drawn = stats.draws(stats.bootstrap_indices(n)) if draws is None else draws(n)
    (spread,) = stats.intervals([_areas(wrong, last, drawn[:, surest_first])[2]])
    points = [
        Point(float(threshold), float(count) / n, float(failure) / float(count))
        for threshold, count, failure in zip(ranked[last], answered[0], failures[0], strict=True)
    ]
    return RiskCoverage(n, Interval95(float(area[0]), *(spread or (None, None))), tuple(points))


def _areas(
    wrong: stats.Replicates, last: NDArray[np.intp], draws: stats.Draws
) -> tuple[stats.Draws, stats.Draws, stats.Replicates]:
    """Per replicate and threshold how many are answered and how many of them failed; and the area under the curve."""
    answered = np.cumsum(draws, axis=1)[:, last]
    failures = np.cumsum(draws * wrong, axis=1)[:, last]
    risk = np.divide(failures, answered, out=np.zeros_like(failures), where=answered > 0)
    return answered, failures, (np.diff(answered, axis=1, prepend=0.0) * risk).sum(axis=1) / answered[:, -1]


def at_coverages(curve: RiskCoverage, coverages: Sequence[float] = (0.5, 0.8, 0.9, 1.0)) -> dict[str, float | None]:
    """The risk at some coverages, by coverage in per cent."""
    return {f"{100 * coverage:.0f}": curve.risk_at(coverage) for coverage in coverages}
