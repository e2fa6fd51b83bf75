"""Bad input: exit code 2, one clear line a fault, no traceback, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import BENCHMARK, CASES, Desk, Said, demo_evidence, evitrail, script, tree, write_lines

Entry = dict[str, Any]
SOUND = demo_evidence(CASES)


def refused(desk: Desk, *arguments: object, faults: int = 1) -> Said:
    """The answer to a command that must be refused without a trace."""
    before = tree(desk.folder)
    said = evitrail(*arguments)
    assert (said.code, said.out) == (2, ""), said
    assert len(said.faults) == faults, said.err
    assert tree(desk.folder) == before
    return said


def changed(**keys: object) -> list[Entry]:
    return [{**SOUND[0], **keys}, *SOUND[1:]]


EVIDENCE = {
    "an unknown key": (changed(colour="red"), "colour"),
    "a missing key": ([{k: v for k, v in SOUND[0].items() if k != "text"}], "text"),
    "a supersession of nothing": (changed(supersedes="nobody@1999"), "nobody@1999"),
    "an end before its beginning": (changed(valid_from="2020-01-01", valid_to="2019-01-01"), "2019-01-01"),
    "an end on the day of its beginning": (changed(valid_from="2020-01-01", valid_to="2020-01-01"), "2020-01-01"),
    "a certainty that does not add up": (
        changed(grade={"certainty": "high", "study_design": "expert", "downgrades": {}, "upgrades": {}}),
        "very_low",
    ),
    "a version given twice": ([SOUND[0], SOUND[0]], "twice"),
    "an id that is no lineage": (changed(id="Not Kebab"), "Not Kebab"),
}


@pytest.mark.parametrize("name", EVIDENCE)
@pytest.mark.parametrize("check", [(), ("--check",)])
def test_evidence_at_fault_is_named_by_file_and_line(desk: Desk, tmp_path: Path, name: str, check: tuple[str]) -> None:
    entries, word = EVIDENCE[name]
    file = write_lines(tmp_path / "evidence.jsonl", entries)
    new = ("--store", desk.folder / "new-store")
    said = refused(desk, "store", "ingest", file, *new, *check)
    assert said.faults[0].startswith(f"{file}:")
    assert word in said.faults[0]


def test_broken_json_is_named_by_file_line_and_column(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "evidence.jsonl"
    file.write_text(json.dumps(SOUND[0]) + "\n" + json.dumps(SOUND[1])[:-20] + "\n")
    said = refused(desk, "store", "ingest", file, "--store", desk.folder / "new-store")
    assert said.faults[0].startswith(f"{file}:2: expected one JSON object")


def test_every_fault_of_a_file_is_told_at_once(desk: Desk, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "evidence.jsonl", [{**entry, "colour": "red"} for entry in SOUND[:3]])
    said = refused(desk, "store", "ingest", file, "--store", desk.folder / "new-store", faults=3)
    assert [fault.split(":")[1] for fault in said.faults] == ["1", "2", "3"]


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_a_published_version_cannot_be_changed(desk: Desk, tmp_path: Path, check: tuple[str]) -> None:
    file = write_lines(tmp_path / "evidence.jsonl", changed(title="Another title"))
    said = refused(desk, "store", "ingest", file, "--store", desk.store, *check)
    assert f"{SOUND[0]['id']}@{SOUND[0]['version']}" in said.faults[0]


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_two_files_may_not_bring_the_same_version(desk: Desk, tmp_path: Path, check: tuple[str]) -> None:
    files = [write_lines(tmp_path / f"{n}.jsonl", [SOUND[0]]) for n in (1, 2)]
    refused(desk, "store", "ingest", *files, "--store", desk.folder / "new-store", *check)


def case_with(**keys: object) -> Entry:
    lines = (line for file in sorted(BENCHMARK.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines())
    return {**next(case for case in map(json.loads, lines) if case["id"] == CASES[0]), **keys}


CASE_FAULTS = {
    "an answer not among the options": (case_with(answer="Z"), "'Z'"),
    "a label for no option": (case_with(labels={"Z": {"high_risk": True, "unsafe": True, "contradicts": True}}), "Z"),
    "an unknown key": (case_with(colour="red"), "colour"),
    "evidence the store does not hold": (case_with(clean_evidence=["nobody@1999"]), "nobody@1999"),
    "clean evidence of another day": (case_with(as_of="1950-01-01", outdated_evidence=[]), "1950-01-01"),
}


@pytest.mark.parametrize("name", CASE_FAULTS)
@pytest.mark.parametrize("verb", ["run", "run --check", "ask"])
def test_a_case_at_fault_is_refused_before_anything_runs(desk: Desk, tmp_path: Path, name: str, verb: str) -> None:
    case, word = CASE_FAULTS[name]
    file = write_lines(tmp_path / "benchmark.jsonl", [case])
    asked = ("ask", file) if verb == "ask" else (*verb.split(), "--benchmark", file)
    said = refused(desk, *asked, "--store", desk.store, "--out", desk.folder / "new")
    assert word in said.faults[0]


def commands(desk: Desk) -> dict[str, tuple[tuple[object, ...], str]]:
    """What is refused, and a word of the reason."""
    run, new, store = desk.run, desk.folder / "new", ("--store", desk.store)
    small = ("--benchmark", BENCHMARK, *store, "--out", new, "--only", CASES[0])
    return {
        "missing store to list": (("store", "list", "--store", new), "store ingest"),
        "missing store to verify": (("store", "verify", "--store", new), "store ingest"),
        "missing store to reindex": (("store", "reindex", "--store", new), "store ingest"),
        "missing store to search": (("search", "swab", "--store", new), "store ingest"),
        "missing store to ask": (("ask", CASES[0], "--store", new, "--out", new), "store ingest"),
        "missing store to run": (("run", "--benchmark", BENCHMARK, "--store", new, "--out", new), "store ingest"),
        "missing evidence file": (("store", "ingest", new, *store), "found neither"),
        "missing benchmark": (("run", "--benchmark", new, *store, "--out", new), "found neither"),
        "missing plan": (("run", new, "--out", new), "expected a plan"),
        "missing journal to report": (("report", new), "journal"),
        "missing journal to list": (("trace", "list", new), "journal"),
        "missing journal to verify": (("trace", "verify", new), "journal"),
        "missing journal to replay": (("replay", new, "x"), "journal"),
        "unknown version": (("store", "show", "nobody@1999", *store), "nobody@1999"),
        "unknown lineage": (("store", "history", "nobody", *store), "nobody"),
        "unknown condition": (("run", *small, "--conditions", "standard,best"), "'best'"),
        "unknown condition to ask": (("ask", CASES[0], "--condition", "best", *store, "--out", new), "'best'"),
        "unknown condition to list": (("trace", "list", run, "--condition", "best"), "'best'"),
        "unknown reader": (("run", *small, "--reader", "oracle"), "'oracle'"),
        "unknown retriever": (("search", "swab", "--retriever", "google", *store), "'google'"),
        "unknown case": (("run", *small[:-1], "nobody-1"), "nobody-1"),
        "unknown case to ask": (("ask", "nobody-1", *store, "--out", new), "nobody-1"),
        "missing file to ask": (("ask", "nobody.jsonl", *store, "--out", new), "found none"),
        "file of many cases": (("ask", BENCHMARK / "acute.jsonl", *store, "--out", new), "expected one case"),
        "unknown split": (("run", *small, "--split", "night"), "'night'"),
        "unknown run": (("trace", "show", run, "gated.nobody"), "'gated.nobody'"),
        "unknown run to replay": (("replay", run, "gated.nobody"), "'gated.nobody'"),
        "seals are no run": (("trace", "show", run, "experiment"), "'experiment'"),
        "unknown step": (("trace", "show", run, f"gated.{CASES[0]}#dream[1]"), "'dream[1]'"),
        "empty step": (("trace", "show", run, f"gated.{CASES[0]}#"), "''"),
        "neither plan nor benchmark": (("run", *store, "--out", new), "got neither"),
        "plan and options": (("run", run / "plan.toml", "--samples", 3, "--out", new), "--samples"),
        "no condition": (("run", *small, "--conditions", ","), "--conditions"),
        "negative samples": (("run", *small, "--samples", -1), "--samples"),
        "samples in letters": (("run", *small, "--samples", "many"), "--samples"),
        "no temperature": (("run", *small, "--temperature", 0), "--temperature"),
        "limit of none": (("run", *small, "--limit", 0), "--limit"),
        "no hits asked for": (("search", "swab", "-k", 0, *store), "-k"),
        "empty query": (("search", " ", *store), "query"),
        "a country that no gate looks at": (("search", "swab", "--jurisdiction", "GB", *store), "--retriever clean"),
        "no such country": (("search", "swab", "--retriever", "clean", "--jurisdiction", "UK1", *store), "two letters"),
        "no such day": (("search", "swab", "--as-of", "2020-02-30", *store), "--as-of"),
        "unknown option": (("run", *small, "--fast"), "--fast"),
        "unknown verb": (("dance",), "dance"),
        "unknown verb of a group": (("store", "dance"), "dance"),
        "no verb of a group": (("trace",), "trace --help"),
        "missing argument": (("store", "show", *store), "store show --help"),
        "another plan in the same folder": (("run", *small[:4], *small[6:], "--out", run), "another plan"),
        "a file where a folder should be": (("run", *small[:4], "--only", CASES[0], "--out", desk.evidence), "exists"),
    }


@pytest.mark.parametrize("name", commands(Desk(Path())))
def test_a_command_at_fault_is_refused_in_one_line(desk: Desk, name: str) -> None:
    arguments, word = commands(desk)[name]
    said = refused(desk, *arguments)
    assert word in said.faults[0]


PLANS = {
    "broken TOML": ("conditions = [", "expected TOML"),
    "an unknown key": ('benchmark = "b"\nstore = "s"\nconditions = ["gated"]\ncolour = 1', "colour"),
    "a missing key": ('benchmark = "b"\nstore = "s"', "conditions"),
    "negative samples": ('benchmark = "b"\nstore = "s"\nconditions = ["gated"]\nsamples = -1', "samples"),
    "no conditions": ('benchmark = "b"\nstore = "s"\nconditions = []', "conditions"),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_at_fault_is_refused_in_one_line(desk: Desk, tmp_path: Path, name: str) -> None:
    text, word = PLANS[name]
    file = tmp_path / "plan.toml"
    file.write_text(text)
    said = refused(desk, "run", file, "--out", desk.folder / "new")
    assert said.faults[0].startswith(f"{file}: ")
    assert word in said.faults[0]


def test_an_error_of_ours_is_one_line_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the floor\nfell in")

    monkeypatch.setattr("evitrail.eval.run_plan.results_in", broken)
    said = refused(desk, "report", desk.run)
    assert said.faults[0].startswith("internal error, RuntimeError: the floor fell in; set EVITRAIL_DEBUG=1")


def test_an_unknown_log_level_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVITRAIL_LOG", "shout")
    assert "'shout'" in refused(desk, "store", "list", "--store", desk.store).faults[0]


def test_the_installed_script_exits_with_2_and_one_line(desk: Desk) -> None:
    said = script("run", "--fast", folder=desk.folder)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
