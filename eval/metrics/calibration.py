"""Whether confidence means what it says.

Rules kept here
- Ten equal bins over [0, 1], each closed below and open above, the last closed.
- What is predicted is that the majority is right; an abstained majority is wrong.
- A confidence below 0 (more values drawn than options) is in no bin, yet counts in N, as published.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.metrics.base import Columns, Metric, Over, Sums, ratio
from evitrail.eval.metrics.definition import PAPER
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.metrics.stats import Draws, Replicates

BINS = 10


class Reliability(NamedTuple):
    """The reliability diagram of each replicate: one row per replicate, one column per bin."""

    cases: NDArray[np.float64]
    confidence: NDArray[np.float64]
    """Sum of the confidences in the bin."""
    correct: NDArray[np.float64]
    """How many majorities in the bin are right."""
    asked: Replicates
    """All cases with ballots, binned or not."""


def reliability(runs: Sequence[Scored], draws: Draws) -> Reliability:
    """Sort the cases with ballots into bins, for every replicate at once."""
    return _of_sums(draws @ _columns(runs))


def _columns(runs: Sequence[Scored]) -> Columns:
    confidence = np.array([run.outcome.confidence for run in runs], dtype=np.float64)
    correct = np.array([bool(run.outcome.majority_correct) for run in runs], dtype=np.float64)
    edges = np.linspace(0.0, 1.0, BINS + 1)
    upper = np.append(edges[1:-1], np.inf)
    with_ballots = ~np.isnan(confidence)
    held = np.where(with_ballots, confidence, 0.0)[:, None]
    member = with_ballots[:, None] & (held >= edges[:-1]) & (held < upper)
    return np.column_stack([member, member * held, member * correct[:, None], with_ballots])


def _of_sums(sums: NDArray[np.float64]) -> Reliability:
    cases, confidence, correct = (sums[:, BINS * part : BINS * (part + 1)] for part in range(3))
    return Reliability(cases, confidence, correct, asked=sums[:, -1])


def _expected_error(sums: NDArray[np.float64]) -> Replicates:
    diagram = _of_sums(sums)
    return ratio(np.abs(diagram.confidence - diagram.correct).sum(axis=1), diagram.asked)


def _maximum_error(sums: NDArray[np.float64]) -> Replicates:
    diagram = _of_sums(sums)
    widest: Replicates = np.fmax.reduce(ratio(np.abs(diagram.confidence - diagram.correct), diagram.cases), axis=1)
    return widest


ECE = Metric(
    name="ece",
    description="Expected calibration error: mean gap between confidence and accuracy, weighted by bin.",
    formula="sum over 10 bins of n[b] / n * |mean confidence - share of right majorities|",
    citation=f"{PAPER}, specification 3.7",
    compute=Over(lambda run: run.outcome.confidence, Sums(_columns, _expected_error)),
    share=True,
)

MCE = Metric(
    name="mce",
    description="Maximum calibration error: the widest gap between confidence and accuracy in any bin.",
    formula="max over 10 bins of |mean confidence - share of right majorities|",
    citation=f"{PAPER}, specification 3.7",
    compute=Over(lambda run: run.outcome.confidence, Sums(_columns, _maximum_error)),
    share=True,
)
