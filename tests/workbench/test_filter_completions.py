"""What is offered while one types a query in a page can be asked, and finds as many runs as it says."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from generated_queries import experiment, query
from in_node import in_node
from plain_columns import plain_columns

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.parse import parse
from evitrail.eval.query.select import select
from evitrail.eval.query.vocabulary import vocabulary

CASES = json.loads((Path(__file__).parents[1] / "eval" / "filter_cases.json").read_text("utf-8"))
ROWS = [row | {"day": row["day"] and date.fromisoformat(row["day"])} for row in CASES["outcomes"]]
TABLES = (ROWS, CASES["questions"], CASES["timings"])
CARET = "|"


def offered(*typed: str) -> list[tuple[str, dict[str, Any]]]:
    """What is offered where the caret stands in each of these."""
    asked = [(text.replace(CARET, ""), text.index(CARET)) for text in typed]
    found = in_node("filter_completions.mjs", {"vocabulary": vocabulary(), "asked": asked, **plain_columns(*TABLES)})
    return [(text, answer) for (text, _), answer in zip(asked, found, strict=True)]


def texts(typed: str) -> list[str]:
    """The queries that come of taking each thing offered."""
    ((text, answer),) = offered(typed)
    return [text[: answer["from"]] + one["text"] + text[answer["to"] :] for one in answer["offered"]]


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("wr|", ["wrong"]),
        ("wrong blame:ret|", ["wrong blame:retrieve", "wrong blame:retrieve[1]"]),
        ("blame.hi|", ["blame.high_risk:"]),
        ("(stale OR cites:sup|) wrong", ["(stale OR cites:superseded) wrong"]),
        ("condition:gated,sta| wrong", ["condition:gated,standard wrong"]),
        ("conf|:0.5", ["confidence::0.5", "overconfident:0.5"]),
        ("-ab|", ["-abstained"]),
        ("subspecialty:int|", ['subspecialty:"internal medicine"']),
        ('subspecialty:"int|', ['subspecialty:"internal medicine"']),
        ("grade:<=mod|", ["grade:<=moderate"]),
        ('"wr|', []),
        ("text:apix|", []),
        ("blme:re|", []),
        ("changed:unk|", []),
    ],
)
def test_what_is_offered_is_what_begins_so_or_holds_it(typed: str, taken: list[str]) -> None:
    assert texts(typed) == taken


def test_each_value_finds_as_many_runs_as_it_says() -> None:
    columns = Columns(*(pa.Table.from_pylist(table) for table in TABLES))
    fields = {name: field for name, field in vocabulary()["fields"].items() if field["way"]["by"] != "recorded"}
    typed = [f"{name}:{CARET}" for name in (*fields, *vocabulary()["flags"])] + [
        f"{letter}{CARET}" for letter in "abcos"
    ]
    counted = 0
    for text, answer in offered(*typed):
        for one in answer["offered"]:
            if one["runs"] is not None:
                query = text[: answer["from"]] + one["text"] + text[answer["to"] :]
                assert len(select(parse(query), columns).runs) == one["runs"], query
                counted += 1
    assert counted > 100


def test_where_the_server_alone_can_count_there_is_no_count() -> None:
    ((_, answer),) = offered("claim:unk|")
    assert answer["offered"] == [{"text": "unknown", "runs": None, "says": ""}]


def test_whatever_was_typed_so_far_is_answered_and_what_is_replaced_holds_the_caret() -> None:
    random = Random(3)
    rows = experiment(random)[0]
    typed = [query(random, rows) for _ in range(150)]
    everywhere = [text[:at] + CARET + text[at:] for text in typed if CARET not in text for at in range(len(text) + 1)]
    for text, answer in offered(*everywhere):
        assert 0 <= answer["from"] <= answer["to"] <= len(text.encode("utf-16-le")) // 2
        assert len(answer["offered"]) <= 12
