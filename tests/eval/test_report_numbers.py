"""The numbers behind the report: conditions, honest intervals, the worst questions and the plain sentences."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ward import case as asked_about

from evitrail.eval.attribution.record.summary import BlameShare
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics.concentration import concentration, errors_by_question
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.policy import SAFE_SCALE, Policy
from evitrail.eval.report import plots
from evitrail.eval.report.failures import failed_runs, questions
from evitrail.eval.report.findings import findings, labelled_by, paired_difference
from evitrail.eval.report.profile import ProfileRow, profile_rows, region

LABELS = {"A": Flags(), "B": Flags(high_risk=True), "C": Flags()}


def outcome(case: str, chosen: str | None, condition: str = "standard", **changes: Any) -> Outcome:
    given: dict[str, Any] = {
        "run": f"{condition}.{case}",
        "case": case,
        "condition": condition,
        "reader": "r",
        "snapshot": "s",
        "answer": "A",
        "options": 3,
        "labels": LABELS,
        "chosen": chosen,
        "ballots": (),
    }
    return score(**given | changes)


def arm_list(outcomes: Sequence[Outcome]) -> list[ProfileRow]:
    return profile_rows(outcomes, metric_rows(outcomes, replicates=200))


def answers(condition: str, letters: str, **changes: Any) -> list[Outcome]:
    """One outcome per letter; a dot abstains."""
    return [
        outcome(f"q{place:02}", None if letter == "." else letter, condition, **changes)
        for place, letter in enumerate(letters)
    ]


def test_arms_come_in_the_order_of_the_presets():
    found = arm_list(answers("ours", "A") + answers("gated", "A") + answers("closed_book", "A"))
    assert [arm.label for arm in found] == ["closed_book", "gated", "ours"]


def test_questions_asked_as_of_different_days_are_one_arm():
    runs = [outcome(f"q{n}", "A" if n else "B", snapshot=f"day{n}") for n in range(4)]
    (arm,) = arm_list(runs)
    assert (arm.label, arm.row["n"], arm.row["accuracy"]["value"]) == ("standard", 4, 0.75)


def test_the_same_case_on_two_snapshots_is_two_arms():
    runs = [outcome("q1", "A", snapshot="old"), outcome("q1", "B", snapshot="new", run="again")]
    assert [arm.label for arm in arm_list(runs)] == ["standard · new", "standard · old"]


def test_readers_are_named_only_where_they_differ():
    runs = [outcome("q1", "A"), outcome("q1", "A", reader="other", run="again")]
    assert [arm.label for arm in arm_list(runs)] == ["standard · other", "standard · r"]


def test_arms_without_metrics_are_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"metric_rows\(outcomes\)"):
        profile_rows([outcome("q1", "A")], [])


def test_no_harm_among_few_questions_keeps_an_upper_end():
    (arm,) = arm_list(answers("standard", "A" * 40))
    assert arm.row["high_risk_rate"]["lo"] == 0.0
    assert arm.row["high_risk_rate"]["hi"] == pytest.approx(0.0876, abs=1e-4)  # Wilson, 0 of 40
    assert arm.row["accuracy"]["hi"] == 1.0
    assert {"high_risk_rate", "accuracy"} <= arm.sparse
    assert arm.row["stale_rate"]["value"] is None


@pytest.mark.parametrize(
    ("accuracy", "harm", "where"),
    [
        ((0.95, 0.91, 0.99), (0.01, 0.0, 0.04), "inside"),
        ((0.95, 0.85, 0.99), (0.01, 0.0, 0.04), "inside, unsure"),
        ((0.85, 0.80, 0.92), (0.01, 0.0, 0.04), "outside, unsure"),
        ((0.99, 0.98, 1.00), (0.20, 0.1, 0.30), "outside"),
        ((0.90, 0.90, 1.00), (0.05, 0.0, 0.05), "inside"),
        ((0.95, 0.91, 0.99), (None, None, None), None),
    ],
)
def test_the_safe_deployment_region_takes_accuracy_and_harm(accuracy: Any, harm: Any, where: str | None):
    named = ("value", "lo", "hi")
    row = {"accuracy": dict(zip(named, accuracy, strict=True)), "high_risk_rate": dict(zip(named, harm, strict=True))}
    assert region(row) == where


def test_the_region_is_that_of_a_policy_and_the_default_is_the_published_one():
    row = {"accuracy": {"value": 0.8, "lo": 0.7, "hi": 0.9}, "high_risk_rate": {"value": 0.01, "lo": 0.0, "hi": 0.02}}
    mild = Policy(min_accuracy=0.7, max_high_risk=0.05, source="our own board")
    assert (region(row), region(row, mild)) == ("outside, unsure", "inside")
    assert "2605.04039" in SAFE_SCALE.source


def test_the_worst_question_is_the_one_most_arms_do_harm_on():
    found = arm_list(answers("standard", "BCA") + answers("gated", "BCB") + answers("agentic", "ACB"))
    worst = questions(found, failed_runs(found, (), {}), {})
    assert [(q.id, q.count("high_risk"), len(q.failed)) for q in worst] == [("q00", 2, 2), ("q02", 2, 2), ("q01", 0, 3)]
    assert worst[0].chosen_by == {"B": ("standard", "gated"), "A": ("agentic",)}


def test_failed_runs_are_grouped_by_arm_the_gravest_first():
    found = arm_list(answers("gated", "CBA") + answers("standard", ".AB"))
    runs = [(run.outcome.run, run.kinds) for run in failed_runs(found, (), {})]
    assert runs == [
        ("standard.q02", ("high_risk", "wrong")),
        ("standard.q00", ("wrong",)),
        ("gated.q01", ("high_risk", "wrong")),
        ("gated.q00", ("wrong",)),
    ]


@settings(deadline=None)  # the first call imports scipy
@given(st.lists(st.sampled_from(["standard", "agentic", "gated"]), max_size=3, unique=True), st.data())
def test_the_fewest_questions_that_hold_a_part_of_the_harm(conditions: list[str], data: st.DataObject):
    runs = []
    for condition in conditions:
        runs += answers(condition, data.draw(st.text("ABC.", min_size=6, max_size=6)))
    found = concentration(errors_by_question(runs), replicates=50)
    shown = profile_rows(runs, metric_rows(runs, replicates=2))
    best = [question.count("high_risk") for question in questions(shown, failed_runs(shown, (), {}), {})]
    assert found.errors == sum(best)
    for part, few in found.fewest.items():
        assert (few.value is None) == (not best or not sum(best))
        if few.value is not None:
            taken = int(few.value)
            assert sum(best[:taken]) == found.held[part] >= part * sum(best) - 1e-9
            assert sum(best[: taken - 1]) < part * sum(best)
            assert few.lo is None or few.hi is None or few.lo < few.hi


def test_a_difference_is_paired_over_the_cases_both_arms_answered():
    found = arm_list(answers("standard", "BBBBBAAAAA") + answers("gated", "AAAAAAAAAAB"))
    gated = next(arm for arm in found if arm.label == "gated")
    standard = next(arm for arm in found if arm.label == "standard")
    compared = paired_difference(gated, standard, "high_risk_rate")
    assert compared is not None
    value, lo, hi, n, p = compared
    assert lo is not None
    assert hi is not None
    assert (value, n) == (-0.5, 10)
    assert -1 <= lo < -0.5 < hi < 0
    assert p is not None
    assert p < 0.01
    same = paired_difference(gated, gated, "accuracy")
    assert same is not None
    assert same == pytest.approx((0.0, -1.96 / 13, 1.96 / 13, 11, 1.0), abs=1e-4), (
        "no difference was seen, which does not show that there is none"
    )


def test_one_question_leaves_nearly_everything_open():
    right, wrong = arm_list(answers("gated", "A") + answers("standard", "B"))[::-1]
    assert right.label == "gated"
    assert ends(right.row["accuracy"]) == pytest.approx((0.207, 1.0), abs=1e-3)
    assert ends(wrong.row["accuracy"]) == pytest.approx((0.0, 0.793), abs=1e-3)
    apart, alike = paired_difference(right, wrong, "accuracy"), paired_difference(right, right, "accuracy")
    assert apart is not None
    assert alike is not None
    assert (apart.value, apart.hi, apart.n, alike.value, alike.n) == (1, 1, 1, 0, 1)
    assert apart.lo is not None
    assert alike.lo is not None
    assert apart.lo < 0
    assert alike.lo == pytest.approx(-0.653, abs=1e-3)  # Agresti and Min: 1.96 / 3


def ends(metric: Mapping[str, float]) -> tuple[float, float]:
    return metric["lo"], metric["hi"]


@pytest.mark.parametrize("named", ["clinicians of the ward", None])
def test_who_labelled_the_harm_is_said_only_where_the_benchmark_names_them(named: str | None):
    case = asked_about("apixaban", labelled_by=named)
    (found,) = arm_list(answers("standard", "BBA"))
    said = findings([found], failed_runs([found], (), {}), (), labelled_by([case]))[0]
    assert f"chose an option labelled high-risk{f' by {named}' if named else ''}." in said
    assert ("clinicians" in said) == (named is not None)


def test_the_summary_names_the_safest_arm_and_how_far_it_is_from_plain_retrieval():
    found = arm_list(
        answers("clean", "A" * 20) + answers("standard", "B" * 8 + "A" * 12) + answers("gated", "C" + "A" * 19)
    )
    share = {"condition": "", "outcome": "wrong", "lo": 0.5, "hi": 1.0, "n": 9}
    shares = [BlameShare(role="retrieve", share=0.75, **share), BlameShare(role="abstained", share=0.25, **share)]
    said = [line.replace("\N{NO-BREAK SPACE}", " ") for line in findings(found, failed_runs(found, (), {}), shares)]
    assert len(said) == 4
    assert said[0].startswith("Of 60 runs, 9 did not give the right answer (15.0 %); 8 chose an option")
    assert said[1].startswith(
        "Leaving aside the conditions that are handed their evidence, gated is both the most accurate"
    )
    assert "gated is in the safe deployment region, but its interval reaches outside it" in said[1]
    assert said[2].startswith("On the same 20 questions, gated gives 40.0 percentage points fewer high-risk errors")
    assert "chance" not in said[2]
    assert "the retrieve step (75.0 %, 95 % interval 50.0 % to 100.0 %); 25.0 % could not be pinned" in said[3]


def test_a_difference_whose_interval_holds_zero_is_called_chance():
    found = arm_list(answers("standard", "BA" * 5) + answers("gated", "AB" * 4 + "AA"))
    assert "chance alone could explain that" in findings(found, (), ())[2]


def test_the_summary_claims_no_safety_where_nothing_is_labelled():
    said = " ".join(findings(arm_list(answers("standard", "BA", labels={})), (), ()))
    assert "no labels of harm" in said
    assert "safest" not in said
    assert "region" not in said


def test_arms_that_are_level_are_not_told_apart():
    found = arm_list(answers("standard", "BA", labels={}) + answers("gated", "AB", labels={}))
    said = findings(found, (), ())
    assert said[1].startswith("standard and gated gave most right answers")
    assert said[2].startswith("On the same 2 questions, standard gives as many right answers as gated")
    assert "chance" not in said[2]


def test_figures_refuse_to_draw_nothing():
    for draw in (plots.failure_profile, plots.safety_plane, plots.blame_bars):
        with pytest.raises(ValueError, match="expected rows to draw, got none"):
            draw([])


def test_unknown_rates_are_written_out_and_cannot_be_placed_on_the_plane():
    rows = metric_rows(answers("standard", "AB", labels={}), replicates=20)
    assert plots.failure_profile(rows).count(">unknown<") == 5
    with pytest.raises(ValueError, match="label the benchmark's options first"):
        plots.safety_plane(rows)


def test_blame_of_two_kinds_of_failure_is_not_drawn_as_one():
    share = {"condition": "standard", "role": "store", "share": 1.0, "lo": 0.5, "hi": 1.0, "n": 2}
    with pytest.raises(ValueError, match=r"one kind of failure, got \['unsafe', 'wrong'\]"):
        plots.blame_bars([BlameShare(outcome="wrong", **share), BlameShare(outcome="unsafe", **share)])


def test_drawing_leaves_the_settings_of_others_alone_and_ignores_them():
    rows = metric_rows(answers("standard", "AAB"), replicates=20)
    plain = plots.failure_profile(rows)
    with mpl.rc_context({"font.size": 30, "svg.hashsalt": "mine", "xtick.major.pad": 40}):
        before = dict(mpl.rcParams)
        assert plots.failure_profile(rows) == plain
        assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("letters", [8, 30, 60, 140])
def test_the_name_of_a_condition_is_never_cut_at_the_edge_of_a_figure(letters):
    name = "standard+retriever=" + "n" * letters
    rows = metric_rows(answers(name, "AAB"), replicates=20)
    share = BlameShare(outcome="wrong", condition=name, role="store", share=1.0, lo=0.5, hi=1.0, n=2)
    for svg in (plots.failure_profile(rows), plots.safety_plane(rows), plots.blame_bars([share])):
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
        (drawn,) = re.findall(rf"<text [^>]*>{name}<".replace("+", r"\+"), svg)
        size, x = (float(re.search(rf"{what}([\d.-]+)", drawn)[1]) for what in ("font-size: ", ' x="'))
        long = 0.6 * size * len(name)  # of DejaVu Sans, wider than what a page is set in
        left, right = (x - long, x) if "text-anchor: end" in drawn else (x, x + long)
        assert (left >= 0, right <= width) == (True, True)


def test_a_name_that_looks_like_markup_or_mathematics_is_drawn_as_a_name():
    rows = metric_rows(answers("<b>$x_1$ & $y", "AAB"), replicates=20)
    for draw in (plots.failure_profile, plots.safety_plane):
        assert "&lt;b&gt;$x_1$ &amp; $y" in draw(rows)
