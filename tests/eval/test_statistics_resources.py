"""A metric over depth, context length and tokens: only conditions that may be compared share a line."""

from __future__ import annotations

from typing import Any

import pytest

from evitrail.eval.plan.condition import Condition
from evitrail.eval.statistics.resources import Amounts, known_settings, mean_amounts, resource_rows

Arms = dict[str, float | None]


def rows(values: Arms, reader: str = "r") -> list[dict[str, Any]]:
    return [
        {"condition": name, "reader": reader, "snapshot": "s", "accuracy": {"value": value}}
        for name, value in values.items()
    ]


def lines(values: Arms, amounts: dict[str, Amounts] | None = None, **own: Condition) -> dict[str, dict[str, Any]]:
    """The lines of one reader by what is scaled."""
    told = {(name, "r", "s"): one for name, one in (amounts or {}).items()}
    found = resource_rows(rows(values), ["accuracy"], known_settings(values) | own, told)
    return {row["by"]: row for row in found}


def test_depth_is_told_over_the_published_top_k_and_nothing_else() -> None:
    found = lines({"top_1": 0.5, "top_5": 0.6, "top_10": 0.7, "zero_shot": 0.1, "deep_research": 0.9, "agentic": 0.2})
    assert found["retrieval_depth"]["conditions"] == ["top_1", "top_5", "top_10"]
    assert (found["retrieval_depth"]["smallest"], found["retrieval_depth"]["largest"]) == (1, 10)
    flat = lines({"top_1": 0.5, "top_5": 0.5, "top_10": 0.5})["retrieval_depth"]
    assert flat["slope_per_tenfold"] == pytest.approx(0)


def test_a_line_needs_three_amounts_and_a_known_value() -> None:
    assert lines({"top_1": 0.5, "top_10": 0.7}) == {}
    assert lines({"top_1": 0.5, "top_5": None, "top_10": 0.7}) == {}
    assert lines({"mine_1": 0.5, "mine_2": 0.6, "mine_3": 0.7}) == {}, "conditions whose settings nobody knows"


def test_conditions_of_ones_own_share_a_line_where_depth_alone_differs() -> None:
    own = {f"bm25_{k}": Condition(name=f"bm25_{k}", agent="single_pass", retriever="bm25", k=k) for k in (1, 10, 100)}
    other = {"dense_5": Condition(name="dense_5", agent="single_pass", retriever="dense", k=5)}
    found = lines({"bm25_1": 0.2, "bm25_10": 0.3, "bm25_100": 0.4, "dense_5": 0.9}, **own, **other)
    assert found["retrieval_depth"]["conditions"] == ["bm25_1", "bm25_10", "bm25_100"]
    assert found["retrieval_depth"]["slope_per_tenfold"] == pytest.approx(0.1)


def test_context_length_goes_from_few_passages_to_a_full_window() -> None:
    length = {"top_1": 100, "top_10": 1_000, "context_100k": 100_000, "zero_shot": 50, "evidence_clean": 300}
    amounts = {name: Amounts(context_tokens=tokens) for name, tokens in length.items()}
    found = lines({"top_1": 0.4, "top_10": 0.5, "context_100k": 0.7, "zero_shot": 0.9, "evidence_clean": 1.0}, amounts)
    assert list(found) == ["context_tokens"]
    assert found["context_tokens"]["conditions"] == ["top_1", "top_10", "context_100k"]
    assert found["context_tokens"]["slope_per_tenfold"] == pytest.approx(0.1)


def test_tokens_are_compared_over_all_conditions_that_tell_them() -> None:
    amounts = {name: Amounts(tokens=tokens) for name, tokens in {"zero_shot": 10, "top_1": 100, "agentic": 1e4}.items()}
    found = lines({"zero_shot": 0.1, "top_1": 0.2, "agentic": 0.4, "evidence_clean": 0.9}, amounts)
    assert found["tokens"]["conditions"] == ["zero_shot", "top_1", "agentic"]


def test_means_are_over_the_questions_that_tell_their_tokens() -> None:
    arm = ("top_1", "r", "s")
    assert mean_amounts({arm: [Amounts(10, 20), Amounts(30, None), Amounts()]}) == {arm: Amounts(20, 20)}
    assert mean_amounts({arm: [Amounts()]}) == {arm: Amounts(None, None)}
