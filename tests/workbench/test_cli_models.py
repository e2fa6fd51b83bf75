"""What is wrong with a model is told in a line before anything is written; what does not fit counts nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, evitrail
from talking import Server, chat, failed, models, talking

LONG = "This model's maximum context length is 40 tokens. However, you requested 200 tokens in the messages."


@pytest.fixture
def server() -> Iterator[Server]:
    with talking() as server:
        server.says(models(ward=32_768), path="/v1/models")
        server.says(chat("B", "B", "B", "B", "B"))
        yield server


def asked(server: Server, model: str = "ward") -> tuple[object, ...]:
    return "--reader", f"openai:{model}@{server.url}", "--prompts", "published", "--no-attribute"


def test_a_model_that_the_server_does_not_have_is_told_with_those_it_has(
    desk: Desk, tmp_path: Path, server: Server
) -> None:
    said = evitrail("run", *desk.plan, *asked(server, "wrad"), "--out", tmp_path / "run")
    assert (said.code, len(said.faults)) == (2, 1)
    assert "'wrad'" in said.faults[0]
    assert "ward" in said.faults[0].replace("'wrad'", "")
    assert not (tmp_path / "run").exists()


def test_conditions_that_the_model_cannot_hold_are_excluded_and_said_once_each(
    desk: Desk, tmp_path: Path, server: Server
) -> None:
    long = ("--conditions", "closed_book,context_32k,context_100k")
    said = evitrail("run", *desk.plan, *long, *asked(server), "--out", tmp_path / "run")
    assert said.code == 0
    assert said.faults == ["excluded: context_100k: it holds 32,768 tokens, 98,048 are needed"]
    rows = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert {row["condition"] for row in rows} == {"closed_book", "context_32k"}


def test_a_context_too_long_for_every_condition_is_one_line_and_nothing_is_written(
    desk: Desk, tmp_path: Path, server: Server
) -> None:
    server.says(models(ward=1_024), path="/v1/models")
    long = ("--conditions", "context_32k,max_context")
    said = evitrail("run", *desk.plan, *long, *asked(server), "--out", tmp_path / "run")
    assert (said.code, len(said.faults)) == (2, 1)
    assert said.faults[0].startswith("every condition is excluded: context_32k: it holds 1,024 tokens")
    assert not (tmp_path / "run").exists()


def test_questions_that_do_not_fit_are_skipped_with_a_line_for_each_arm_and_none_is_wrong(
    desk: Desk, tmp_path: Path, server: Server
) -> None:
    server.says(failed(400, LONG))
    said = evitrail("run", *desk.plan, *asked(server), "--out", tmp_path / "run")
    assert said.code == 2
    *skipped, last = said.faults
    assert [line.partition(":")[0] for line in skipped] == ["skipped"] * 3
    assert "expected a question that fits the model, got none" in last
    assert json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8")) == []


def test_an_answer_is_followed_back_to_the_passages_that_stood_before_the_model_and_what_each_did(
    desk: Desk, tmp_path: Path, server: Server
) -> None:
    out, one = tmp_path / "run", ("--conditions", "standard", "--influence", "leave_one_out")
    assert evitrail("run", *desk.plan, *one, *asked(server), "--out", out).code == 0
    run = evitrail("trace", "list", out, "--json").json[0]["run"]
    told = evitrail("trace", "show", out, run, "--json").json
    assert [seen["rank"] for seen in told["seen"]] == list(range(1, len(told["seen"]) + 1))
    assert {seen["influence"]["option_without"] for seen in told["seen"]} == {"B"}
    shown, why = evitrail("trace", "show", out, run).out, evitrail("trace", "why", out, run).out
    for seen in told["seen"]:
        header = seen["evidence"]
        assert f"passage: {seen['passage']} {header['title']}" in shown
        assert f"{header['id']}@{header['version']} · valid" in why
        assert seen["grade"] in why
    assert "without it: B" in why
