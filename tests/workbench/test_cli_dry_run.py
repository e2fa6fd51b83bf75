"""What ``run --dry-run`` foretells is at least what is then asked, judges, requeries and attribution included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, evitrail
from model_server import ModelServer

Said = dict[str, Any]


class Contrary(ModelServer):
    """Answers what a test has it answer, by the words of the prompt."""

    claims = '{"claims": []}'
    letter = "B"
    verdict = '{"clear_selection": "yes", "reasoning": "so", "confirmed_answer": "B"}'

    def reply(self, said: str, body: Said) -> Said:
        if "clear_selection" in json.dumps(body.get("response_format", "")):
            text = self.verdict
        elif "claims" in json.dumps(body.get("response_format", "")):
            text = self.claims
        else:
            text = self.letter
        n = body.get("n") or 1
        choices = [{"index": i, "message": {"content": f"{text}"}, "finish_reason": "stop"} for i in range(n)]
        return {"model": "ward", "choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": n}}


@pytest.fixture
def server() -> Iterator[Contrary]:
    with Contrary() as server:
        yield server


def foretold_and_asked(desk: Desk, server: Contrary, out: Path, *options: object) -> tuple[Said, int]:
    plan = (*desk.plan, "--samples", "3", "--reader", f"openai:ward@{server.url}", *options, "--out", out)
    told = evitrail("run", *plan, "--dry-run", "--json").json
    assert server.begun == 0
    assert not out.exists()
    assert evitrail("run", *plan).code == 0
    return told, server.begun


def test_where_every_reply_can_be_read_the_least_is_what_is_asked(desk: Desk, tmp_path: Path, server: Contrary) -> None:
    one = ("--conditions", "standard", "--no-attribute")
    told, asked = foretold_and_asked(desk, server, tmp_path / "run", *one)
    assert told["total"]["calls"] == asked
    assert asked <= told["calls_most"] == told["total"]["calls_most"]
    assert told["attribution"] is None


def test_what_cannot_be_read_is_asked_again_as_the_most_foretells(desk: Desk, tmp_path: Path, server: Contrary) -> None:
    server.claims = server.letter = "who knows"
    one = ("--conditions", "standard,agentic", "--no-attribute")
    told, asked = foretold_and_asked(desk, server, tmp_path / "run", *one)
    assert told["total"]["calls"] < asked <= told["calls_most"]
    standard = next(row for row in told["rows"] if row["condition"] == "standard")
    assert standard["calls_most"] > 1.5 * standard["calls"]


def test_a_judge_is_counted_once_for_each_answer_and_once_more_where_it_is_unreadable(
    desk: Desk, tmp_path: Path, server: Contrary
) -> None:
    server.letter, server.verdict = "I say B, or do I?", "hm"
    judged = ("--prompts", "published", "--judge", f"openai:ward@{server.url}")
    one = ("--conditions", "closed_book", *judged, "--no-attribute")
    told, asked = foretold_and_asked(desk, server, tmp_path / "run", *one)
    cases = told["cases"]
    assert told["total"]["calls"] == 2 * cases
    assert told["calls_most"] == (2 + 2 * (1 + 3)) * cases
    assert 2 * cases < asked <= told["calls_most"]


@pytest.mark.parametrize("prompts", ["default", "published"])
@pytest.mark.parametrize("letter", ["A", "B", "who knows"])
def test_attribution_is_counted_as_if_every_run_failed(
    desk: Desk, tmp_path: Path, server: Contrary, letter: str, prompts: str
) -> None:
    server.letter = letter
    one = ("--conditions", "standard", "--prompts", prompts, "--limit", "1")
    told, asked = foretold_and_asked(desk, server, tmp_path / "run", *one)
    assert told["attribution"]["calls"] > told["total"]["calls"]
    assert asked <= told["calls_most"]


def test_what_is_said_of_it_names_what_is_not_counted(desk: Desk, tmp_path: Path, server: Contrary) -> None:
    plan = (*desk.plan, "--conditions", "standard", "--reader", f"openai:ward@{server.url}")
    said = evitrail("run", *plan, "--dry-run", "--out", tmp_path / "run").out
    assert re.search(r"attribution, if every run fails: [\d,]+ re-runs with at most [\d,]+ model calls", said)
    assert re.search(r"in total at most [\d,]+ model calls, if the server draws all samples in one request", said)
    quiet = evitrail("run", *plan, "--dry-run", "--no-attribute", "--out", tmp_path / "run").out
    assert "attribution" not in quiet
