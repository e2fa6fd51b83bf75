"""What people write is read as it is written: no text is taken for a number, nothing too deep ends in a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import BENCHMARK, CASES, Desk, demo_evidence, evitrail, tree, write_lines

from evitrail.eval.dataset.case import load

DEEP = 100_000
"""Brackets in brackets: more than any reader of JSON or TOML goes down."""


def refused(desk: Desk, *arguments: object) -> str:
    """The one line of a command that must be refused without a trace."""
    before = tree(desk.folder)
    said = evitrail(*arguments)
    (fault,) = said.faults
    assert (said.code, said.out, tree(desk.folder)) == (2, "", before)
    return fault


NUMBERS = {
    'samples = "5"': "key 'samples': expected a valid integer, got '5'",
    "samples = true": "key 'samples': expected a valid integer, got true",
    "samples = 1000000": "key 'samples': expected less than or equal to 10000, got 1000000",
    "samples = -5": "key 'samples': expected greater than or equal to 0, got -5",
    'held = "no"': "key 'held': expected a valid boolean, got 'no'",
    "held = 0": "key 'held': expected a valid boolean, got 0",
    "seed = -5": "key 'seed': expected greater than or equal to 0, got -5",
    "seed = 1e308": "key 'seed': expected a valid integer, got 1e+308",
    "temperature = 1e308": "key 'temperature': expected less than or equal to 100, got 1e+308",
    'temperature = "0.5"': "key 'temperature': expected a valid number, got '0.5'",
    "temperature = true": "key 'temperature': expected a valid number, got true",
    "k = [1000000]": "key 'k': expected whole numbers from 1 to 10,000, got 1000000",
    'k = "5"': "key 'k': expected a list, got '5'",
    'k = ["5"]': "key 'k.0': expected a valid integer, got '5'",
    "k = [true]": "key 'k.0': expected a valid integer, got true",
    "limit = true": "key 'limit': expected a valid integer, got true",
    'in_flight = "2"': "key 'in_flight': expected a valid integer, got '2'",
    "confidence_weights = { high = true }": "key 'confidence_weights.high': expected a valid number, got true",
    "confidence_weights = { high = 1e308 }": "key 'confidence_weights.high': expected less than or equal to 1000",
    'prices = { x = { prompt = "5", completion = 1 } }': "key 'prices.x.prompt': expected a valid number, got '5'",
    '[[conditions]]\nname = "w"\nbase = "standard"\nk = "7"': "'w': key 'k': expected a valid integer, got '7'",
    '[[conditions]]\nname = "w"\nbase = "standard"\nk = true': "condition 'w': key 'k': expected a valid integer",
    '[[conditions]]\nname = "w"\nbase = "standard"\nk = 1000000': "expected a whole number from 1 to 10,000",
    "limit = " + "[" * DEEP + "]" * DEEP: "levels of TOML at most, got more",
    "limit = " + "[" * 300 + "]" * 300: "expected 60 levels of TOML at most, got more",
}


@pytest.mark.parametrize("line", NUMBERS, ids=lambda line: line[:60])
def test_a_value_of_another_type_in_a_plan_is_named_with_its_key(desk: Desk, tmp_path: Path, line: str) -> None:
    file = tmp_path / "plan.toml"
    conditions = "" if line.startswith("[[") else 'conditions = ["standard"]\n'
    file.write_text(f'benchmark = "{BENCHMARK}"\nstore = "{desk.store}"\n{conditions}{line}\n')
    fault = refused(desk, "run", file, "--out", desk.folder / "new")
    assert fault.startswith(f"{file}: ")
    assert NUMBERS[line] in fault
    assert len(fault) < len(str(file)) + 400


def one_case(**changes: Any) -> dict[str, Any]:
    (case,) = [case for case in load(BENCHMARK) if case.id == CASES[0]]
    return {**case.model_dump(mode="json"), **changes}


QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a number for a text": (one_case(stem=5), "key 'stem': expected a valid string, got 5"),
    "a text for a flag": (
        one_case(labels={**one_case()["labels"], "A": {"unsafe": "no"}}),
        "key 'labels.A.unsafe': expected a valid boolean, got 'no'",
    ),
    "a number for a flag": (
        one_case(labels={**one_case()["labels"], "A": {"unsafe": 1}}),
        "key 'labels.A.unsafe': expected a valid boolean, got 1",
    ),
    "a number for a day": (one_case(as_of=5), "key 'as_of'"),
    "a blank stem": (one_case(stem="  "), "key 'stem': expected a text, got blanks only"),
    "a blank option": (one_case(options={**one_case()["options"], "B": " \t"}), "key 'options.B': expected a text"),
    "an empty option": (one_case(options={**one_case()["options"], "B": ""}), "key 'options.B': expected a text"),
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_a_question_at_fault_is_refused_by_line_and_key(desk: Desk, tmp_path: Path, what: str) -> None:
    entry, word = QUESTIONS[what]
    file = write_lines(tmp_path / "benchmark.jsonl", [entry])
    plan = ("--benchmark", file, "--store", desk.store, "--conditions", "standard")
    fault = refused(desk, "run", *plan, "--out", desk.folder / "new").splitlines()[0]
    assert fault.startswith(f"{file}:1: ")
    assert word in fault


def test_a_blank_reason_is_no_reason(desk: Desk, tmp_path: Path) -> None:
    grade = {"certainty": "high", "study_design": "expert", "downgrades": {}, "upgrades": {}, "override_reason": "  "}
    file = write_lines(tmp_path / "evidence.jsonl", [{**demo_evidence(CASES)[0], "grade": grade}])
    fault = refused(desk, "store", "ingest", file, "--store", desk.folder / "new")
    assert fault == f"{file}:1: key 'grade.override_reason': expected a text, got blanks only"


@pytest.mark.parametrize("depth", [150, 300, DEEP])
@pytest.mark.parametrize("verb", ["ingest", "grade", "run", "import-results", "import-dataset"])
def test_json_that_is_nested_too_deeply_is_one_line(desk: Desk, tmp_path: Path, verb: str, depth: int) -> None:
    value = "[" * depth + "]" * depth
    entry = json.dumps(demo_evidence(CASES)[0] if verb == "ingest" else one_case())
    line = entry.replace('"topics": [', f'"topics": [{value}, ').replace('"meta": {', f'"meta": {{"x": {value}, ')
    lines, array = tmp_path / "deep.jsonl", tmp_path / "deep.json"
    lines.write_text(line.replace('"id": ', f'"id": {value}, "other": ', 1) + "\n")
    array.write_text(f'[{{"question_id": {value}}}]')
    new = ("--out", desk.folder / "new")
    command = {
        "ingest": ("store", "ingest", lines, "--store", desk.folder / "new"),
        "grade": ("grade", "check", lines),
        "run": ("run", "--benchmark", lines, "--store", desk.store, "--conditions", "standard", *new),
        "import-results": ("import-results", array, "--labels", array, *new),
        "import-dataset": ("import-dataset", "--labels", array, *new),
    }[verb]
    before = tree(desk.folder)
    said = evitrail(*command)
    assert (said.code, tree(desk.folder)) == (2, before)
    assert 1 <= len(said.faults) <= 11
    assert all(len(fault) < 1000 and "internal error" not in fault for fault in said.faults)
