"""The published answers, taken in by ``import-results``, give every number that the paper's own scripts print.

The answers are random; the scripts are those of windprak/RadSaFE at 09c18f0 (see the README beside the data).
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from desk import evitrail, tree
from public_data import SHARED, needs

from evitrail.eval.dataset.case import load
from evitrail.eval.metrics import METRICS, stats
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes

REFERENCE = SHARED / "reference" / "safe-scale"
LABELS = REFERENCE / "datasets" / "risk_radiorag_full_merged.json"
pytestmark = needs(REFERENCE / "expected.json")

SAFETY = {
    "high_risk_rate": "high_risk_rate",
    "unsafe_rate": "unsafe_rate",
    "contradiction_rate": "contradiction_rate",
    "high_risk_rate_majority": "high_risk_rate_majority",
    "unsafe_rate_majority": "unsafe_rate_majority",
    "contradiction_rate_majority": "contradiction_rate_majority",
    "mean_conf_high_risk_err": "mean_conf_high_risk_err",
    "mean_conf_unsafe_err": "mean_conf_unsafe_err",
    "robustness_correctness_mean": "robustness_correctness",
    "synchronized_failure_rate": "synchronized_failure_rate",
}
CONFIDENCE = {
    "mean_confidence": "mean_confidence",
    "mean_confidence_correct": "mean_conf_correct",
    "mean_confidence_incorrect": "mean_conf_incorrect",
    "dangerous_overconf_rate": "dangerous_overconf_rate",
    "null_majority_rate": "null_majority_rate",
    "mean_sample_null_rate": "mean_sample_null_rate",
    "ece": "ece",
    "mce": "mce",
}
MODES = {"greedy": "accuracy", "majority": "majority_accuracy"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the published files were taken into."""
    folder = tmp_path_factory.mktemp("official") / "published"
    said = evitrail("import-results", REFERENCE / "judged", "--labels", LABELS, "--out", folder, "--json")
    assert (said.code, said.err, said.json["missing"]) == (0, "", [])
    return folder


@pytest.fixture(scope="module")
def arms(folder: Path) -> dict[tuple[str, str], list[Outcome]]:
    """The outcomes by (model, condition), sorted by question id as strings."""
    arms: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in sorted(read_outcomes(folder / "outcomes.parquet"), key=lambda one: one.case):
        arms.setdefault((outcome.reader, outcome.condition), []).append(outcome)
    return arms


@pytest.fixture(scope="module")
def metrics(folder: Path) -> dict[tuple[str, str], Any]:
    """The rows of metrics.json by (model, condition)."""
    rows = json.loads((folder / "metrics.json").read_text())
    return {(row["reader"], row["condition"]): row for row in rows}


@pytest.fixture(scope="module")
def statistics() -> dict[str, Any]:
    """Everything that ``evitrail statistics`` tells of the published files as they are."""
    said = evitrail("statistics", REFERENCE / "judged", "--labels", LABELS, "--json")
    assert (said.code, said.err) == (0, "")
    return dict(said.json)


def by(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows by these keys, each of which names one row."""
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


@cache
def expected(table: str) -> Any:
    return json.loads((REFERENCE / "expected.json").read_text())[table]


def near(value: float | None) -> Any:
    """Equal to 1e-9."""
    return None if value is None else pytest.approx(value, abs=1e-9)


def test_accuracy_and_its_bootstrap_are_the_published_ones(arms: Any, metrics: Any) -> None:
    assert len(expected("summary_all")) == 2 * len(arms) == 60
    for row in expected("summary_all"):
        cases, stated = arms[row["model"], row["condition"]], metrics[row["model"], row["condition"]]
        name = MODES[row["mode"]]
        spread = stats.summarise(METRICS[name].replicates(cases, stats.draws(stats.bootstrap_indices(len(cases)))))
        assert spread is not None
        point = stated[name]["value"]
        assert (stated["n"], round(point * stated["n"], 9)) == (row["n"], row["correct"])
        # The script prints four digits; ours must round to the same ones.
        ours = [round(100 * number, 4) for number in (point, *spread[:2], stated[name]["lo"], stated[name]["hi"])]
        assert ours == near_all(row, "accuracy_point", "mean", "std", "ci_lower", "ci_upper")
        if row["mode"] == "greedy":
            assert sum(case.abstained for case in cases) == row["greedy_null_checker"]


def near_all(row: dict[str, Any], *keys: str) -> Any:
    return pytest.approx([row[key] for key in keys], abs=1e-9)


def test_confidence_and_calibration_are_the_published_ones(arms: Any, metrics: Any) -> None:
    assert len(expected("confidence_summary")) == len(arms)
    for row in expected("confidence_summary"):
        at = row["model"], row["condition"]
        sampled = [case for case in arms[at] if case.ballots]
        drawn = [len(case.ballots) for case in sampled]
        assert (len(sampled), np.median(drawn), min(drawn)) == tuple(
            row[key] for key in ("n_questions", "n_stoch_median", "n_stoch_min")
        )
        for theirs, ours in CONFIDENCE.items():
            assert metrics[at][ours]["value"] == near(row[theirs]), (at, ours)
        # Their accuracy beside confidence is over sampled cases only; summary_all's is over all cases.
        assert METRICS["majority_accuracy"].value(sampled) == near(row["majority_accuracy"])
        sure = [case.confidence for case in sampled]
        assert np.std(sure, ddof=1) == near(row["std_confidence"])
        assert 1 - np.mean(sure) == near(row["mean_entropy_norm"])
        top = [max(Counter(case.ballots).values()) / len(case.ballots) for case in sampled]
        assert np.mean(top) == near(row["mean_agreement"])


def test_safety_rates_and_latency_are_the_published_ones(arms: Any, metrics: Any, folder: Path) -> None:
    spent = pq.read_table(folder / "timings.parquet").to_pylist()
    seconds = {one["run"]: one["milliseconds"] / 1000 for one in spent if one["step"] == "greedy"}
    assert len(expected("safety_summary")) == len(arms)
    for row in expected("safety_summary"):
        at = row["model"], row["condition"]
        cases = arms[at]
        assert len(cases) == row["n_questions"] == row["n_synchronized_failure_qs"]
        assert sum(case.abstained for case in cases) == row["n_unanswered"]
        for theirs, ours in SAFETY.items():
            assert metrics[at][ours]["value"] == near(row[theirs]), (at, ours)
        each = [METRICS["robustness_correctness"].value([case]) or 0.0 for case in cases]
        assert np.std(each) == near(row["robustness_correctness_std"])
        waited = [seconds[case.run] for case in cases]
        assert [np.mean(waited), np.std(waited)] == near_all(row, "mean_latency_s", "std_latency_s")


def test_p_values_are_the_published_ones(statistics: Any, arms: Any) -> None:
    tests = by(statistics["paired_tests"], "reader", "answer", "baseline", "other")
    assert len(expected("pvalues_all")) == 72
    for row in expected("pvalues_all"):
        # The published majority of this table alone drops abstentions (specification 9.2).
        answer = {"greedy": "greedy", "majority": "plurality"}[row["mode"]]
        ours = tests[row["model"], answer, row["right"], row["left"]]
        split = ours["only_other"], ours["only_baseline"]
        assert split == (row["b_left_correct_right_wrong"], row["c_left_wrong_right_correct"])
        assert (sum(split), round(ours["mcnemar_p"], 6)) == (row["n_discordant"], row["p_value"])
        shares = (100 * ours[key] for key in ("other_accuracy", "baseline_accuracy", "difference"))
        assert [round(share, 3) for share in shares] == near_all(row, "acc_left", "acc_right", "delta")
        assert ours["mcnemar_p"] <= ours["bh_p"] + 1e-12 <= ours["holm_p"] + 2e-12
        if answer == "greedy":
            left, right = (
                np.array([one.correct for one in arms[row["model"], row[side]]]) for side in ("left", "right")
            )
            drawn = stats.bootstrap_indices(len(left))
            change = left[drawn].sum(axis=1) - right[drawn].sum(axis=1)
            assert ours["bootstrap_p"] == near(min(1.0, 2 * min((change <= 0).mean(), (change >= 0).mean())))


def test_errors_per_question_are_the_published_ones(statistics: Any, folder: Path) -> None:
    told = {case.id: case for case in load(folder / "benchmark.jsonl")}
    rows = by(statistics["questions"], "case", "condition")
    names = {"n_models": "readers", "n_unanswered": "abstained"}
    names |= {f"n_{name}": name for name in ("wrong", "high_risk", "unsafe", "contradiction")}
    assert len(expected("per_question_summary")) == 60 * 7
    for row in expected("per_question_summary"):
        case = told[f"risk_radiorag_{row['question_id']}"]
        keys = "correct_option", "subspecialty", "question_type"
        assert [case.answer, case.subspecialty, case.question_type] == [row[key] for key in keys]
        ours = rows[case.id, row["condition_key"]]
        assert (ours["answer"], ours["most_common_wrong"] or "") == (row["correct_option"], row["most_common_wrong"])
        assert {theirs: ours[name] for theirs, name in names.items()} == {theirs: row[theirs] for theirs in names}
        for name in ("wrong", "high_risk", "unsafe", "contradiction"):
            assert ours[f"{name}_rate"] == near(row[f"{name}_rate"])


def test_ensembles_are_the_published_ones(statistics: Any) -> None:
    rows = by(statistics["ensembles"], "ensemble", "condition")
    rates = {name: name for name in ("high_risk_rate", "unsafe_rate", "contradiction_rate")}
    rates |= {"synchronized_failure_rate": "ensemble_synchronized_failure_rate"}
    rates |= {"dangerous_overconf_rate": "ensemble_confident_error_rate"}
    assert len(expected("ensemble_summary")) == 3
    for row in expected("ensemble_summary"):
        ours = rows[row["ensemble"], row["condition"]]
        assert ours["members"] == [name.rsplit("/", 1)[-1] for name in row["members"]]
        assert (ours["n"], ours["correct"]) == (row["n_questions"], row["correct"])
        assert [100 * end for end in ours["accuracy_wilson"]] == near_all(row, "ci_lower", "ci_upper")
        assert [100 * ours["accuracy"]["value"], 100 * ours["accuracy_std"]] == near_all(row, "accuracy_point", "std")
        assert {key: ours[name]["value"] for key, name in rates.items()} == {key: near(row[key]) for key in rates}


def test_latency_is_the_published_one(statistics: Any) -> None:
    rows = by(statistics["latency"], "reader", "condition")
    for row in expected("safety_summary"):
        ours = rows[row["model"], row["condition"]]["latency_s"]
        assert [ours["mean"], ours["std"]] == near_all(row, "mean_latency_s", "std_latency_s")


def test_metrics_of_the_files_as_they_are_are_those_of_the_imported_ones(statistics: Any, metrics: Any) -> None:
    for row in statistics["conditions"]:
        at = row["reader"], row["condition"]
        assert {name: row[name] for name in METRICS} == {name: metrics[at][name] for name in METRICS}


def test_the_results_are_made_again_with_the_same_bytes(folder: Path) -> None:
    before = tree(folder)
    for name in (
        "outcomes.parquet",
        "questions.parquet",
        "timings.parquet",
        "metrics.json",
        "benchmark.jsonl",
        "report.html",
    ):
        (folder / name).unlink()
    assert evitrail("report", folder).code == 0
    assert tree(folder) == before
