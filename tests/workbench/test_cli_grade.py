"""`evitrail grade check` says how many certainties add up, lists the others in words, and fails when there are some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail

NONE = {"rating": "Not serious", "reason": "None"}
BODY: dict[str, Any] = {
    "question": "Vaccine or none?",
    "literature": "4 RCTs",
    "outcome": "Infection",
    "importance": "Critical",
    **dict.fromkeys(("risk_of_bias", "inconsistency", "indirectness"), NONE),
    "imprecision": {"rating": "Very serious", "reason": "4 events"},
    "certainty": "Low",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bodies.jsonl"


def write(file: Path, *changes: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps({**BODY, **change}) + "\n" for change in changes))
    return file


def test_certainties_that_all_add_up_pass(file: Path) -> None:
    said = evitrail("grade", "check", write(file, {}, {"outcome": "Death"}))
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == "2 of 2 published certainties are what their judgements add up to"
    assert len(said.out.splitlines()) == 2


def test_one_that_does_not_is_listed_with_its_arithmetic_and_fails_the_check(file: Path) -> None:
    said = evitrail("grade", "check", write(file, {}, {"certainty": "High", "outcome": "Death"}))
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("1 of 2 ")
    assert said.out.splitlines()[-2:] == [
        f"{file}:2: Death",
        "  published high, the sum gives low: high - 2 (imprecision) = low",
    ]


def test_one_with_a_reason_is_listed_and_passes(file: Path) -> None:
    said = evitrail("grade", "check", write(file, {"certainty": "High", "override_reason": "the panel's vote"}))
    assert said.code == 0
    assert said.out.splitlines()[-1].endswith("= low; overridden: the panel's vote")


def test_one_whose_start_nobody_told_is_not_taken_for_sound(file: Path) -> None:
    said = evitrail("grade", "check", write(file, {"literature": None}))
    assert said.code == 1
    assert said.out.splitlines()[-1] == "  published low, no sum: neither a start nor a study design is stated"


def test_as_json_it_is_one_document_with_every_body_and_the_same_exit_code(file: Path) -> None:
    said = evitrail("grade", "check", write(file, {}, {"certainty": "High"}, {"literature": None}), "--json")
    assert (said.code, said.err) == (1, "")
    assert [said.json[verdict] for verdict in ("agrees", "overridden", "differs", "unknown")] == [1, 0, 1, 1]
    assert [body["verdict"] for body in said.json["bodies"]] == ["agrees", "differs", "unknown"]
    assert said.json["bodies"][1]["sum"] == "high - 2 (imprecision) = low"
    assert said.json["bodies"][0]["assessment"]["imprecision"] == {"levels": 2, "reason": "4 events"}


def test_what_cannot_be_read_is_bad_input_and_not_a_finding(file: Path) -> None:
    for changes in ({"certainty": "Sure"}, {"mood": "sunny"}, {"other": "Halo"}):
        said = evitrail("grade", "check", write(file, changes))
        assert (said.code, said.out) == (2, "")
        assert len(said.faults) == 1
        assert said.faults[0].startswith(f"{file}:1: ")
    assert evitrail("grade", "check", file.with_name("none.jsonl")).code == 2


def test_text_of_a_body_is_shown_and_not_obeyed_by_the_terminal(file: Path) -> None:
    said = evitrail("grade", "check", write(file, {"certainty": "High", "outcome": "\x1b[2J[bold]death"}))
    assert "\\u001b[2J[bold]death" in said.out
