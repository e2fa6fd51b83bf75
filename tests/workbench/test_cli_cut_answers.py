"""A model that was still thinking when its tokens ran out has chosen nothing, and that is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, evitrail
from talking import Server, chat, models, talking

from evitrail.eval.metrics.outcomes_file import read_outcomes

THOUGHT = "First thought: the answer is A. But wait, the kidneys"


@pytest.fixture
def server() -> Iterator[Server]:
    with talking() as server:
        server.says(models(ward=32_768), path="/v1/models")
        yield server


def run(desk: Desk, server: Server, out: Path) -> list[str]:
    reader = ("--reader", f"openai:ward@{server.url}", "--prompts", "published", "--samples", "4")
    said = evitrail("run", *desk.plan, "--conditions", "closed_book", *reader, "--no-attribute", "--out", out)
    assert said.code == 0
    return said.faults


@pytest.mark.parametrize("judge", ["rule", "model"])
def test_a_thought_that_was_cut_is_an_abstention_and_it_is_told_how_many_were(
    desk: Desk, tmp_path: Path, server: Server, judge: str
) -> None:
    server.says(chat(*[None] * 5, reason="length", reasoning_content=THOUGHT))
    judged = ("--judge", f"openai:ward@{server.url}") if judge == "model" else ()
    reader = ("--reader", f"openai:ward@{server.url}", "--prompts", "published", "--samples", "4", *judged)
    out = tmp_path / "run"
    said = evitrail("run", *desk.plan, "--conditions", "closed_book", *reader, "--no-attribute", "--out", out)
    assert said.code == 0
    outcomes = read_outcomes(out / "outcomes.parquet")
    assert [(one.chosen, one.abstained, one.high_risk, one.overconfident) for one in outcomes] == [
        (None, True, False, False)
    ] * len(outcomes)
    assert {one.ballots for one in outcomes} == {(None,) * 4}
    all_of = 10 * len(outcomes)  # the server draws five for the greedy answer and five for the samples
    assert said.faults == [
        f"cut: closed_book: {all_of} of {all_of} answers were cut at their limit of tokens, {all_of} of them before "
        "anything was said, which are abstentions; give more with --max-tokens"
    ]
    assert len(server.bodies()) == 2 * len(outcomes), "no judge is asked about what nobody said"


def test_answers_that_were_cut_after_the_letter_keep_it_and_are_told(
    desk: Desk, tmp_path: Path, server: Server
) -> None:
    server.says(chat(*["The answer is B. Because the"] * 5, reason="length"))
    faults = run(desk, server, tmp_path / "run")
    outcomes = read_outcomes(tmp_path / "run" / "outcomes.parquet")
    assert {one.chosen for one in outcomes} == {"B"}
    (line,) = faults
    assert "answers were cut at their limit of tokens; give more with --max-tokens" in line


def test_nothing_is_told_where_nothing_was_cut(desk: Desk, tmp_path: Path, server: Server) -> None:
    server.says(chat(*["B"] * 5))
    assert run(desk, server, tmp_path / "run") == []
