"""A metric is a value: a name, a sentence, a citation, and how it is computed.

Rules kept here
- One computation serves the point estimate and every bootstrap replicate: a replicate is a row of
  draws, and the point estimate is the row that draws each case once.
- A case of which the metric does not speak is None and leaves the mean, numerator and denominator.
  Where no case is left the value is None: unknown is never 0.
- An abstention is not unknown: it counts as wrong, and as no harm, and stays in the denominator.
- A case that lost its ballots counts as a failure to agree, unless no case of the condition has any:
  then nothing was sampled, and the value is None.

    >>> from evitrail.eval.metrics.accuracy import ACCURACY
    >>> ACCURACY, ACCURACY.value([])
    (accuracy, None)

Declarations are in the files beside this one; a metric never calls a model and never reads a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.stats import Draws, Replicates

PAPER = "SaFE-Scale, arXiv 2605.04039"

Compute = Callable[[Sequence[Outcome], Draws], Replicates]
"""One value for each row of draws over the outcomes."""


@dataclass(frozen=True, repr=False)
class Metric:
    """One number about a list of outcomes, whose name is the same in code, tables and files."""

    name: str
    description: str
    citation: str
    compute: Compute

    def __repr__(self) -> str:
        return self.name

    def value(self, outcomes: Sequence[Outcome]) -> float | None:
        """The number itself; None where it is unknown."""
        if not outcomes:
            return None
        value = float(self.compute(outcomes, np.ones((1, len(outcomes))))[0])
        return None if math.isnan(value) else value


def mean(each: Callable[[Outcome], float | None]) -> Compute:
    """The mean of ``each`` over the cases for which it is not None."""

    def compute(outcomes: Sequence[Outcome], draws: Draws) -> Replicates:
        values = np.array([each(outcome) for outcome in outcomes], dtype=np.float64)
        spoken_of = ~np.isnan(values)
        return ratio(draws @ np.where(spoken_of, values, 0.0), draws @ spoken_of)

    return compute


def sampled(compute: Compute) -> Compute:
    """The same, but unknown where no case has ballots."""

    def guarded(outcomes: Sequence[Outcome], draws: Draws) -> Replicates:
        if any(outcome.ballots for outcome in outcomes):
            return compute(outcomes, draws)
        return np.full(len(draws), np.nan)

    return guarded


def ratio(numerator: Replicates, denominator: Replicates) -> Replicates:
    """Their quotient, NaN where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)
