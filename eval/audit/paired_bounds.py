"""Is a system no worse than its baseline on the same cases, but for a margin? Pass, fail, or cannot tell.

Rules kept here
- Cases are paired. What decides is where the two differ: ``won`` cases only we have, ``lost`` cases only the baseline.
- The bounds of the difference (won - lost) / n are one-sided and by score (Tango 1998, Statistics in Medicine 17:891):
  they have a width where no case differs, so that few equal cases show nothing.
- Non-inferior if the lower bound is above -margin; inferior if the upper bound is below it; else it cannot be told.
- Of a rate that should be low, ``won`` and ``lost`` change places: winning is the error that only the baseline made.

    >>> judge_pairs(won=0, lost=0, n=92, margin=0.02), deciding_pairs(won=0, lost=0, n=92, margin=0.02)
    ('cannot tell', 133)
"""

from __future__ import annotations

import math
from typing import NamedTuple

from evitrail.eval.audit.bounds import MOST_CASES, Bounds, Verdict

EDGE = 1e-9
"""How near to -1 and 1 a difference is looked for."""


class Pairs(NamedTuple):
    """How two systems differ on the same cases."""

    won: int
    lost: int
    n: int


def difference_bounds(won: float, lost: float, n: float, confidence: float = 0.95) -> Bounds:
    """The one-sided score bounds of the paired difference (won - lost) / n."""
    from scipy import stats

    z = float(stats.norm.ppf(confidence))
    return Bounds(_root(won, lost, n, z), -_root(lost, won, n, z))


def judge_pairs(won: int, lost: int, n: int, margin: float, confidence: float = 0.95) -> Verdict:
    """Whether we are no worse than the baseline by ``margin`` or more."""
    z = _score(won, lost, n, -margin)
    return _verdict(z, confidence)


def deciding_pairs(won: int, lost: int, n: int, margin: float, confidence: float = 0.95) -> int | None:
    """The least number of cases, if both went on to differ as often, that gives a verdict; None where none does."""
    if n < 1:
        raise ValueError(f"expected at least one pair, got {n!r}")

    def decides(cases: int) -> bool:
        return _verdict(_score(won * cases / n, lost * cases / n, cases, -margin), confidence) != "cannot tell"

    if not decides(MOST_CASES):
        return None
    # At a fixed rate the score only grows with the number of cases, so halving finds the first that decides.
    low, high = n, MOST_CASES
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle + 1, high)
    return low


def _verdict(z: float, confidence: float) -> Verdict:
    from scipy import stats

    critical = float(stats.norm.ppf(confidence))
    return "pass" if z > critical else "fail" if z < -critical else "cannot tell"


def _root(won: float, lost: float, n: float, z: float) -> float:
    """The lower bound: the difference at which the score is ``z``."""
    from scipy import optimize

    low, high = -1 + EDGE, (won - lost) / n
    if high <= low or _score(won, lost, n, low) <= z:
        return -1.0
    return float(optimize.brentq(lambda d: _score(won, lost, n, d) - z, low, high, xtol=1e-12))


def _score(won: float, lost: float, n: float, difference: float) -> float:
    """Tango's score statistic of this difference: how many standard errors the observed one lies above it."""
    d = difference
    a, b, c = 2 * n, -won - lost + (2 * n - won + lost) * d, -lost * d * (1 - d)
    share_lost = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = n * (2 * share_lost + d * (1 - d))
    above = won - lost - n * d
    if variance <= 0:
        return math.copysign(math.inf, above) if above else 0.0
    return above / math.sqrt(variance)
