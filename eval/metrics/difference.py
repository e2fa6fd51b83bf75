"""The difference between a condition and its baseline in one metric, question by question.

Rules kept here
- Both list the same cases in the same order and are drawn by the same bootstrap: what is hard for both drops out.
- A metric that is unknown in one of them has no difference.
- No interval is without a width: where all draws agree, that of Agresti and Min stands in for a share, and none for
  the rest.

    found = difference(METRICS["accuracy"], ours, baseline)
    found.value, found.lo, found.hi, found.n
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evitrail.eval.metrics import stats
from evitrail.eval.metrics.base import Metric
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.scored import Scored


class Difference(NamedTuple):
    """How far a metric differs from the baseline's."""

    value: float
    lo: float | None
    hi: float | None
    """Ends of its 95 % interval; None where none can be given."""
    n: int
    """Cases of which the metric speaks in both."""
    p: float | None
    """Two-sided p-value of the same draws; 0 is less than one in so many."""


def difference(
    metric: Metric,
    ours: Sequence[Outcome | Scored],
    baseline: Sequence[Outcome | Scored],
    draws: stats.Draws | None = None,
) -> Difference | None:
    """Ours less the baseline's; None where the metric is unknown in one of them."""
    here, there = metric.value(ours), metric.value(baseline)
    if here is None or there is None:
        return None
    drawn = stats.bootstrap_draws(len(ours)) if draws is None else draws
    replicates = metric.replicates(ours, drawn) - metric.replicates(baseline, drawn)
    n = min(metric.cases(ours), metric.cases(baseline))
    otherwise = stats.interval_of_difference(here - there, n) if metric.share else None
    lo, hi = stats.interval_with_width(stats.summarise(replicates), otherwise) or (None, None)
    return Difference(here - there, lo, hi, n, stats.bootstrap_p(replicates))
