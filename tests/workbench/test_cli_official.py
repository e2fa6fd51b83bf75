"""``export-results`` and ``import-results``: what is handed on as published comes back as the same outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import CASES, Desk, evitrail, tree

from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.plan.condition import ALIASES

GREEDY = {
    "raw_output", "parsed_answer", "input_tokens", "output_tokens", "elapsed_s", "error", "correct",
}  # fmt: skip
SAMPLED = {
    "raw_outputs", "parsed_answers", "majority_vote", "vote_counts", "input_tokens", "elapsed_s", "error",
    "majority_correct",
}  # fmt: skip
RECORD = {"question_id", "dataset", "correct_answer", "model", "conditions"}
ELSEWHERE = {"run", "case", "condition", "reader", "snapshot", "stale", "cited"}
"""What the published form calls otherwise, or has no place for."""


@pytest.fixture(scope="module")
def exported(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "published"
    said = evitrail("export-results", desk.run, "--out", folder)
    assert (said.code, said.err) == (0, "")
    return folder


def records(folder: Path, files: str) -> list[dict[str, Any]]:
    (path,) = folder.glob(files)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def named(folder: Path) -> Any:
    return json.loads((folder / "names.json").read_text("utf-8"))


def told(outcome: Outcome, case: str, condition: str) -> tuple[Any, ...]:
    """All of an outcome that the published form can hold."""
    return case, condition, tuple(sorted(outcome.model_dump(exclude=ELSEWHERE).items()))


def test_what_was_exported_comes_back_as_the_same_outcomes(desk: Desk, exported: Path, tmp_path: Path) -> None:
    (labels,) = (exported / "datasets").iterdir()
    back = tmp_path / "back"
    said = evitrail("import-results", exported / "judged", "--labels", labels, "--out", back, "--json")
    assert (said.code, said.err, said.json["missing"]) == (0, "", [])
    questions = named(exported)["questions"]
    ours = {told(one, one.case, one.condition) for one in read_outcomes(desk.run / "outcomes.parquet")}
    theirs = {
        told(one, questions[one.case], ALIASES.get(one.condition, one.condition))
        for one in read_outcomes(back / "outcomes.parquet")
    }
    assert len(ours) == 3 * len(CASES)
    assert theirs == ours


def test_the_rates_are_those_of_the_experiment(desk: Desk, exported: Path, tmp_path: Path) -> None:
    (labels,) = (exported / "datasets").iterdir()
    out = ("--out", tmp_path / "back")
    back = evitrail("import-results", exported / "judged", "--labels", labels, *out, "--json").json["metrics"]
    for row in evitrail("report", desk.run, "--json").json["metrics"]:
        (same,) = [one for one in back if ALIASES.get(one["condition"], one["condition"]) == row["condition"]]
        differing = {name for name in row if row[name] != same[name]}
        assert differing <= {"condition", "reader", "snapshot", "stale_rate", "citation_recall"}


def test_the_files_have_the_published_keys_and_no_others(exported: Path) -> None:
    for phase, checked in (("results/*/risk_radiorag.jsonl", False), ("judged/*/risk_radiorag_checked.jsonl", True)):
        found = records(exported, phase)
        assert len(found) == len(CASES)
        for one in found:
            assert set(one) == RECORD
            assert list(one["conditions"]) == ["zero_shot", "top_10", "gated"]
            for arm in one["conditions"].values():
                assert set(arm) == {"greedy", "stochastic", "total_elapsed_s"}
                assert set(arm["greedy"]) == GREEDY | ({"checked_answer"} if checked else set())
                assert set(arm["stochastic"]) == SAMPLED | ({"checked_answers"} if checked else set())
                assert set(arm["stochastic"]["vote_counts"]) == set("ABCDE")
                assert len(arm["stochastic"]["parsed_answers"]) == sum(arm["stochastic"]["vote_counts"].values()) == 5


def test_the_judged_file_is_the_other_with_the_verdicts_added(exported: Path) -> None:
    plain = records(exported, "results/*/risk_radiorag.jsonl")
    judged = records(exported, "judged/*/risk_radiorag_checked.jsonl")
    for one in judged:
        for arm in one["conditions"].values():
            verdicts = [arm["greedy"].pop("checked_answer"), *arm["stochastic"].pop("checked_answers")]
            answers = [arm["greedy"]["parsed_answer"], *arm["stochastic"]["parsed_answers"]]
            assert [verdict["confirmed_answer"] for verdict in verdicts] == answers
    assert judged == plain


def test_names_say_which_question_and_which_model_is_meant(desk: Desk, exported: Path) -> None:
    names = named(exported)
    assert list(names["questions"].values()) == sorted(CASES)
    assert list(names["models"].values()) == [read_outcomes(desk.run / "outcomes.parquet")[0].reader]
    assert [path.name for path in (exported / "judged").iterdir()] == list(names["models"])


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(desk: Desk, exported: Path, tmp_path: Path) -> None:
    before = tree(exported)
    (fault,) = evitrail("export-results", desk.run, "--out", exported).faults
    assert fault == f"{exported}: is there already; expected a new folder, give another --out"
    assert tree(exported) == before
    (labels,) = (exported / "datasets").iterdir()
    back = tmp_path / "back"
    assert evitrail("import-results", exported / "judged", "--labels", labels, "--out", back).code == 0
    (fault,) = evitrail("export-results", back, "--out", tmp_path / "again").faults
    assert (
        fault
        == f"{back}: expected an experiment that evitrail ran, got imported published files; they are in official/"
    )
    assert not (tmp_path / "again").exists()
