"""``evitrail inject`` prints the table of a plan, and says what is wrong with a plan on one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, evitrail, write_lines
from talking import chat, models, talking

PLAN = """
readers = ["table"]
candidates = 2
admitted = 1
operators = ["choose C1"]

[[data]]
name = "desk"
benchmark = "{benchmark}"
evidence = "{evidence}"
"""


def plan_of(desk: Desk) -> Path:
    """A plan of one cell, on the desk's evidence and the cases that it decides."""
    lines = [line for file in sorted(BENCHMARK.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    cases = [case for case in map(json.loads, lines) if case["id"] in CASES]
    benchmark = write_lines(desk.folder / "cases.jsonl", cases)
    plan = desk.folder / "injection.toml"
    plan.write_text(PLAN.format(benchmark=benchmark, evidence=desk.evidence), "utf-8")
    return plan


def test_it_prints_the_table_and_says_the_same_as_json(own: Desk) -> None:
    plan, out = plan_of(own), own.folder / "injected"
    said = evitrail("inject", plan, "--out", out)
    assert (said.code, said.err) == (0, "")
    assert "first name right, all" in said.out
    assert "leak test" in said.out
    again = evitrail("inject", plan, "--out", out, "--json")
    assert (again.code, again.err) == (0, "")
    (row,) = [row for row in again.json["rows"] if row["name"] == "first name right, all"]
    assert row["ours"]["k"] == row["ours"]["n"] == 1
    assert [leak["operator"] for leak in again.json["leaks"]] == ["choose C1"]


def test_a_bad_plan_is_one_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("readers = ['gpt']", "utf-8")
    said = evitrail("inject", plan, "--out", tmp_path / "out")
    assert said.code == 2
    (fault,) = said.faults
    assert "expected readers among extractive, table, got 'gpt'" in fault
    assert not (tmp_path / "out").exists()


def test_a_judge_is_asked_with_the_key_that_is_named_and_has_its_columns(
    own: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in {"WARD_KEY": "sk-of-the-ward", "COURT_KEY": "sk-of-the-court"}.items():
        monkeypatch.setenv(name, key)
    plan, out = plan_of(own), own.folder / "injected"
    with talking() as court:
        court.says(models(court=32_768), path="/v1/models")
        court.says(chat("choose[1]"))
        asked = f'judge = "openai:court@{court.url}"\nkey_env = "WARD_KEY"\n'
        plan.write_text(asked + plan.read_text("utf-8"), "utf-8")
        told = evitrail("inject", plan, "--out", out, "--key-env", "COURT_KEY")
        assert (told.code, told.err) == (0, "")
        assert {key for *_, key in court.asked} == {"Bearer sk-of-the-court"}
        court.asked.clear()
        again = evitrail("inject", plan, "--out", out)
        assert (again.code, court.asked) == (0, []), "which variable holds the key decides no result"
        assert evitrail("inject", plan, "--out", own.folder / "afresh").code == 0
        assert {key for *_, key in court.asked} == {"Bearer sk-of-the-ward"}
    assert "judge, all at once" in told.out
