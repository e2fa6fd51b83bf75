"""What is scored of a phase-4 file: the confirmed letters, how long the answers took, and the tokens of the first one.

Rules kept here
- With 20 samples and ten conditions a line holds 210 verdicts, and only their letters are scored. So a file is read
  fast, and the rest of each line left aside. Where a line has anything unusual in what is scored, the file is read
  field by field, which names every fault.
- Tokens are those of the greedy answer. Of the samples the files tell no tokens that were written.
- ``whole`` reads field by field from the start: then a field that is not scored must be right as well, and no key may
  stand twice.

    for place, line in read_answers(path): line.conditions["top_10"].chosen, line.conditions["top_10"].ballots
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

from pydantic_core import from_json

from evitrail.eval.metrics.prices import TokenUsage
from evitrail.eval.safe_scale.columns import LETTERS
from evitrail.eval.safe_scale.published import CheckedCondition, CheckedLine
from evitrail.evidence_store.input_lines import LinePosition, read_lines
from evitrail.evidence_store.input_text import read_text

NOT_TOLD = TokenUsage()
ID = re.compile(r"risk_radiorag_[0-9]+")
CONFIRMED = frozenset([*LETTERS, None])
SECONDS = frozenset([int, float, NoneType])
TOKENS = frozenset([int, NoneType])
"""The types of what is read; true and false are neither."""


class Answers(NamedTuple):
    """What one model answered to one question under one condition."""

    chosen: str | None
    """The confirmed letter, or None for an abstention."""
    ballots: tuple[str | None, ...]
    """The confirmed letters of the samples."""
    greedy_seconds: float | None
    sampled_seconds: float | None
    greedy_tokens: TokenUsage = NOT_TOLD


class AnsweredLine(NamedTuple):
    """One question, with what a model answered under each condition."""

    question_id: str
    correct_answer: str
    conditions: Mapping[str, Answers]


def read_answers(path: Path, *, whole: bool = False) -> list[tuple[LinePosition, AnsweredLine]]:
    """Every line of the file; raises ``InputError`` with every fault."""
    read = [] if whole else _read_fast(path)
    return read or [(place, _of_line(line)) for place, line in read_lines([path], CheckedLine)]


def _read_fast(path: Path) -> list[tuple[LinePosition, AnsweredLine]]:
    """Every line, or nothing where one has anything unusual in what is scored."""
    name = str(path)
    try:
        return [
            (LinePosition(name, number), _scored(from_json(line, allow_inf_nan=False, cache_strings="keys")))
            for number, line in enumerate(read_text(path).split("\n"), start=1)
            if line.strip()
        ]
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _scored(line: Any) -> AnsweredLine:
    name, right = line["question_id"], line["correct_answer"]
    if not ID.fullmatch(name) or right not in LETTERS:
        raise ValueError
    return AnsweredLine(name, right, {key: _answers(said) for key, said in line["conditions"].items()})


def _answers(said: Any) -> Answers:
    greedy, drawn = said["greedy"], said["stochastic"]
    verdicts, raw = drawn["checked_answers"], drawn.get("raw_outputs", ())
    chosen, *ballots = [verdict and verdict["confirmed_answer"] for verdict in (greedy["checked_answer"], *verdicts)]
    seconds = greedy.get("elapsed_s"), drawn.get("elapsed_s")
    if (raw and len(raw) != len(verdicts)) or not CONFIRMED.issuperset((chosen, *ballots)):
        raise ValueError
    if not SECONDS.issuperset(map(type, seconds)):
        raise ValueError
    tokens = TokenUsage(greedy.get("input_tokens"), greedy.get("output_tokens"))
    if not TOKENS.issuperset(map(type, tokens)):
        raise ValueError
    return Answers(chosen, tuple(ballots), *seconds, tokens)


def _of_line(line: CheckedLine) -> AnsweredLine:
    conditions = {key: _of_condition(said) for key, said in line.conditions.items()}
    return AnsweredLine(line.question_id, line.correct_answer, conditions)


def _of_condition(said: CheckedCondition) -> Answers:
    tokens = TokenUsage(said.greedy.input_tokens, said.greedy.output_tokens)
    return Answers(said.chosen, said.ballots, said.greedy.elapsed_s, said.stochastic.elapsed_s, tokens)
