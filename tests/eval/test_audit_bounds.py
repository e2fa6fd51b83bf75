"""Bounds of rates and of paired differences: what is decided, what is not, and how often by mistake."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from public_data import DATA, needs

from evitrail.eval.audit.bounds import Tolerance, deciding_n, exact_bounds, judge, passing_n
from evitrail.eval.audit.paired_bounds import deciding_pairs, difference_bounds, judge_pairs

THREE = Tolerance("at_most", 0.03)
TOLERANCES = DATA / "governance" / "gate" / "tolerance.jsonl"


@needs(TOLERANCES)
def test_verdicts_and_bounds_at_a_tolerance_of_three_per_cent_are_the_published_ones() -> None:
    rows = [json.loads(line) for line in TOLERANCES.read_text("utf-8").splitlines()]
    assert len(rows) == 17
    for row in rows:
        tolerance = Tolerance("at_most", row["tolerance"])
        assert judge(row["events"], row["n"], tolerance) == row["verdict"], row
        if row["n"]:
            assert exact_bounds(row["events"], row["n"]) == pytest.approx((row["lower"], row["upper"]), abs=1e-8)


def test_seven_errors_in_92_fail_and_none_in_92_cannot_be_told() -> None:
    assert judge(7, 92, THREE) == "fail"
    assert judge(0, 92, THREE) == "cannot tell"


@pytest.mark.parametrize(("errors", "n"), [(0, 99), (1, 157), (2, 208), (3, 257), (5, 348)])
def test_three_per_cent_are_shown_by_so_many_cases_and_not_by_one_fewer(errors: int, n: int) -> None:
    assert (judge(errors, n, THREE), judge(errors, n - 1, THREE)) == ("pass", "cannot tell")
    assert passing_n(errors, 50, THREE) == n


@pytest.mark.parametrize("rate", [0.04, 0.05])
def test_a_true_rate_above_the_tolerance_passes_in_at_most_one_per_cent_of_audits_of_200_cases(rate: float) -> None:
    drawn = Counter(np.random.default_rng(42).binomial(200, rate, size=20_000).tolist())
    passed = sum(times for errors, times in drawn.items() if judge(errors, 200, THREE) == "pass")
    assert passed / 20_000 <= 0.01


def test_the_number_of_cases_that_would_decide_at_the_observed_rate_decides() -> None:
    assert deciding_n(5, 92, THREE) == 203
    assert judge(11, 203, THREE) == "fail"
    assert deciding_n(2, 200, THREE) == 257
    assert judge(3, 257, THREE) == "pass"
    assert deciding_n(6, 200, THREE) is None, "at exactly three per cent no number of cases decides"
    assert deciding_n(0, 0, THREE) is None


def test_a_rate_that_must_be_high_is_judged_as_its_opposite_is() -> None:
    for right, n in ((92, 92), (85, 92), (80, 200), (194, 200)):
        assert judge(right, n, Tolerance("at_least", 0.97)) == judge(n - right, n, THREE)
        assert passing_n(right, n, Tolerance("at_least", 0.97)) == passing_n(n - right, n, THREE)


def test_bounds_refuse_counts_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="got 5 of 4"):
        exact_bounds(5, 4)


def test_equal_answers_show_no_worse_only_on_enough_cases() -> None:
    assert judge_pairs(0, 0, 92, 0.02) == "cannot tell"
    needed = deciding_pairs(0, 0, 92, 0.02)
    assert needed is not None
    assert (judge_pairs(0, 0, needed, 0.02), judge_pairs(0, 0, needed - 1, 0.02)) == ("pass", "cannot tell")


def test_the_bounds_of_a_difference_mirror_when_the_two_change_places() -> None:
    lower, upper = difference_bounds(12, 9, 100)
    assert difference_bounds(9, 12, 100) == pytest.approx((-upper, -lower))
    assert lower < 0.03 < upper


@pytest.mark.parametrize(("won", "lost", "n"), [(0.05, 0.07, 92), (0.10, 0.12, 200), (0.02, 0.04, 400)])
def test_a_system_worse_by_just_the_margin_passes_in_about_one_of_twenty_audits(
    won: float, lost: float, n: int
) -> None:
    drawn = np.random.default_rng(7).multinomial(n, [won, lost, 1 - won - lost], size=20_000)
    counts = Counter(map(tuple, drawn[:, :2].tolist()))
    passed = sum(times for (w, k), times in counts.items() if judge_pairs(w, k, n, 0.02) == "pass")
    assert passed / 20_000 < 0.06


def test_a_system_that_lost_many_cases_fails() -> None:
    assert judge_pairs(2, 30, 200, 0.02) == "fail"
    assert judge_pairs(30, 2, 200, 0.02) == "pass"
