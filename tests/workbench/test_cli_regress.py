"""A failed run becomes a case that is run again, on the store state it failed on; it passes once that is repaired."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, evitrail, tree, write_lines

from evitrail.retrieval import RETRIEVERS


@pytest.fixture
def kept(own: Desk) -> Path:
    """The failures of a copy of the desk, saved."""
    saved = evitrail("regress", "save", own.run, "-right", "--out", own.folder / "kept")
    assert (saved.code, saved.err) == (0, "")
    return own.folder / "kept"


def written(kept: Path) -> list[dict[str, Any]]:
    return list(json.loads((kept / "regress.json").read_text("utf-8"))["cases"])


def test_all_failures_are_saved_and_fail_again_as_they_did(own: Desk, kept: Path) -> None:
    failed = [run for run in evitrail("runs", own.run, "--json").json["runs"] if not run["correct"]]
    assert failed, "else nothing below says anything"
    assert [case["run"] for case in written(kept)] == [run["run"] for run in failed]
    before = tree(kept)
    again = evitrail("regress", "run", kept, "--json")
    assert (again.code, again.err) == (1, "")
    for result, case in zip(again.json, written(kept), strict=True):
        assert (result["run"], result["verdict"], result["fails"]) == (case["run"], "fails", case["failed"])
        assert result["chosen"] == case["chosen"]
    assert tree(kept) == before


def test_a_case_passes_once_the_current_code_does_not_fail_in_it(
    own: Desk, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {one["run"]: one for one in evitrail("regress", "run", kept, "--json").json}
    monkeypatch.setitem(RETRIEVERS, "dense", RETRIEVERS["clean"])
    after = evitrail("regress", "run", kept, "--out", own.folder / "again", "--json").json
    for one in after:
        assert (one["verdict"] == "passes") == (not set(one["fails"]) & set(before[one["run"]]["failed"]))
    assert {one["verdict"] for one in after if one["run"].startswith("closed_book")} == {"fails"}
    assert evitrail("trace", "show", own.folder / "again", after[0]["run"]).code == 0


def test_a_case_whose_key_was_wrong_passes_with_the_right_one(kept: Path) -> None:
    chosen = {case["case"]: case["chosen"] for case in written(kept) if case["chosen"]}
    lines = [json.loads(line) for line in (kept / "benchmark.jsonl").read_text("utf-8").splitlines()]
    (kept / "regress.json").write_text(
        json.dumps({"experiment": "desk", "cases": [case for case in written(kept) if case["chosen"]][:1]}), "utf-8"
    )
    first = written(kept)[0]
    right = {"answer": chosen[first["case"]], "labels": {}}
    repaired = [line | (right if line["id"] == first["case"] else {}) for line in lines]
    write_lines(kept / "benchmark.jsonl", repaired)
    said = evitrail("regress", "run", kept)
    assert (said.code, said.err) == (0, "")
    assert "1 of 1 regression cases pass" in said.out


def test_what_is_recorded_later_changes_nothing_and_another_store_is_refused(own: Desk, kept: Path) -> None:
    ref = next(ref for run in evitrail("runs", own.run, "--json").json["runs"] for ref in run["cited"])
    assert evitrail("store", "retract", ref, "--store", own.store, "--reason", "test", "--by", "a.b").code == 0
    assert {one["verdict"] for one in evitrail("regress", "run", kept, "--json").json} == {"fails"}
    other = own.folder / "other"
    assert evitrail("store", "ingest", own.evidence, "--store", other).code == 0
    evidence = [json.loads(line) for line in own.evidence.read_text("utf-8").splitlines()][:1]
    single = own.folder / "single"
    assert evitrail("store", "ingest", write_lines(own.folder / "one.jsonl", evidence), "--store", single).code == 0
    refused = evitrail("regress", "run", kept, "--store", single)
    assert (refused.code, refused.out, len(refused.faults)) == (2, "", 1)
    assert "expected the store that" in refused.faults[0]


def test_a_set_that_was_moved_finds_its_store_where_it_is_told(own: Desk, kept: Path, tmp_path: Path) -> None:
    moved = tmp_path / "far" / "away" / "kept"
    shutil.copytree(kept, moved)
    lost = evitrail("regress", "run", moved)
    assert (lost.code, len(lost.faults)) == (2, 1)
    assert evitrail("regress", "run", moved, "--store", own.store, "--json").code == 1


def test_bad_input_is_one_line_and_nothing_is_written(own: Desk, kept: Path) -> None:
    before = tree(own.folder)
    for words, told in (
        (("save", own.run, "right", "--out", own.folder / "new"), "expected runs that failed, none of the"),
        (("save", own.run, "wrng:x", "--out", own.folder / "new"), "query, character 1: expected a field"),
        (("save", own.run, "--out", kept), "is there already"),
        (("save", own.store, "--out", own.folder / "new"), "expected outcomes at"),
        (("run", own.run), "found no regress.json; `evitrail regress save` writes it"),
        (("run", kept, "--out", own.store), "expected a new folder, it holds something already"),
    ):
        said = evitrail("regress", *words)
        assert (said.code, said.out, len(said.faults)) == (2, "", 1), words
        assert told in said.faults[0]
    assert tree(own.folder) == before


def test_a_condition_that_the_plan_no_longer_has_is_named(kept: Path) -> None:
    plan = (kept / "plan.toml").read_text("utf-8")
    (kept / "plan.toml").write_text(plan.replace('    "closed_book",\n', ""), "utf-8")
    said = evitrail("regress", "run", kept)
    assert (said.code, len(said.faults)) == (2, 1)
    assert "expected a condition of plan.toml, got 'closed_book'" in said.faults[0]


def test_a_question_with_patient_data_is_not_copied(own: Desk) -> None:
    lines = [json.loads(line) for line in (own.evidence).read_text("utf-8").splitlines()]
    case = {
        "id": "private-1",
        "stem": "Mrs Anna Fogelberg, born 3 May 1948, asks what to do.",
        "options": {"A": "wait", "B": "act"},
        "answer": "A",
        "labels": {},
        "subspecialty": "internal medicine",
        "question_type": "therapy",
        "clean_evidence": [f"{lines[0]['id']}@{lines[0]['version']}"],
        "conflict_evidence": [],
        "outdated_evidence": [],
        "sensitive": ["stem"],
    }
    asked = write_lines(own.folder / "private.jsonl", [case, case | {"id": "private-2", "answer": "B"}])
    out = own.folder / "private-run"
    where = ("--benchmark", asked, "--store", own.store, "--conditions", "closed_book", "--samples", 1)
    assert evitrail("run", *where, "--out", out).code == 0
    said = evitrail("regress", "save", out, "--out", own.folder / "new")
    assert (said.code, len(said.faults)) == (2, 1)
    assert "expected a question without patient data" in said.faults[0]
    assert not (own.folder / "new").exists()
