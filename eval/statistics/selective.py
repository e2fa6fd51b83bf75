"""What if only confident answers were given: how much risk is left at each coverage.

Rules kept here
- Confidence is that of the samples (specification 3.4), and the answer is what they came to: their majority. A question
  whose majority is an abstention counts as wrong, as everywhere.
- Questions of equal confidence are answered together or not at all, so no order among them is made up. Each is given
  the risk at its own threshold: their mean is the area under the curve.
- A question without samples has no confidence and is left out; so is one without labels from the curve of harm.

    curve = risk_curves(outcomes)["wrong"]
    curve.area.value, curve.points[0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
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


Counts = NDArray[np.float32]
"""Whole numbers below 2^24: this type holds them exactly, at half the work."""


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


def risk_curves(outcomes: Iterable[Outcome]) -> dict[Risk, RiskCoverage]:
    """The curve of each kind of failure, over the questions that have samples and of which it is known."""
    sampled = sorted((one for one in outcomes if one.confidence is not None), key=lambda one: one.case)
    confidence = np.array([one.confidence for one in sampled])
    ranked: dict[bytes, _Ranked] = {}
    curves: dict[Risk, RiskCoverage] = {}
    for risk, failed in RISKS.items():
        failures = np.array([failed(one) for one in sampled], dtype=np.float64)
        known = ~np.isnan(failures)
        if not known.any():
            curves[risk] = RiskCoverage(0, Interval95(None), ())
            continue
        same = known.tobytes()
        if same not in ranked:
            ranked[same] = _Ranked.of(confidence[known])
        curves[risk] = ranked[same].curve(failures[known])
    return curves


@lru_cache(maxsize=2)
def _draws_by_question(n: int) -> Counts:
    """The bootstrap's draws, one row per question: so adding up questions adds up whole rows."""
    return np.ascontiguousarray(stats.bootstrap_draws(n).T, dtype=np.float32)


def _running(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the rows up to each: numpy's own cumulative sum goes down the columns, at a third of the speed."""
    return np.array(list(accumulate(rows)))


class _Ranked(NamedTuple):
    """Questions with the most confident first, and what a failure of each adds to the area in each replicate."""

    confidence: NDArray[np.float64]
    order: NDArray[np.intp]
    last: NDArray[np.intp]
    """Where each group of equal confidence ends."""
    added: NDArray[np.float64]
    """Of each question in each replicate: how often it was drawn, for each that is answered at a threshold, over the
    thresholds from its own on."""

    @classmethod
    def of(cls, confidence: NDArray[np.float64]) -> _Ranked:
        order = np.argsort(-confidence, kind="stable")
        ranked, draws = confidence[order], _draws_by_question(len(order))[order]
        last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
        of_group = np.array([group.sum(axis=0, dtype=np.float64) for group in np.split(draws, last[:-1] + 1)])
        weights = of_group / np.maximum(_running(of_group), 1.0)
        onwards = _running(weights[::-1])[::-1]
        return cls(ranked, order, last, np.repeat(onwards, np.diff(last, prepend=-1), axis=0) * draws)

    def curve(self, failures: NDArray[np.float64]) -> RiskCoverage:
        n, failed = len(self.order), failures[self.order]
        (spread,) = stats.intervals([failed @ self.added / n])
        answered = self.last + 1
        risk = np.cumsum(failed)[self.last] / answered
        area = float((np.diff(answered, prepend=0) * risk).sum() / n)
        points = map(Point, self.confidence[self.last].tolist(), (answered / n).tolist(), risk.tolist())
        return RiskCoverage(n, Interval95(area, *(spread or (None, None))), tuple(points))


def at_coverages(curve: RiskCoverage, coverages: Sequence[float] = (0.5, 0.8, 0.9, 1.0)) -> dict[str, float | None]:
    """The risk at some coverages, by coverage in per cent."""
    return {f"{100 * coverage:.0f}": curve.risk_at(coverage) for coverage in coverages}
