"""Ensembles, concentration, risk-coverage, paired tests and variance are what their definitions say in plain Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics import METRICS, stats
from evitrail.eval.metrics.concentration import concentration, errors_by_question
from evitrail.eval.metrics.outcome import Outcome, majority, score
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.statistics.answered import by_condition
from evitrail.eval.statistics.document import Wanted, statistics
from evitrail.eval.statistics.ensemble import Ensemble, ensemble_rows, pooled
from evitrail.eval.statistics.paired_tests import paired_rows
from evitrail.eval.statistics.per_question import question_rows
from evitrail.eval.statistics.scaling import Observed, safety_filters, slopes, variance_shares
from evitrail.eval.statistics.selective import risk_curves

RISKY = {
    "A": Flags(high_risk=True, unsafe=True, contradicts=True),  # the right one: a negated stem
    "B": Flags(high_risk=True),
    "C": Flags(unsafe=True),
    "D": Flags(contradicts=True),
    "E": Flags(),
}
FIVE = (*RISKY, None)
TRIO = Ensemble("trio", ("r1", "r2", "r3"))


def outcome(case: str, chosen: str | None, ballots: Sequence[str | None] = (), **more: Any) -> Outcome:
    """The answer to a question of four options (five where ``options`` says so), of which A is right and flagged."""
    told: dict[str, Any] = {"condition": "standard", "reader": "r1", "labels": RISKY, "options": 4} | more
    run = f"{told['condition']}@{told['reader']}.{case}"
    return score(run=run, case=case, snapshot="s", answer="A", chosen=chosen, ballots=ballots, **told)


def elected(*chosen: str | None, **more: Any) -> dict[str, Any]:
    """The row of an ensemble that was asked one question."""
    members = {f"r{n}": {"q": outcome("q", letter, reader=f"r{n}", **more)} for n, letter in enumerate(chosen, 1)}
    (row,) = ensemble_rows({"standard": members}, [TRIO])
    return row


letters = st.sampled_from(FIVE)
samples = st.lists(letters, max_size=8)


# Ensembles


@pytest.mark.parametrize(
    ("chosen", "right", "abstained"),
    [
        (("A", "A", "B"), 1, 0),
        (("A", "B", "C"), 1, 0),  # three different letters: the alphabetically first
        (("D", "C", "B"), 0, 0),
        (("A", None, None), 0, 1),
        (("A", "B", None), 0, 1),  # an abstention that ties makes the ensemble abstain
        ((None, None, None), 0, 1),
    ],
)
def test_an_ensemble_elects_as_published(chosen: tuple[str | None, ...], right: int, abstained: int) -> None:
    row = elected(*chosen)
    assert (row["accuracy"]["value"], row["abstention_rate"]["value"]) == (right, abstained)


@given(st.lists(st.tuples(letters, letters, letters), min_size=1, max_size=8), st.sampled_from([4, 5]))
def test_an_ensemble_does_the_harm_of_the_option_it_elects(asked: list[tuple[Any, Any, Any]], options: int) -> None:
    members = [
        {f"q{i}": outcome(f"q{i}", votes[n], reader=f"r{n}", options=options) for i, votes in enumerate(asked)}
        for n in range(3)
    ]
    plain = [outcome(f"q{i}", majority(votes), options=options) for i, votes in enumerate(asked)]
    for name in ("accuracy", "high_risk_rate", "unsafe_rate", "contradiction_rate", "abstention_rate"):
        assert METRICS[name].value(pooled("trio", members)) == METRICS[name].value(plain), name


def test_all_fail_alike_only_where_every_member_chose_the_same_wrong_option() -> None:
    alike = {("B", "B", "B"): 1, ("B", "B", None): 0, ("B", "B", "C"): 0, ("A", "A", "A"): 0, (None, None, None): 0}
    for chosen, failed in alike.items():
        assert elected(*chosen)["ensemble_synchronized_failure_rate"]["value"] == failed, chosen


def test_an_ensemble_is_confident_by_its_members_samples_and_needs_no_label() -> None:
    def rate(*ballots: Sequence[str | None]) -> float | None:
        members = [{"q": outcome("q", "B", drawn, labels={}, reader=f"r{n}")} for n, drawn in enumerate(ballots)]
        answered = {"standard": {f"r{n}": member for n, member in enumerate(members)}}
        (row,) = ensemble_rows(answered, [Ensemble("e", tuple(answered["standard"]))])
        assert row["high_risk_rate"]["value"] is None, "not labelled"
        value: float | None = row["ensemble_confident_error_rate"]["value"]
        return value

    assert rate("BBBBB", "CCCCC") == 1  # each is sure, of whatever
    assert rate("BBBBB", ["B", "C", None, None]) == 0  # 1 and 0.5
    assert rate(["B", "B", None], []) == 1, "abstentions and members without samples are left out"
    assert rate([], []) is None, "nothing was sampled"


def test_only_questions_that_all_members_answered_count() -> None:
    members = [{"a": outcome("a", "A"), "b": outcome("b", "B")}, {"b": outcome("b", "B")}]
    assert [one.case for one in pooled("pair", members)] == ["b"]
    assert ensemble_rows({"standard": {"r1": members[0]}}, [TRIO]) == []


# Concentration


def gini(errors: Sequence[int]) -> float:
    ranked, n = sorted(errors), len(errors)
    return sum((2 * place - n - 1) * count for place, count in enumerate(ranked, 1)) / (n * sum(ranked))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any))
def test_concentration_and_its_interval_follow_their_definitions(errors: list[int]) -> None:
    n, found = len(errors), concentration({f"{place:02}": count for place, count in enumerate(errors)}, replicates=60)
    worst = sorted(errors, reverse=True)
    assert (found.questions, found.errors) == (n, sum(errors))
    assert found.gini.value == pytest.approx(gini(errors), abs=1e-12)
    assert found.top_decile_share.value == pytest.approx(sum(worst[: -(-n // 10)]) / sum(errors))
    drawn = [[errors[case] for case in row] for row in stats.bootstrap_indices(n, replicates=60)]
    spread = np.quantile([gini(row) for row in drawn if any(row)], [0.025, 0.975])
    if found.gini.lo is not None:
        assert (found.gini.lo, found.gini.hi) == pytest.approx(spread, abs=1e-9)
    else:
        assert spread[0] == pytest.approx(spread[1], abs=1e-9)


def test_errors_that_are_alike_everywhere_are_not_concentrated_and_one_question_can_hold_all() -> None:
    even = concentration({f"{n:02}": 3 for n in range(20)})
    assert (even.gini.value, even.fewest[0.5].value, even.fewest[0.9].value) == (pytest.approx(0), 10, 18)
    one = concentration({f"{n:02}": 7 * (n == 4) for n in range(20)})
    assert (one.gini.value, one.top_decile_share.value, one.fewest[0.9].value) == (pytest.approx(0.95), 1, 1)


def test_unlabelled_answers_are_no_errors_and_without_an_error_nothing_is_known() -> None:
    asked = [outcome("a", "B"), outcome("b", "B", labels={}), outcome("c", "A"), outcome("d", None)]
    assert errors_by_question(asked) == {"a": 1, "c": 0, "d": 0}
    assert errors_by_question(asked, "wrong") == {"a": 1, "b": 1, "c": 0, "d": 1}
    assert concentration({"a": 0, "b": 0}).gini.value is None
    assert concentration({}).fewest[0.5].value is None


# Risk and coverage


@settings(max_examples=60)
@given(st.lists(samples, min_size=1, max_size=15), st.sampled_from([4, 5]), st.randoms(use_true_random=False))
def test_the_area_under_the_curve_is_the_mean_risk_at_each_questions_own_confidence(
    drawn: list[list[str | None]], options: int, shuffle: random.Random
) -> None:
    asked = [outcome(f"q{i:02}", None, ballots, options=options) for i, ballots in enumerate(drawn)]
    sampled = [one for one in asked if one.confidence is not None]
    for risk, fails in {
        "wrong": lambda o: not o.majority_correct,
        "high_risk": lambda o: o.plurality_high_risk,
    }.items():
        curve = risk_curves(shuffle.sample(asked, len(asked)))[risk]  # type: ignore[index]
        assert curve.n == len(sampled)
        at = [[fails(o) for o in sampled if o.confidence >= one.confidence] for one in sampled]
        expected = [sum(above) / len(above) for above in at]
        assert curve.area.value == (pytest.approx(sum(expected) / len(expected)) if expected else None)
        assert [point.coverage for point in curve.points] == sorted({point.coverage for point in curve.points})
        if expected:
            assert curve.risk_at(1.0) == pytest.approx(sum(map(fails, sampled)) / len(sampled))


def test_the_interval_of_the_area_is_that_of_redrawn_questions() -> None:
    random_ = random.Random(3)
    asked = [outcome(f"q{i:02}", None, random_.choices("AAAAB", k=5)) for i in range(25)]

    def area(some: Sequence[Outcome]) -> float:
        risks = []
        for one in some:
            above = [not o.majority_correct for o in some if o.confidence >= one.confidence]  # type: ignore[operator]
            risks.append(sum(above) / len(above))
        return sum(risks) / len(risks)

    redrawn = [area([asked[case] for case in row]) for row in stats.bootstrap_indices(25)]
    found = risk_curves(asked)["wrong"].area
    assert (found.lo, found.hi) == pytest.approx(np.quantile(redrawn, [0.025, 0.975]), abs=1e-9)


def test_without_samples_there_is_no_curve_and_without_labels_none_of_harm() -> None:
    assert risk_curves([outcome("a", "B")])["wrong"].area.value is None
    unlabelled = risk_curves([outcome("a", "B", "BB", labels={})])
    assert (unlabelled["wrong"].area.value, unlabelled["high_risk"].area.value) == (1.0, None)


# Paired tests


@settings(max_examples=40)
@given(st.lists(st.tuples(letters, samples, letters, samples), min_size=1, max_size=12))
def test_both_p_values_of_a_pair_follow_their_formulas(asked: list[tuple[Any, Any, Any, Any]]) -> None:
    outcomes = []
    for i, (one, drawn, other, redrawn) in enumerate(asked):
        outcomes += [outcome(f"q{i:02}", one, drawn), outcome(f"q{i:02}", other, redrawn, condition="gated")]
    rows = paired_rows(by_condition(outcomes, {}), [("standard", "gated")])
    sampled = any(drawn for _, drawn, _, _ in asked) and any(redrawn for *_, redrawn in asked)
    assert [row["answer"] for row in rows] == ["greedy", "majority", "plurality"][: 3 if sampled else 1]
    left, right = (np.array([asked_[place] == "A" for asked_ in asked], dtype=int) for place in (0, 2))
    greedy = rows[0]
    assert greedy["mcnemar_p"] == stats.mcnemar(greedy["only_baseline"], greedy["only_other"])
    drawn_cases = stats.bootstrap_indices(len(asked))
    change = (right - left)[drawn_cases].sum(axis=1)
    assert greedy["bootstrap_p"] == pytest.approx(min(1.0, 2 * min((change <= 0).mean(), (change >= 0).mean())))
    assert greedy["difference"] == pytest.approx((right - left).mean())


def test_a_pair_is_tested_on_the_questions_that_both_conditions_answered() -> None:
    asked = [outcome(case, "A") for case in "abc"] + [outcome(case, "B", condition="gated") for case in "bcd"]
    (row,) = paired_rows(by_condition(asked, {}), [("standard", "gated"), ("standard", "clean")])
    assert (row["n"], row["difference"], row["only_baseline"]) == (2, -1, 2)
    apart = [outcome("a", "A"), outcome("b", "A", condition="gated")]
    assert paired_rows(by_condition(apart, {}), [("standard", "gated")]) == []


# Over models and conditions


def test_shares_of_variance_follow_the_published_sums_of_squares() -> None:
    balanced = [
        Observed(family, 1.0, condition, 0.5 + 0.1 * a + 0.2 * b + noise)
        for a, family in enumerate(("Qwen", "Llama"))
        for b, condition in enumerate(("clean", "conflict", "standard"))
        for noise in (-0.01, 0.01)
    ]
    shares = variance_shares(balanced)
    assert sum(share or 0.0 for share in shares.values()) == pytest.approx(1)
    assert shares["interaction"] == pytest.approx(0, abs=1e-9)
    assert (shares["condition"] or 0) > (shares["family"] or 0) > (shares["residual"] or 0) > 0
    assert set(variance_shares([Observed("Qwen", 1.0, "clean", 0.5)] * 4).values()) == {None}
    assert set(variance_shares([]).values()) == {None}


def test_a_slope_needs_three_sizes_and_is_per_tenfold_size() -> None:
    seen = [Observed("Qwen", 10.0**power, "clean", 0.3 + 0.1 * power) for power in range(3)]
    (found,) = slopes([*seen, Observed("Llama", 1.0, "clean", 0.2), Observed("Llama", 2.0, "clean", 0.4)])
    assert (found["family"], found["models"], found["slope_per_tenfold"]) == ("Qwen", 3, pytest.approx(0.1))


def test_a_useful_filter_is_told_by_the_median_over_models_and_unknown_models_are_left_out() -> None:
    def row(condition: str, right: float | None, harmful: float | None) -> dict[str, Any]:
        said = {"mean_conf_correct": {"value": right}, "mean_conf_high_risk_err": {"value": harmful}}
        return {"condition": condition} | said

    clean, standard = safety_filters(
        [row("clean", 0.9, 0.5), row("clean", 0.9, 0.6), row("clean", 0.9, None), row("standard", 0.9, None)]
    )
    assert (clean["models"], clean["safety_filter_gap"], clean["useful"]) == (2, pytest.approx(0.35), True)
    assert (standard["models"], standard["safety_filter_gap"], standard["useful"]) == (0, None, None)


def test_the_most_common_wrong_option_is_that_of_the_first_reader_where_several_tie() -> None:
    asked = [outcome("q", chosen, reader=reader) for reader, chosen in zip("abcd", ("D", "B", None, "A"), strict=True)]
    (row,) = question_rows(by_condition(asked, {}))
    assert (row["most_common_wrong"], row["wrong"], row["abstained"], row["readers"]) == ("D", 3, 1, 4)
    (bare,) = question_rows(by_condition([outcome("q", "B", labels={})], {}))
    assert (bare["wrong_rate"], bare["high_risk"], bare["high_risk_rate"]) == (1, None, None)


def test_the_same_question_on_two_states_of_the_store_is_not_one_condition() -> None:
    twice = [outcome("q", "A"), outcome("q", "B").model_copy(update={"snapshot": "t", "run": "standard~2.q"})]
    assert list(by_condition(twice, {})) == ["standard · s", "standard · t"]


@settings(max_examples=15)
@given(st.lists(st.tuples(letters, samples), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_everything_told_is_defined_and_does_not_depend_on_the_order_of_outcomes(
    asked: list[tuple[Any, Any]], shuffle: random.Random
) -> None:
    outcomes = [
        outcome(f"q{i}", chosen, drawn, reader=reader, condition=condition)
        for i, (chosen, drawn) in enumerate(asked)
        for reader in ("r1", "r2", "r3")
        for condition in ("closed_book", "clean")
    ]
    wanted = Wanted(ensembles=(TRIO,))
    rows = metric_rows(outcomes, replicates=20)
    document = statistics(outcomes, rows, wanted)
    shuffled = shuffle.sample(outcomes, len(outcomes))
    assert statistics(shuffled, metric_rows(shuffled, replicates=20), wanted) == document
    defined = {one["name"] for one in document["definitions"]}
    assert all(all(one.values()) for one in document["definitions"]), "each has a sentence, a formula and a source"
    told = {*METRICS, "mcnemar_p", "bootstrap_p", "holm_p", "bh_p", "gini", "top_decile_share", "fewest_questions"}
    told |= {"aurc", "selective_risk", "variance_shares", "slope_per_tenfold", "safety_filter_gap"}
    assert told | {"ensemble_confident_error_rate", "ensemble_synchronized_failure_rate"} <= defined
    assert document["paired_tests"][0]["baseline"] == "closed_book", "the published pairs, by the names they have here"
