"""How often an interval of an attribution holds the true rate, computed exactly: no draw is made.

For a true rate every count that re-runs can come to is weighted with its chance; the count alone gives the interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest
from scipy.stats import binom

from evitrail.eval.attribution.replays.fresh import LOOKS, Fresh
from evitrail.eval.metrics.stats import Interval, plus_two_interval

RATES = [percent / 100 for percent in range(1, 100)]
ASKED = 0.93


def coverage(chances: dict[tuple[int, int], float], rate: float, interval: Callable[[int, int], Interval]) -> float:
    """The chance that the interval over ``(failed, of)`` holds the rate."""
    assert sum(chances.values()) == pytest.approx(1)
    held = {count: interval(*count) for count in chances}
    return sum(chance for count, chance in chances.items() if held[count].lo <= rate <= held[count].hi)


def looked(rate: float) -> dict[tuple[int, int], float]:
    """The chances of what fresh re-runs end with, which go on only while nothing is decided."""
    ended: Counter[tuple[int, int]] = Counter()
    open_, before = {0: 1.0}, 0
    for look in LOOKS:
        now: Counter[int] = Counter()
        for failed, chance in open_.items():
            for more in range(look - before + 1):
                now[failed + more] += chance * float(binom.pmf(more, look - before, rate))
        undecided = {failed for failed in now if look != LOOKS[-1] and not again(failed, look).decides(bool)}
        ended.update({(failed, look): chance for failed, chance in now.items() if failed not in undecided})
        open_, before = {failed: now[failed] for failed in undecided}, look
    return dict(ended)


@cache
def again(failed: int, of: int) -> Fresh:
    """Fresh re-runs of which so many failed; what came out of each is whether it failed."""
    return Fresh(tuple([True] * failed + [False] * (of - failed)))  # type: ignore[arg-type]


@cache
def plus_two(failed: int, of: int) -> Interval:
    return plus_two_interval([1.0] * failed + [0.0] * (of - failed))


@pytest.mark.parametrize("replicates", [4, 8, 16, 32])
def test_the_interval_of_a_share_of_blame_holds_it_at_least_93_times_in_100(replicates: int) -> None:
    for rate in RATES:
        counts = {(k, replicates): float(binom.pmf(k, replicates, rate)) for k in range(replicates + 1)}
        assert coverage(counts, rate, plus_two) >= ASKED, (rate, replicates)


def test_how_often_a_failure_comes_back_lies_in_its_interval_at_least_93_times_in_100_though_one_looks_thrice() -> None:
    """Each look alone is an exact interval; that one may stop early costs at most two of its points."""
    for rate in RATES:
        assert coverage(looked(rate), rate, lambda failed, of: again(failed, of).rate(bool)[1]) >= ASKED, rate
