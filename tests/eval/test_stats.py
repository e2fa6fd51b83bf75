"""Resampling, exact tests and intervals, against the check values of the specification, section 10."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats import contingency_tables, multitest, proportion

from evitrail.eval.metrics import stats

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_the_drawn_cases_are_the_published_ones():
    indices = stats.bootstrap_indices(200)
    assert indices[0, :12].tolist() == [17, 154, 130, 87, 86, 171, 17, 139, 40, 18, 105, 195]
    assert indices[-1, -6:].tolist() == [169, 112, 68, 24, 180, 186]
    assert indices.sum() == 19_919_921
    digest = hashlib.sha256(np.ascontiguousarray(indices, dtype="<i4").tobytes()).hexdigest()
    assert digest == "5b22697f8021443d57a1e85915ee9b92a6d4454f203a8482ef4b6444b82a7929"


def test_147_right_of_200_has_the_published_interval():
    percent = np.repeat([100.0, 0.0], [147, 53])
    summary = stats.summarise(stats.draws(stats.bootstrap_indices(200)) @ percent / 200)
    assert summary is not None
    assert (round(summary.mean, 3), round(summary.std, 4)) == (73.542, 3.1742)
    assert (summary.lo, summary.hi) == (67.0, 79.0)


def test_draws_count_what_the_indices_list():
    indices = stats.bootstrap_indices(7, replicates=5, seed=1)
    expected = [[(row == case).sum() for case in range(7)] for row in indices]
    assert stats.draws(indices).tolist() == expected


def test_a_replicate_without_a_value_leaves_the_summary_and_none_at_all_gives_none():
    assert stats.summarise(np.array([np.nan, 2.0, 4.0])) == stats.summarise(np.array([2.0, 4.0]))
    assert stats.summarise(np.array([np.nan, np.nan])) is None


@pytest.mark.parametrize(("left", "right", "p"), [(3, 10, 0.09228515625), (5, 5, 1.0), (0, 6, 0.03125), (0, 0, 1.0)])
def test_mcnemar_is_exact(left: int, right: int, p: float):
    assert stats.mcnemar(left, right) == pytest.approx(p, abs=1e-12)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_that_of_statsmodels(left: int, right: int):
    expected = contingency_tables.mcnemar([[0, left], [right, 0]], exact=True).pvalue
    assert stats.mcnemar(left, right) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 300), st.data())
def test_intervals_of_a_proportion_are_those_of_statsmodels(n: int, data: st.DataObject):
    k, confidence = data.draw(st.integers(0, n)), data.draw(st.sampled_from([0.9, 0.95, 0.99]))
    ours = {
        "wilson": stats.wilson(k, n, confidence=confidence),
        "beta": stats.clopper_pearson(k, n, confidence=confidence),
    }
    for method, interval in ours.items():
        expected = proportion.proportion_confint(k, n, alpha=1 - confidence, method=method)
        assert interval == pytest.approx(expected, abs=1e-9), method


@given(p_values)
def test_corrections_are_those_of_statsmodels(p: list[float]):
    for ours, theirs in {"holm": "holm", "benjamini_hochberg": "fdr_bh"}.items():
        expected = multitest.multipletests(p, method=theirs)[1]
        assert stats.adjusted(p, ours) == pytest.approx(expected, abs=1e-12)  # type: ignore[arg-type]


def test_an_interval_of_many_at_once_is_that_of_each_alone():
    values = [np.array([0.1, 0.2, 0.9]), np.array([0.5] * 3), np.array([np.nan, 0.2, 0.4]), np.full(3, np.nan)]
    alone = [stats.summarise(each) for each in values]
    assert stats.intervals(values) == [alone[0] and (alone[0].lo, alone[0].hi), None, (alone[2].lo, alone[2].hi), None]


def test_only_disagreements_are_discordant():
    assert stats.discordant([True, True, False, False, True], [True, False, True, False, False]) == (2, 1)


def test_conditions_over_different_cases_cannot_be_paired():
    with pytest.raises(ValueError, match="expected the same cases on both sides, got 2 and 3; pair them by case id"):
        stats.discordant([True, False], [True, False, True])


def test_a_difference_that_never_changes_sign_is_significant_and_a_symmetric_one_is_not():
    assert stats.bootstrap_p(np.full(1000, 0.1)) == 0.0
    assert stats.bootstrap_p(np.array([-1.0, 1.0] * 500)) == 1.0


def test_replicates_without_a_value_are_no_evidence_of_a_difference():
    assert stats.bootstrap_p(np.full(10, np.nan)) is None
    assert stats.bootstrap_p(np.array([np.nan] * 900 + [0.1] * 50 + [-0.1] * 50)) == 1.0
    assert stats.bootstrap_p(np.array([np.nan] * 900 + [0.1] * 100)) == 0.0


def test_wilson_gives_the_published_intervals():
    assert stats.wilson(0.73 * 200, 200) == pytest.approx((0.664566, 0.786766), abs=5e-7)
    published_z = 1 - 2 * norm.sf(1.96)
    assert stats.wilson(19, 20, confidence=published_z) == pytest.approx((0.763864, 0.991119), abs=5e-7)


def test_clopper_pearson_inverts_the_binomial_test():
    # Zero of n: the upper end is where n failures in a row have probability 2.5 %.
    assert stats.clopper_pearson(0, 10) == pytest.approx((0.0, 1 - 0.025 ** (1 / 10)))


@given(n=st.integers(1, 60), data=st.data())
def test_the_exact_interval_encloses_the_share_and_wilson_stays_in_bounds(n: int, data: st.DataObject):
    k = data.draw(st.integers(0, n))
    exact, score = stats.clopper_pearson(k, n), stats.wilson(k, n)
    assert 0 <= exact.lo <= k / n <= exact.hi <= 1
    assert -1e-9 <= score.lo <= k / n + 1e-9
    assert k / n - 1e-9 <= score.hi <= 1 + 1e-9


def test_more_successes_than_cases_are_refused():
    with pytest.raises(ValueError, match="expected 0 <= successes <= n and n >= 1, got 3 of 2"):
        stats.wilson(3, 2)


def test_holm_and_benjamini_hochberg_follow_their_papers():
    p = [0.01, 0.04, 0.03, 0.005]
    assert stats.adjusted(p, "holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert stats.adjusted(p, "benjamini_hochberg") == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert stats.adjusted([]) == []


@given(p_values)
def test_a_correction_never_makes_a_p_value_smaller_and_holm_is_the_stricter(p: list[float]):
    holm, hochberg = stats.adjusted(p, "holm"), stats.adjusted(p, "benjamini_hochberg")
    for raw, strict, lenient in zip(p, holm, hochberg, strict=True):
        assert raw - 1e-12 <= lenient <= strict + 1e-12
        assert strict <= 1


def test_the_plus_two_interval_is_a_t_interval_over_two_more_replicates():
    # Eight replays that all failed: mean 9/10, standard error 1/10, t(9) at 97.5 % = 2.262157.
    assert stats.plus_two_interval([1.0] * 8) == pytest.approx((0.9 - 0.2262157, 0.9 + 0.2262157), abs=1e-6)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=32))
def test_the_plus_two_interval_is_never_a_point_and_mirrors(values: list[float]):
    interval = stats.plus_two_interval(values)
    mirrored = stats.plus_two_interval([1 - value for value in values])
    assert interval.lo < interval.hi
    assert (1 - interval.hi, 1 - interval.lo) == pytest.approx(mirrored)


def test_no_replicates_give_no_interval():
    with pytest.raises(ValueError, match="expected at least one replicate, got none"):
        stats.plus_two_interval([])


@pytest.mark.parametrize(("n", "replicates"), [(0, 1000), (5, 0)])
def test_there_is_no_bootstrap_of_nothing(n: int, replicates: int):
    with pytest.raises(ValueError, match="expected at least one case and one replicate"):
        stats.bootstrap_indices(n, replicates=replicates)
