"""What a metric of one reader has to do with how much it is given: passages, tokens before it, tokens in all.

Rules kept here
- A line goes through conditions of one reader on one state of the store, over the logarithm of what is scaled; fewer
  than three amounts give none. It describes, and tests nothing.
- Retrieval depth is compared over conditions that differ in it alone; context length over those that search by the same
  agent in the same order, whatever their depth and limit. A long context takes passages in the order of ``dense``.
- Tokens are compared over all conditions, which differ in more than tokens.
- What the record does not tell has no line: a condition whose settings are not known, a reader that reports no tokens.
  Seconds are not used: they are those of a server under load, and nobody recorded seconds of a GPU.

    resource_rows(rows, ["accuracy"], known_settings(["top_1", "top_5", "top_10"]), amounts)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from evitrail.eval.metrics.definition import OURS, Definition, by_name
from evitrail.eval.plan.condition import Condition, ConditionError, condition
from evitrail.eval.statistics.scaling import SIZES_OF_A_SLOPE, SLOPE

Row = Mapping[str, Any]
Arm = tuple[str, str, str]
"""Condition, reader and snapshot, as a row of ``metrics.json`` has them."""

RETRIEVAL_DEPTH = Definition(
    "retrieval_depth",
    "How many passages a search returns.",
    "k of the condition; compared over conditions that differ in k alone",
    OURS,
)
CONTEXT_TOKENS = Definition(
    "context_tokens",
    "How long the prompt of the first answer is: evidence, question and instructions together.",
    "mean over questions of the prompt tokens of the greedy answer; over conditions that search by the same agent",
    OURS,
)
TOKENS = Definition(
    "tokens",
    "Compute as far as it is on record: the tokens that models read and wrote for a question.",
    "mean of prompt tokens + mean of completion tokens; of published answers those of the greedy answer alone",
    OURS,
)
DEFINITIONS = by_name(RETRIEVAL_DEPTH, CONTEXT_TOKENS, TOKENS)


class Amounts(NamedTuple):
    """What one condition gave one reader, on average."""

    context_tokens: float | None = None
    tokens: float | None = None


def mean_amounts(told: Mapping[Arm, Sequence[Amounts]]) -> dict[Arm, Amounts]:
    """The means over the questions whose amounts are on record; None where none is."""
    return {arm: Amounts(*(_mean(each) for each in zip(*amounts, strict=True))) for arm, amounts in told.items()}


def _mean(amounts: Iterable[float | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) / len(known) if known else None


class _Point(NamedTuple):
    condition: str
    amount: float
    value: float


def known_settings(names: Iterable[str]) -> dict[str, Condition]:
    """The settings of the conditions that have this name here, or among the published keys."""
    found = {}
    for name in names:
        try:
            found[name] = condition(name)
        except ConditionError:
            continue
    return found


def resource_rows(
    rows: Iterable[Row],
    metrics: Sequence[str],
    settings: Mapping[str, Condition],
    amounts: Mapping[Arm, Amounts],
    labels: Mapping[str, str] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """The lines of every reader; ``rows`` are those of ``metrics.json``, ``settings`` are by condition.

    ``labels`` are those of the readers, as ``called`` gives them.
    """
    listed = list(rows)
    found: list[dict[str, Any]] = []
    for metric in metrics:
        lines: dict[tuple[str, str, str, str], list[_Point]] = {}
        for row in listed:
            value, told = row[metric]["value"], settings.get(row["condition"])
            arm = (row["condition"], row["reader"], row["snapshot"])
            for name, group, amount in _placed(told, amounts.get(arm, Amounts())):
                if value is not None and amount is not None and amount > 0:
                    key = (name, row["reader"], row["snapshot"], group)
                    lines.setdefault(key, []).append(_Point(row["condition"], amount, value))
        order = list(DEFINITIONS)
        for (name, reader, _, _), points in sorted(lines.items(), key=lambda line: (order.index(line[0][0]), line[0])):
            if len({point.amount for point in points}) >= SIZES_OF_A_SLOPE:
                found.append({"metric": metric, "by": name, "reader": labels.get(reader, reader)} | _line(points))
    return found


def _placed(told: Condition | None, amounts: Amounts) -> Iterable[tuple[str, str, float | None]]:
    """What is scaled, which conditions are compared in it, and how much there is of it here."""
    if told is not None and told.retriever is not None:
        ranked = "dense" if told.retriever == "full" else told.retriever
        if told.retriever != "full":  # it takes all that fits: its depth is a limit that nothing reaches
            alike = told.model_copy(update={"name": "", "k": 0})
            yield RETRIEVAL_DEPTH.name, alike.model_dump_json(), float(told.k)
        yield CONTEXT_TOKENS.name, f"{told.agent} {ranked}", amounts.context_tokens
    yield TOKENS.name, "", amounts.tokens


def _line(points: Sequence[_Point]) -> dict[str, Any]:
    ordered = sorted(points, key=lambda point: (point.amount, point.condition))
    amounts = [point.amount for point in ordered]
    slope = np.polyfit(np.log10(amounts), [point.value for point in ordered], 1)[0]
    return {
        "conditions": [point.condition for point in ordered],
        "smallest": amounts[0],
        "largest": amounts[-1],
        SLOPE.name: round(float(slope), 12) + 0.0,
    }
