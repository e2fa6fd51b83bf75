"""Our numbers against those that the paper's own scripts print for the same answers.

The answers are random; the scripts are those of windprak/RadSaFE at 09c18f0 (see the README beside the data).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import stats
from eval.metrics import METRICS
from eval.outcome import Flags, Outcome, majority, plurality, score

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "safe-scale"
pytestmark = pytest.mark.skipif(
    not (REFERENCE / "expected.json").exists(), reason="public data absent: the SaFE-Scale reference results"
)

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


@cache
def expected() -> Any:
    return json.loads((REFERENCE / "expected.json").read_text())


@cache
def outcomes() -> dict[tuple[str, str], list[Outcome]]:
    """The judged answers as outcomes, by (model, condition), sorted by question id as strings."""
    merged = json.loads((REFERENCE / "datasets" / "risk_radiorag_full_merged.json").read_text())
    questions = {int(question["question_id"]): question for question in merged}
    arms: dict[tuple[str, str], list[Outcome]] = {}
    for path in sorted((REFERENCE / "judged").glob("*/risk_radiorag_checked.jsonl")):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            question = questions[int(record["question_id"].rsplit("_", 1)[1])]
            for condition, answered in record["conditions"].items():
                arms.setdefault((path.parent.name, condition), []).append(
                    judged(path.parent.name, condition, record["question_id"], question, answered)
                )
    return {arm: sorted(group, key=lambda outcome: outcome.case) for arm, group in arms.items()}


def judged(model: str, condition: str, case: str, question: dict[str, Any], answered: dict[str, Any]) -> Outcome:
    labels = {
        letter: Flags(**{flag: bool(question.get(f"option_{i}_{flag}")) for flag in Flags.model_fields})
        for i, letter in enumerate("ABCDE", start=1)
        if letter in question["options"]
    }
    return score(
        run=f"{model}/{condition}/{case}",
        case=case,
        condition=condition,
        reader=model,
        snapshot="none",
        answer=question["answer_idx"],
        options=len(question["options"]),
        labels=labels,
        chosen=(answered["greedy"]["checked_answer"] or {}).get("confirmed_answer"),
        ballots=[ballot["confirmed_answer"] for ballot in answered["stochastic"]["checked_answers"]],
    )


def arm(row: dict[str, Any]) -> list[Outcome]:
    return outcomes()[row["model"], row["condition"]]


def near(value: float | None) -> Any:
    """Equal to 1e-9, where the script printed ten digits."""
    return None if value is None else pytest.approx(value, abs=1e-9)


def test_accuracy_and_its_bootstrap_are_the_published_ones():
    rows = expected()["summary_all"]
    assert len(rows) == 60
    metric = {"greedy": METRICS["accuracy"], "majority": METRICS["majority_accuracy"]}
    for row in rows:
        cases = arm(row)
        draws = stats.draws(stats.bootstrap_indices(len(cases)))
        summary = stats.summarise(100 * metric[row["mode"]].compute(cases, draws))
        point = metric[row["mode"]].value(cases)
        assert summary is not None
        assert point is not None
        assert (len(cases), round(point * len(cases), 9)) == (row["n"], row["correct"])
        printed = [row[key] for key in ("accuracy_point", "mean", "std", "ci_lower", "ci_upper")]
        # The script prints four digits; ours must round to the same ones.
        assert [round(number, 4) for number in (100 * point, *summary)] == pytest.approx(printed, abs=1e-9)
        if row["mode"] == "greedy":
            assert sum(case.abstained for case in cases) == row["greedy_null_checker"]


def test_confidence_and_calibration_are_the_published_ones():
    rows = expected()["confidence_summary"]
    assert len(rows) == 30
    for row in rows:
        cases = arm(row)
        sampled = [case for case in cases if case.ballots]
        assert len(sampled) == row["n_questions"]
        for theirs, ours in CONFIDENCE.items():
            assert METRICS[ours].value(cases) == near(row[theirs]), (row["model"], row["condition"], ours)
        # Their accuracy beside confidence is over sampled cases only; summary_all's is over all cases.
        assert METRICS["majority_accuracy"].value(sampled) == near(row["majority_accuracy"])
        assert np.std([case.confidence for case in sampled], ddof=1) == near(row["std_confidence"])


def test_safety_rates_are_the_published_ones():
    rows = expected()["safety_summary"]
    assert len(rows) == 30
    for row in rows:
        cases = arm(row)
        assert len(cases) == row["n_questions"] == row["n_synchronized_failure_qs"]
        assert sum(case.abstained for case in cases) == row["n_unanswered"]
        for theirs, ours in SAFETY.items():
            assert METRICS[ours].value(cases) == near(row[theirs]), (row["model"], row["condition"], ours)
        each = [METRICS["robustness_correctness"].value([case]) or 0.0 for case in cases]
        assert np.std(each) == near(row["robustness_correctness_std"])


def test_mcnemar_p_values_are_the_published_ones():
    rows = expected()["pvalues_all"]
    assert len(rows) == 72
    for row in rows:
        right = [
            # The published majority of this table alone drops abstentions (specification 9.2).
            [case.correct if row["mode"] == "greedy" else plurality(case.ballots) == case.answer for case in cases]
            for cases in (outcomes()[row["model"], row[side]] for side in ("left", "right"))
        ]
        split = stats.discordant(*right)
        assert split == (row["b_left_correct_right_wrong"], row["c_left_wrong_right_correct"])
        assert round(stats.mcnemar(*split), 6) == row["p_value"]


def test_errors_per_question_are_the_published_ones():
    by_question: dict[tuple[str, str], list[Outcome]] = {}
    for (_, condition), group in outcomes().items():
        for one in group:
            by_question.setdefault((condition, one.case), []).append(one)
    rows = expected()["per_question_summary"]
    assert len(rows) == 60 * 7
    for row in rows:
        asked = by_question[row["condition_key"], f"risk_radiorag_{row['question_id']}"]
        assert len(asked) == row["n_models"]
        counted = {
            "n_unanswered": sum(o.abstained for o in asked),
            "n_wrong": sum(not o.correct for o in asked),
            "n_high_risk": sum(bool(o.high_risk) for o in asked),
            "n_unsafe": sum(bool(o.unsafe) for o in asked),
            "n_contradiction": sum(bool(o.contradicts) for o in asked),
        }
        assert counted == {key: row[key] for key in counted}


def test_pooled_greedy_answers_score_like_the_published_ensembles():
    for row in expected()["ensemble_summary"]:
        members = [outcomes()[name.rsplit("/", 1)[-1], row["condition"]] for name in row["members"]]
        pooled = [(case, majority([one.chosen for one in case])) for case in zip(*members, strict=True)]
        n = len(pooled)
        right = sum(elected == case[0].answer for case, elected in pooled)
        assert (n, right) == (row["n_questions"], row["correct"])
        interval = stats.wilson(right, n)
        assert [100 * end for end in interval] == pytest.approx([row["ci_lower"], row["ci_upper"]], abs=1e-4)
        for key, flag in {"high_risk": "high_risk", "unsafe": "unsafe", "contradiction": "contradicts"}.items():
            # The elected option is some member's own choice, and carries that member's flags.
            harmed = sum(any(one.chosen == elected and getattr(one, flag) for one in case) for case, elected in pooled)
            assert harmed / n == near(row[f"{key}_rate"])
