"""Shares of the records of blame with 95 % intervals, of which runs of one case are drawn together.

Rules kept here
- Intervals are percentiles of a bootstrap over cases, not runs: runs of one case fail together.
- Where all cases agree the bootstrap has no width, and Wilson's interval over the cases is used instead: two
  failures of two at one step are not proof that it is always that step.

    case_shares(blames, [["store" in blame.roles] for blame in blames], stats.bootstrap_draws(cases))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.metrics import stats

FLAT = 1e-12
"""Replicates that differ by less are equal; the rest is rounding."""


class CaseShare(NamedTuple):
    """What some records add up to, and which share of all that is."""

    total: float
    share: float
    lo: float
    hi: float


def case_shares(blames: Sequence[Blame], weights: Sequence[Sequence[float]], draws: stats.Draws) -> list[CaseShare]:
    """Of each column of weights, which have a row for each record; ``draws`` has a column for each case, by id."""
    place = {case: number for number, case in enumerate(sorted({blame.case for blame in blames}))}
    cases = [place[blame.case] for blame in blames]
    weighed = np.array(weights, dtype=np.float64).reshape(len(blames), -1)
    by_case = np.zeros((len(place), weighed.shape[1]))
    np.add.at(by_case, cases, weighed)
    runs = np.bincount(cases, minlength=len(place)).astype(np.float64)
    spread = (draws @ by_case) / (draws @ runs)[:, None]
    totals = by_case.sum(axis=0)
    return [
        CaseShare(
            round(float(total), 6), round(float(total) / len(blames), 6), *_ends(total / len(blames), drawn, len(place))
        )
        for total, drawn in zip(totals, spread.T, strict=True)
    ]


def _ends(value: float, replicates: stats.Replicates, cases: int) -> tuple[float, float]:
    if float(np.ptp(replicates)) < FLAT:
        # A sum of thirds may overshoot 1 in its last bit, which the interval would refuse.
        lo, hi = stats.wilson(min(float(value), 1.0) * cases, cases)
    else:
        lo, hi = np.quantile(replicates, [0.025, 0.975])
    return round(max(float(lo), 0.0), 6), round(min(float(hi), 1.0), 6)
