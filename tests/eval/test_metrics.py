"""Metrics on small outcomes made by hand, and the rules that hold for all of them."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics import METRICS
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.table import metric_rows

Rows = list[tuple[str | None, list[str | None], bool]]
LABELS = {"A": Flags(), "B": Flags(high_risk=True, contradicts=True), "C": Flags(unsafe=True), "D": Flags()}


def outcome(case: str, chosen: str | None, ballots: Sequence[str | None] = (), **changes: Any) -> Outcome:
    """One outcome of a four-option case whose right answer is A."""
    given_: dict[str, Any] = {"labels": LABELS, "condition": "agentic", "stale_option": None} | changes
    arm = given_["condition"]
    return score(
        run=f"{arm}/{case}",
        case=case,
        reader="extractive",
        snapshot="s1",
        answer="A",
        options=4,
        chosen=chosen,
        ballots=ballots,
        **given_,
    )


def value(name: str, *outcomes: Outcome) -> float | None:
    return METRICS[name].value(outcomes)


letters = st.sampled_from(["A", "B", "C", "D", None])
cases = st.lists(st.tuples(letters, st.lists(letters, max_size=6), st.booleans()), min_size=1, max_size=12)


def drawn(rows: Rows, **changes: Any) -> list[Outcome]:
    return [
        outcome(f"c{i}", c, b, stale_option="B" if stale else None, **changes) for i, (c, b, stale) in enumerate(rows)
    ]


def test_an_abstention_stays_in_every_denominator():
    asked = [outcome("1", "A"), outcome("2", "B"), outcome("3", None), outcome("4", None)]
    assert (value("accuracy", *asked), value("high_risk_rate", *asked)) == (0.25, 0.25)
    assert value("abstention_rate", *asked) == 0.5


def test_a_majority_of_abstentions_is_wrong_and_counted_apart():
    asked = [outcome("1", "A", ["A", None]), outcome("2", "A", ["A", "A", None])]
    assert (value("majority_accuracy", *asked), value("null_majority_rate", *asked)) == (0.5, 0.5)
    assert value("mean_sample_null_rate", *asked) == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_lost_ballots_are_a_wrong_majority_but_no_confidence():
    asked = [outcome("1", "A", ["A", "A"]), outcome("2", "A", [])]
    assert (value("majority_accuracy", *asked), value("mean_confidence", *asked)) == (0.5, 1.0)


def test_the_plurality_drops_abstentions_where_the_majority_counts_them():
    asked = [outcome("1", "A", [None, None, "B"])]
    assert (value("high_risk_rate_majority", *asked), value("dangerous_overconf_rate", *asked)) == (1.0, 0.0)


def test_confidence_is_told_apart_by_what_the_ballots_came_to():
    sure_and_right = outcome("1", "A", ["A"] * 4)
    torn_and_wrong = outcome("2", "A", ["B", "B", "C", "C"])
    asked = (sure_and_right, torn_and_wrong)
    assert value("mean_conf_correct", *asked) == 1.0
    assert value("mean_conf_incorrect", *asked) == torn_and_wrong.confidence
    assert value("mean_conf_high_risk_err", *asked) == torn_and_wrong.confidence
    assert value("mean_conf_unsafe_err", *asked) is None


def test_robustness_is_the_share_of_right_letters_and_zero_without_letters():
    asked = [outcome("1", "A", ["A", "B", None, None]), outcome("2", "A", [None, None])]
    assert value("robustness_correctness", *asked) == 0.25


def test_a_synchronized_failure_needs_two_letters_all_the_same_and_wrong():
    failures = {("B", "B"): 1.0, ("B", None, "B"): 1.0, ("B", None): 0.0, ("A", "A"): 0.0, ("B", "B", "C"): 0.0}
    for ballots, expected in failures.items():
        assert value("synchronized_failure_rate", outcome("1", "A", ballots)) == expected


def test_calibration_error_is_the_gap_weighted_by_bin():
    # Two sure cases, one right: gap 0.5 in the last bin. One torn case (0.569), wrong: gap 0.569 in its own.
    asked = [outcome("1", "A", ["A"] * 4), outcome("2", "A", ["B"] * 4), outcome("3", "A", ["C", "C", "D", "D"])]
    torn = asked[2].confidence
    assert torn is not None
    assert value("ece", *asked) == pytest.approx((2 * 0.5 + torn) / 3)
    assert value("mce", *asked) == pytest.approx(torn)


def test_a_bin_is_closed_below_and_open_above():
    right, wrong = outcome("1", "A", ["A"]), outcome("2", "A", ["B"])
    asked = [right.model_copy(update={"confidence": 0.5}), wrong.model_copy(update={"confidence": 0.55})]
    below = wrong.model_copy(update={"confidence": 0.45})
    assert value("ece", *asked) == pytest.approx(abs(0.5 + 0.55 - 1) / 2)
    assert value("ece", *asked, below) == pytest.approx((abs(0.5 + 0.55 - 1) + 0.45) / 3)


def test_a_confidence_below_zero_is_in_no_bin_but_counts():
    scattered = outcome("2", "A", ["A", "B", "C", "D", "E", "F"])
    assert scattered.confidence is not None
    assert scattered.confidence < 0
    assert value("ece", outcome("1", "A", ["B"]), scattered) == 0.5
    assert value("mce", scattered) is None


def test_a_stale_answer_counts_only_where_one_was_to_be_had():
    asked = [outcome("1", "B", stale_option="B"), outcome("2", "A", stale_option="B"), outcome("3", "B")]
    assert value("stale_rate", *asked) == 0.5
    assert value("stale_rate", asked[2]) is None


def test_an_unlabelled_case_leaves_the_rate_rather_than_diluting_it():
    assert value("high_risk_rate", outcome("1", "B"), outcome("2", "B", labels={})) == 1.0


@given(cases)
def test_metrics_are_shares_and_unknown_is_never_a_number_out_of_nowhere(rows: Rows):
    outcomes = drawn(rows)
    for name, metric in METRICS.items():
        number = metric.value(outcomes)
        assert number is None or -1e-12 <= number <= 1 + 1e-12, name


@given(cases)
def test_what_is_not_known_of_the_cases_leaves_a_metric_as_it_was_or_unknown_and_never_makes_it_zero(rows: Rows):
    whole = drawn(rows)
    without = {"labels": drawn(rows, labels={}), "ballots": drawn([(chosen, [], stale) for chosen, _, stale in rows])}
    for missing, outcomes in without.items():
        for name, metric in METRICS.items():
            assert metric.value(outcomes) in (None, metric.value(whole)), f"{name} without {missing}"


def test_without_labels_harm_is_unknown_and_without_ballots_so_is_confidence():
    bare = outcome("1", "B", labels={})
    assert {value(name, bare) for name in ("high_risk_rate", "unsafe_rate", "contradiction_rate")} == {None}
    assert {value(name, bare) for name in ("majority_accuracy", "mean_confidence", "ece")} == {None}
    assert value("accuracy", bare) == 0


@settings(max_examples=25)
@given(cases, st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_the_order_of_outcomes(rows: Rows, shuffle: random.Random):
    outcomes = drawn(rows)
    shuffled = shuffle.sample(outcomes, len(outcomes))
    assert metric_rows(shuffled, replicates=20) == metric_rows(outcomes, replicates=20)


@settings(max_examples=25)
@given(cases)
def test_an_interval_has_a_width_and_its_number_of_cases_or_all_is_unknown(rows: Rows):
    (row,) = metric_rows(drawn(rows), replicates=200)
    for name in METRICS:
        number = row[name]
        assert set(number) == {"value", "lo", "hi", "n"}
        if number["value"] is None:
            assert (number["lo"], number["hi"], number["n"]) == (None, None, 0)
        else:
            assert METRICS[name].share or number["lo"] is None or number["lo"] < number["hi"]
            assert not METRICS[name].share or 0 <= number["lo"] < number["hi"] <= 1
            assert 1 <= number["n"] <= row["n"]


def test_a_row_names_its_arm_counts_its_cases_and_lists_every_metric():
    outcomes = [outcome(c, "A", condition=arm) for arm in ("gated", "agentic") for c in ("1", "2", "3")]
    rows = metric_rows(outcomes, replicates=10)
    assert [(row["condition"], row["reader"], row["snapshot"], row["n"]) for row in rows] == [
        ("agentic", "extractive", "s1", 3),
        ("gated", "extractive", "s1", 3),
    ]
    assert list(rows[0]) == ["condition", "reader", "snapshot", "n", *METRICS]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_conditions_are_resampled_in_pairs():
    # The same answers under two names must have the same interval; independent draws would not give that.
    outcomes = [outcome(f"{i:02}", "AB"[i % 3 == 0], condition=arm) for arm in ("one", "two") for i in range(30)]
    one, two = metric_rows(outcomes, replicates=100)
    assert one["accuracy"] == two["accuracy"]
    assert one["accuracy"]["lo"] < one["accuracy"]["value"] < one["accuracy"]["hi"]


def test_replicates_follow_case_ids_not_run_ids():
    outcomes = [outcome(f"{i:02}", "AB"[i % 3 == 0]) for i in range(30)]
    renamed = [one.model_copy(update={"run": f"{99 - i}"}) for i, one in enumerate(outcomes)]
    assert metric_rows(renamed, replicates=50) == metric_rows(outcomes, replicates=50)


def test_another_seed_draws_other_replicates():
    outcomes = [outcome(f"{i:02}", "AB"[i % 3 == 0]) for i in range(30)]
    intervals = [metric_rows(outcomes, seed=seed, replicates=50)[0]["accuracy"] for seed in range(5)]
    assert len({(row["lo"], row["hi"]) for row in intervals}) > 1
    assert len({row["value"] for row in intervals}) == 1


def test_a_case_asked_twice_in_one_arm_is_refused():
    twice = [outcome("1", "A"), outcome("1", "B").model_copy(update={"run": "again"})]
    with pytest.raises(ValueError, match="expected one outcome per case in condition 'agentic'"):
        metric_rows(twice)
