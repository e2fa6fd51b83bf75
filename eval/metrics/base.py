"""A metric is a value: a name, a sentence, a formula, a citation, and how it is computed.

Rules kept here
- One computation serves the point estimate and every bootstrap replicate: a replicate is a row of
  draws, and the point estimate is the row that draws each case once.
- A case of which the metric does not speak is None and leaves the mean, numerator and denominator.
  Where no case is left the value is None: unknown is never 0.
- An abstention is not unknown: it counts as wrong, and as no harm, and stays in the denominator.
- A case that lost its ballots counts as a failure to agree, unless no case of the condition has any:
  then nothing was sampled, and the value is None.
- A metric reads a ``Scored`` run: its outcome, its case, its answer, what it cost. Where only outcomes are at hand, a
  metric that needs more is None.
- A metric that lies between 0 and 1 says so (``share``): where every case agrees, Wilson's interval is its interval.
- A metric that a clock decides says so (``clocked``). It stands in ``cost.json``, never in ``metrics.json``, where
  equal seeds give equal bytes.

    >>> from evitrail.eval.metrics.accuracy import ACCURACY
    >>> ACCURACY, ACCURACY.value([])
    (accuracy, None)

Declarations are in the files beside this one; a metric never calls a model and never opens a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.scored import Scored, as_scored
from evitrail.eval.metrics.stats import Draws, Replicates

Compute = Callable[[Sequence[Scored], Draws], Replicates]
"""One value for each row of draws over the runs."""


@dataclass(frozen=True, repr=False)
class Metric:
    """One number about a list of scored runs, whose name is the same in code, tables and files."""

    name: str
    description: str
    formula: str
    citation: str
    compute: Compute
    share: bool = False
    """Whether each case's number lies between 0 and 1, so that a binomial interval encloses their mean."""
    clocked: bool = False
    """Whether a clock decides it, so that equal runs give different numbers."""

    def __repr__(self) -> str:
        return self.name

    def value(self, runs: Sequence[Outcome | Scored]) -> float | None:
        """The number itself; None where it is unknown."""
        if not runs:
            return None
        return known(self.replicates(runs, np.ones((1, len(runs))))[0])

    @property
    def sums(self) -> Sums | None:
        """How it follows from sums over the runs, if it does."""
        computed = self.compute.compute if isinstance(self.compute, Over) else None
        return computed if isinstance(computed, Sums) else None

    def cases(self, runs: Sequence[Outcome | Scored]) -> int:
        """How many of the runs it speaks of."""
        if self.value(runs) is None:
            return 0
        return self.compute.cases(as_scored(runs)) if isinstance(self.compute, Over) else len(runs)

    def replicates(self, runs: Sequence[Outcome | Scored], draws: Draws) -> Replicates:
        """The number for each row of draws; NaN where it is unknown."""
        return self.compute(as_scored(runs), draws)


Columns = NDArray[np.float64]
"""One row per run. The last column is 1 where the metric speaks of the run, else 0."""


@dataclass(frozen=True)
class Sums:
    """A computation that needs no more of the runs than the sum of each column over those that were drawn.

    So many metrics can be computed for all replicates by one multiplication of matrices.
    """

    columns: Callable[[Sequence[Scored]], Columns]
    reduce: Callable[[NDArray[np.float64]], Replicates]
    """From the sums, one row per replicate, to one number each."""

    def __call__(self, runs: Sequence[Scored], draws: Draws) -> Replicates:
        return self.reduce(draws @ self.columns(runs))


@dataclass(frozen=True)
class Over:
    """A computation over the runs for which ``each`` is not None; ``Sums`` where it can be."""

    each: Callable[[Scored], float | None]
    compute: Compute

    def __call__(self, runs: Sequence[Scored], draws: Draws) -> Replicates:
        return self.compute(runs, draws)

    def cases(self, runs: Sequence[Scored]) -> int:
        """How many runs those are."""
        return int(_values(self.each, runs)[1].sum())


def mean(each: Callable[[Scored], float | None]) -> Over:
    """The mean of ``each`` over the runs for which it is not None."""

    def columns(runs: Sequence[Scored]) -> Columns:
        values, known = _values(each, runs)
        return np.array([np.where(known, values, 0.0), known]).T

    return Over(each, Sums(columns, _ratio_of_two))


def median(each: Callable[[Scored], float | None]) -> Over:
    """The median of ``each`` over the runs for which it is not None; of an even number, the mean of the middle two."""

    def compute(runs: Sequence[Scored], draws: Draws) -> Replicates:
        values, known = _values(each, runs)
        if not known.any():
            return np.full(len(draws), np.nan)
        order = np.argsort(values[known], kind="stable")
        ranked = values[known][order]
        upto = np.cumsum(draws[:, known][:, order], axis=1)
        drawn = upto[:, -1:]
        lower, upper = ((upto >= place).argmax(axis=1) for place in (np.ceil(drawn / 2), np.floor(drawn / 2) + 1))
        return np.where(drawn[:, 0] > 0, (ranked[lower] + ranked[upper]) / 2, np.nan)

    return Over(each, compute)


def sampled(over: Over) -> Over:
    """The same, but unknown where no case has ballots."""

    known = over.compute
    assert isinstance(known, Sums), over  # every metric of samples is a mean

    def guarded(runs: Sequence[Scored]) -> Columns:
        columns = known.columns(runs)
        return columns if any(run.outcome.ballots for run in runs) else np.zeros_like(columns)

    return Over(over.each, Sums(guarded, known.reduce))


def known(value: float) -> float | None:
    """The number; None for NaN."""
    return None if math.isnan(value) else float(value)


def ratio(numerator: Replicates, denominator: Replicates) -> Replicates:
    """Their quotient, NaN where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)


def _ratio_of_two(sums: NDArray[np.float64]) -> Replicates:
    return ratio(sums[:, 0], sums[:, 1])


def _values(
    each: Callable[[Scored], float | None], runs: Sequence[Scored]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One number for each run, and whether it is known."""
    values = np.array([each(run) for run in runs], dtype=np.float64)
    return values, ~np.isnan(values)
