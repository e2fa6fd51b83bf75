"""What a count of events says of a rate, against a tolerance: pass, fail, or cannot tell.

Rules kept here
- Bounds are exact (Clopper and Pearson, 1934) and one-sided: with 95 % confidence the true rate is at most ``upper``,
  and with 95 % confidence it is at least ``lower``.
- A rate that must be at most *t* passes if ``upper`` <= t, fails if ``lower`` > t, and cannot be told between the two;
  a rate that must be at least *t* is judged the other way round.
- No case, no verdict: the bounds of nothing are 0 and 1.
- Two numbers of cases say what would decide: ``passing_n``, if no further case went wrong, and ``deciding_n``, if cases
  went wrong as often as so far, rounded against the verdict.

    >>> judge(0, 92, Tolerance("at_most", 0.03)), passing_n(0, 92, Tolerance("at_most", 0.03))
    ('cannot tell', 99)
    >>> judge(7, 92, Tolerance("at_most", 0.03))
    'fail'

scipy takes a moment to import, so the functions that need it import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["pass", "fail", "cannot tell"]
Side = Literal["at_most", "at_least"]

MOST_CASES = 100_000
"""Where the search for a number of cases that would decide ends."""
BLOCK = 8_192
"""Numbers of cases tried at once."""
ROUNDING = 1e-9
"""A rate times a number of cases may miss a whole number by this much."""


class Tolerance(NamedTuple):
    """How high or low a rate may be, and how sure one must be."""

    side: Side
    share: float
    confidence: float = 0.95
    """Of each one-sided bound."""


class Bounds(NamedTuple):
    """Two one-sided bounds of a rate or a difference."""

    lower: float
    upper: float


def exact_bounds(events: int, n: int, confidence: float = 0.95) -> Bounds:
    """The one-sided Clopper-Pearson bounds of a rate."""
    if not 0 <= events <= n:
        raise ValueError(f"expected 0 <= events <= n, got {events!r} of {n!r}")
    if n == 0:
        return Bounds(0.0, 1.0)
    lower, upper = _bounds(np.array([events]), np.array([n]), confidence)
    return Bounds(float(lower[0]), float(upper[0]))


def judge(events: int, n: int, tolerance: Tolerance) -> Verdict:
    """The verdict on a count of events."""
    return verdict_of(exact_bounds(events, n, tolerance.confidence), tolerance)


def verdict_of(bounds: Bounds, tolerance: Tolerance) -> Verdict:
    """The verdict on the bounds of a rate."""
    if tolerance.side == "at_most":
        return _decided(bounds.upper <= tolerance.share, bounds.lower > tolerance.share)
    return _decided(bounds.lower >= tolerance.share, bounds.upper < tolerance.share)


def passing_n(events: int, n: int, tolerance: Tolerance) -> int | None:
    """The least number of cases that passes if no further case goes wrong; None where no number up to 100,000 does.

    At 3 %: 99 without an event, 157 with one, 208 with two.
    """
    wrong = events if tolerance.side == "at_most" else n - events
    for cases in _blocks(n):
        known = np.full_like(cases, wrong) if tolerance.side == "at_most" else cases - wrong
        lower, upper = _bounds(known, cases, tolerance.confidence)
        passes = upper <= tolerance.share if tolerance.side == "at_most" else lower >= tolerance.share
        if passes.any():
            return int(cases[passes.argmax()])
    return None


def deciding_n(events: int, n: int, tolerance: Tolerance) -> int | None:
    """The least number of cases, at the observed rate, that gives a verdict; None where no number up to 100,000 does.

    None too where there is no case to observe a rate on.
    """
    if n == 0:
        return None
    t, rate = tolerance.share, events / n

    def decides(cases: NDArray[np.int64]) -> NDArray[np.bool_]:
        few = np.floor(rate * cases + ROUNDING)
        many = np.minimum(np.ceil(rate * cases - ROUNDING), cases)
        # Whichever verdict it would be, the rounded count speaks against it.
        highest = _bounds(many, cases, tolerance.confidence)[1]
        lowest = _bounds(few, cases, tolerance.confidence)[0]
        under = highest <= t if tolerance.side == "at_most" else highest < t
        over = lowest > t if tolerance.side == "at_most" else lowest >= t
        return np.asarray(under | over)

    if not decides(np.array([max(n, MOST_CASES)]))[0]:
        return None
    return next((int(cases[found.argmax()]) for cases in _blocks(n) if (found := decides(cases)).any()), None)


def _blocks(n: int) -> Iterator[NDArray[np.int64]]:
    """Numbers of cases from ``n`` on, some at a time."""
    for start in range(max(n, 1), MOST_CASES, BLOCK):
        yield np.arange(start, min(start + BLOCK, MOST_CASES))


def _decided(passes: bool, fails: bool) -> Verdict:
    return "pass" if passes else "fail" if fails else "cannot tell"


def _bounds(
    events: NDArray[np.int64] | NDArray[np.float64], n: NDArray[np.int64], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy import stats

    with np.errstate(invalid="ignore"):
        lower = np.where(events == 0, 0.0, stats.beta.ppf(1 - confidence, events, n - events + 1))
        upper = np.where(events == n, 1.0, stats.beta.ppf(confidence, events + 1, n - events))
    return lower, upper
