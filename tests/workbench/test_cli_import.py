"""``trace import`` and what the other verbs say of a run that was recorded elsewhere; ``trace export --to``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from collector import collector
from desk import CASES, Desk, evitrail, tree

GATED = f"gated.{CASES[0]}"


@pytest.fixture
def file(desk: Desk, tmp_path: Path) -> Path:
    """A run of ours as another system would hand it on."""
    file = tmp_path / "gated.otlp.jsonl"
    assert evitrail("trace", "export", desk.run, GATED, "--format", "otlp", "--out", file).code == 0
    return file


@pytest.fixture
def folder(file: Path, tmp_path: Path) -> Path:
    """A folder with that run taken in."""
    assert evitrail("trace", "import", file, "--out", tmp_path / "elsewhere", "--name", "ward").code == 0
    return tmp_path / "elsewhere"


def test_a_file_is_taken_in_once(file: Path, tmp_path: Path) -> None:
    command = ("trace", "import", file, "--out", tmp_path / "elsewhere")
    said = evitrail(*command)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"imported as otlp: 1, known already: 0; in {tmp_path / 'elsewhere'}\n  {GATED}\n"
    before = tree(tmp_path / "elsewhere")
    told = {"folder": str(tmp_path / "elsewhere"), "format": "otlp", "new": [], "known": [GATED], "grown": []}
    assert evitrail(*command, "--json").json == told
    assert tree(tmp_path / "elsewhere") == before


def test_a_run_recorded_elsewhere_is_listed_with_where_it_comes_from(folder: Path, desk: Desk) -> None:
    steps = evitrail("trace", "show", desk.run, GATED, "--json").json["steps"]
    (row,) = evitrail("trace", "list", folder, "--json").json
    assert (row["run"], row["recorded"], row["steps"], row["failed"]) == ("ward", "elsewhere", len(steps), 0)
    assert "gated.otlp.jsonl" in row["of"]
    assert "1 external runs in" in (said := evitrail("trace", "list", folder).out)
    assert "ward" in said
    assert evitrail("trace", "list", folder, "--failed", "--json").json == []


def test_it_is_shown_with_its_steps_and_each_step_whole(folder: Path, desk: Desk) -> None:
    ours = evitrail("trace", "show", desk.run, GATED, "--json").json
    told = evitrail("trace", "show", folder, "ward", "--json").json
    assert told["steps"] == ours["steps"]
    assert told["begun"]["source"] == "gated.otlp.jsonl"
    said = evitrail("trace", "show", folder, "ward")
    assert (said.code, said.err) == (0, "")
    assert "external run: trace" in said.out
    assert all(f"{step} by " in said.out for step in ours["steps"])
    step = evitrail("trace", "show", folder, "ward#retrieve[1]", "--json").json
    hits = evitrail("trace", "show", desk.run, f"{GATED}#retrieve[1]", "--json").json["output"]["hits"]
    assert [one["content"] for one in step["output"]["value"]["documents"]] == [h["passage"]["text"] for h in hits]


def test_it_is_walked_and_its_record_verified(folder: Path, desk: Desk) -> None:
    walked = evitrail("replay", folder, "ward", "--json").json
    assert [step["path"] for step in walked] == evitrail("trace", "show", folder, "ward", "--json").json["steps"]
    said = evitrail("trace", "verify", folder)
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize(
    "command",
    ["replay {} ward --verify", "replay {} --verify", "fork {} ward --set k=2", "whatif {} --snapshot now"],
)
def test_what_cannot_be_done_again_says_so_in_one_line(folder: Path, command: str) -> None:
    before = tree(folder)
    said = evitrail(*(part.format(folder) for part in command.split()))
    assert said.code == 2
    assert said.err == (
        f"evitrail: {folder}: expected an experiment, found a journal without plan.toml; the runs of another "
        "system cannot be executed here, because their code is not here\n"
    )
    assert tree(folder) == before


def test_its_sources_are_not_guessed(folder: Path) -> None:
    said = evitrail("trace", "why", folder, "ward")
    assert said.code == 2
    assert said.err == (
        "evitrail: 'ward' was recorded elsewhere, and names no evidence versions; see `evitrail trace show`\n"
    )


def test_two_such_runs_are_compared_step_by_step_whenever_they_were_done(
    folder: Path, desk: Desk, tmp_path: Path
) -> None:
    other = tmp_path / "standard.otlp.jsonl"
    own = evitrail("trace", "show", desk.run, GATED, "--json").json["steps"]
    exported = evitrail(
        "trace", "export", desk.run, GATED.replace("gated", "standard"), "--format", "otlp", "--out", other
    )
    assert exported.code == 0
    assert evitrail("trace", "import", other, "--out", folder, "--name", "other").code == 0
    same = evitrail("diff", folder, "ward", "ward", "--json").json
    assert same["first"] is None
    assert [step["path"] for step in same["steps"]] == own
    told = evitrail("diff", folder, "ward", "other", "--json").json
    assert told["first"]["path"] == "retrieve[1]"
    said = evitrail("diff", folder, "ward", "other")
    assert (said.code, said.err) == (0, "")
    assert "they diverge at retrieve[1] · " in said.out


def test_taken_in_beside_an_experiment_it_changes_nothing_of_the_experiments_list(own: Desk, file: Path) -> None:
    before = evitrail("trace", "list", own.run, "--json").json
    assert evitrail("trace", "import", file, "--out", own.run, "--name", "ward").code == 0
    after = evitrail("trace", "list", own.run, "--json").json
    assert [row for row in after if row.get("recorded") != "elsewhere"] == before
    assert len(after) == len(before) + 1
    assert evitrail("trace", "verify", own.run).code == 0


def test_a_name_that_is_taken_is_refused_and_nothing_written(own: Desk, file: Path) -> None:
    before = evitrail("trace", "verify", own.run, "--json").json, (own.run / "journal.db").read_bytes()
    said = evitrail("trace", "import", file, "--out", own.run)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert f"has the name '{GATED}'; give a different --name" in said.faults[0]
    assert (evitrail("trace", "verify", own.run, "--json").json, (own.run / "journal.db").read_bytes()) == before


@pytest.mark.parametrize("text", ["", "{}", '{"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "x"}]}]}]}'])
def test_a_file_that_cannot_be_read_is_refused_in_a_line_and_nothing_made(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.jsonl").write_text(text)
    said = evitrail("trace", "import", tmp_path / "bad.jsonl", "--out", tmp_path / "elsewhere")
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert said.faults[0].startswith(f"{tmp_path / 'bad.jsonl'}:")
    assert not (tmp_path / "elsewhere").exists()
    assert len(evitrail("trace", "import", tmp_path / "none", "--out", tmp_path / "elsewhere").faults) == 1


def test_a_collector_is_sent_the_run_under_the_folders_name(desk: Desk, file: Path) -> None:
    command = ("trace", "export", desk.run, GATED, "--format", "otlp")
    with collector() as (address, requests):
        said = evitrail(*command, "--to", address, "--json")
    assert (said.code, said.err) == (0, "")
    spans = json.loads(file.read_text("utf-8"))["resourceSpans"][0]["scopeSpans"][0]["spans"]
    (group,) = requests[0].resource_spans
    assert [span.span_id.hex() for span in group.scope_spans[0].spans] == [span["spanId"] for span in spans]
    assert said.json == {"to": address, "format": "otlp", "spans": len(spans), "left_out": 0}
    about = {one.key: one.value.string_value for one in group.resource.attributes}
    assert about == {"service.name": "evitrail", "openinference.project.name": desk.run.name}


def test_a_collector_that_does_not_answer_is_told_of_in_a_line(desk: Desk) -> None:
    command = ("trace", "export", desk.run, GATED, "--format", "otlp")
    with collector(answer=415) as (address, _):
        said = evitrail(*command, "--to", address)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert "it answered 415" in said.faults[0]
    for spoilt in (("--to", address, "--out", "file"), ("--to", address, "--format", "prov"), ("--to", "phoenix")):
        said = evitrail(*command, *spoilt)
        assert (said.code, said.out, len(said.faults)) == (2, "", 1)
