"""``evitrail claims``: claims of answers in free text, from an experiment or a file, in tables, JSON and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import BENCHMARK, CASES, Desk, evitrail, tree

from evitrail.eval.dataset.case import load

SWAB = "acute-001"
"""Asked of May 2015, when the version of 2010 was in force."""
SAYS = "A swab taken once 35 weeks 0 days is reached is valid."
SAYS_LATER = "A swab before 36 weeks 0 days is too early."
MADE_UP = "Garlic capsules clear the carriage within a week."
SERVED = "group-b-streptococcus-antenatal-swab@2010"


def opened_up(folder: Path) -> Path:
    """The desk's questions without their options."""
    lines = []
    for case in load(BENCHMARK):
        if case.id in CASES:
            line = json.loads(case.model_dump_json())
            lines.append(json.dumps(line | {"options": {}, "answer": "", "labels": {}, "meta": {}}))
    file = folder / "open.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    return file


def answered(folder: Path, **line: Any) -> Path:
    file = folder / "answers.jsonl"
    given = {"case": SWAB, "answer": f"{SAYS} {SAYS_LATER} {MADE_UP}", "served": [SERVED]}
    file.write_text(json.dumps(given | line), "utf-8")
    return file


@pytest.fixture(scope="module")
def experiment(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The open questions under two conditions."""
    folder = tmp_path_factory.mktemp("open")
    benchmark = opened_up(folder)
    asked = ("--benchmark", benchmark, "--store", desk.store, "--conditions", "standard,gated")
    said = evitrail("run", *asked, "--out", folder / "run")
    assert (said.code, said.err) == (0, "")
    assert "per cent of the claims" in said.out
    assert "no run has finished" not in said.out
    return folder / "run"


def test_claims_of_a_file_are_judged_tied_to_passages_and_blamed(desk: Desk, tmp_path: Path) -> None:
    said = evitrail("claims", answered(tmp_path), "--benchmark", opened_up(tmp_path), "--store", desk.store)
    assert (said.code, said.err) == (0, "")
    assert f"answers.jsonl:1: outdated: {SAYS_LATER}" in said.out
    assert "supports: group-b-streptococcus-antenatal-swab@2019#0 (not yet, not served)" in said.out
    assert f"answers.jsonl:1: unsupported: {MADE_UP}" in said.out
    assert "to blame: write: nothing that was served says what write claims" in said.out
    assert SAYS not in said.out  # it is supported


def test_json_and_the_written_file_hold_every_claim(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "judged.jsonl"
    asked = ("--benchmark", opened_up(tmp_path), "--store", desk.store, "--out", out)
    said = evitrail("claims", answered(tmp_path), *asked, "--json")
    (answer,) = said.json["answers"]
    assert [claim["verdict"] for claim in answer["claims"]] == ["supported", "outdated", "unsupported"]
    assert json.loads(out.read_text("utf-8")) == answer
    (row,) = said.json["conditions"]
    assert row["metrics"]["outdated_claims"]["value"] == pytest.approx(1 / 3)


def test_where_nobody_recorded_what_was_served_nobody_is_blamed(desk: Desk, tmp_path: Path) -> None:
    file = answered(tmp_path, served=None)
    said = evitrail("claims", file, "--benchmark", opened_up(tmp_path), "--store", desk.store)
    assert "to blame: nobody: what was served is not on record" in said.out
    assert "not known whether served" in said.out


def test_an_experiment_shows_the_claims_of_each_condition(experiment: Path) -> None:
    said = evitrail("claims", experiment, "--json").json
    assert [row["condition"] for row in said["conditions"]] == ["gated", "standard"]
    assert all(row["claims"] > 0 and row["metrics"]["grounded_claims"]["value"] == 1.0 for row in said["conditions"])
    kept = [json.loads(line) for line in (experiment / "claims.jsonl").read_text("utf-8").splitlines()]
    assert kept == said["answers"]


def test_open_runs_are_listed_shown_done_again_and_found_by_their_evidence(experiment: Path) -> None:
    listed = {row["run"]: row for row in evitrail("trace", "list", experiment, "--json").json}
    assert listed.keys() == {f"{condition}.{case}" for condition in ("standard", "gated") for case in CASES}
    assert all(row["claims"] == row["supported"] > 0 for run, row in listed.items() if run.startswith("gated"))
    run = f"gated.{SWAB}"
    shown = evitrail("trace", "show", experiment, run)
    assert shown.out.count("\nsupported: ") == listed[run]["claims"]
    assert "steps: aim[1] → retrieve[1] → write[1] → gather[1] → judge[1]" in shown.out
    assert evitrail("trace", "show", experiment, run, "--json").json["claims"][0]["sources"][0]["evidence"] == SERVED
    assert evitrail("replay", experiment, run, "--verify").code == 0
    rests = evitrail("trace", "impact", experiment, SERVED, "--json").json["free_text"]
    assert {row["run"] for row in rests} == {run, f"standard.{SWAB}"}
    assert "2 answers in free text in" in evitrail("trace", "impact", experiment, SERVED).out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("trace", "why", "RUN"), "answered in free text; `evitrail claims`"),
        (("diff", "RUN", "OTHER"), "answered in free text; `evitrail claims`"),
        (("compare", "standard", "gated"), "expected answers that choose an option, found only answers in free text"),
        (("statistics",), "expected answers that choose an option, found only answers in free text"),
        (("fork", "RUN", "--set", "retriever=clean"), "answered in free text, which cannot be forked"),
        (
            ("review", "label", "RUN", "unsafe", "no", "--by", "d.larsen", "--reason", "read it"),
            "expected a run that chose an option to review",
        ),
    ],
)
def test_what_is_about_options_says_that_an_open_run_has_none(
    experiment: Path, arguments: tuple[str, ...], says: str
) -> None:
    names = {"RUN": f"standard.{SWAB}", "OTHER": f"gated.{SWAB}"}
    at = 2 if arguments[0] in ("trace", "review") else 1
    words = [names.get(word, word) for word in arguments]
    said = evitrail(*words[:at], experiment, *words[at:])
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("FILE",), "expected --benchmark beside a file of answers, got none"),
        (("FILE", "--benchmark", "OPEN", "--store", "nowhere"), "nowhere: expected an evidence store, found none"),
        (("FILE", "--benchmark", "OPEN", "--judge", "ruel"), "expected a judge as `rule` or a language model"),
        (("WRONG", "--benchmark", "OPEN", "--store", "STORE"), "expected a case of the benchmark, got 'acute-1'"),
        (("CHOICE",), "expected runs that answered in free text, found none"),
        (("CHOICE", "--store", "STORE"), "--benchmark and --store go with a file of answers"),
        (("missing.jsonl", "--benchmark", "OPEN", "--store", "STORE"), "missing.jsonl"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong").mkdir()
    names: dict[str, Path] = {
        "FILE": answered(tmp_path),
        "WRONG": answered(tmp_path / "wrong", case="acute-1"),
        "OPEN": opened_up(tmp_path),
        "STORE": desk.store,
        "CHOICE": desk.run,
    }
    before = tree(tmp_path)
    said = evitrail("claims", *(names.get(word, word) for word in arguments), "--out", tmp_path / "out.jsonl")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert says in said.err
    assert tree(tmp_path) == before


def test_a_condition_that_weighs_options_is_refused_for_an_open_case(desk: Desk, tmp_path: Path) -> None:
    asked = ("--benchmark", opened_up(tmp_path), "--store", desk.store, "--conditions", "agentic")
    said = evitrail("run", *asked, "--out", tmp_path / "run")
    assert (said.code, said.out) == (2, "")
    assert "asks for an answer in free text, which condition 'agentic' cannot give" in said.err
    assert not (tmp_path / "run").exists()
