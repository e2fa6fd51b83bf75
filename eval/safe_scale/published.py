"""The published answer files, field by field: a line is one question, with what a model answered under each condition.

Rules kept here (sections are those of the SaFE-Scale specification)
- Phase 3 (1.6) holds what a model wrote and the letter a parser found in it. Phase 4 (1.7) adds what a judge
  confirmed: ``checked_answer`` once, ``checked_answers`` for the samples.
- Only the confirmed letter is an answer. A verdict that is null, or without a letter, is an abstention; the parser's
  letter never stands in for it (9.5).
- Keys that we do not know are left aside.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from evitrail.eval.metrics.prices import TokenUsage
from evitrail.eval.safe_scale.questions import Letter, PublishedRecord

FILE = "risk_radiorag_checked.jsonl"
"""The phase-4 file of a model, in a folder of the model's name."""
PHASE_3 = "risk_radiorag.jsonl"
DATASET = "risk_radiorag"

ALWAYS = ("clear_selection", "reasoning", "confirmed_answer")
"""What every verdict says."""


class JudgeVerdict(PublishedRecord):
    """What the judge made of one answer; what is optional is left out where there is nothing to say."""

    clear_selection: Literal["yes", "no"] | None = None
    reasoning: str | None = None
    confirmed_answer: Letter | None = None
    checker_input_tokens: int | None = None
    checker_output_tokens: int | None = None
    skipped: Literal["single_letter", "null_raw"] | None = None
    guard_override: Literal["letter_not_in_raw"] | None = None
    parse_error: str | bool | None = None
    raw_reply: str | None = None
    error: str | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_absent(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told: dict[str, Any] = write(self)
        return {key: value for key, value in told.items() if value is not None or key in ALWAYS}


class Greedy(PublishedRecord):
    """The answer at temperature 0."""

    raw_output: str | None = None
    parsed_answer: Letter | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    elapsed_s: float | None = None
    error: str | None = None
    correct: bool | None = None


class Sampled(PublishedRecord):
    """The answers that were drawn."""

    raw_outputs: tuple[str | None, ...] = ()
    parsed_answers: tuple[Letter | None, ...] = ()
    majority_vote: Letter | None = None
    vote_counts: dict[Letter, int] = Field(default_factory=dict)
    input_tokens: int | None = None
    elapsed_s: float | None = None
    error: str | None = None
    majority_correct: bool | None = None


class CheckedGreedy(Greedy):
    """The same, judged."""

    checked_answer: JudgeVerdict | None


class CheckedSampled(Sampled):
    """The same, judged."""

    checked_answers: tuple[JudgeVerdict | None, ...]

    @model_validator(mode="after")
    def _each_judged(self) -> CheckedSampled:
        drawn, judged = len(self.raw_outputs), len(self.checked_answers)
        if self.raw_outputs and drawn != judged:
            raise ValueError(f"expected a checked answer for each of {drawn} raw outputs, got {judged}")
        return self


class CheckedCondition(PublishedRecord):
    """One question under one condition, judged."""

    greedy: CheckedGreedy
    stochastic: CheckedSampled
    total_elapsed_s: float | None = None

    @property
    def chosen(self) -> str | None:
        """The confirmed letter, or None for an abstention."""
        return _letter(self.greedy.checked_answer)

    @property
    def ballots(self) -> tuple[str | None, ...]:
        """The confirmed letters of the samples."""
        return tuple(_letter(verdict) for verdict in self.stochastic.checked_answers)


class CheckedLine(PublishedRecord):
    """A line of a phase-4 file."""

    question_id: str = Field(pattern=r"^risk_radiorag_[0-9]+$")
    dataset: str = DATASET
    correct_answer: Letter
    model: str
    conditions: dict[str, CheckedCondition]


class Spent(NamedTuple):
    """What one request took."""

    run: str
    step: Literal["greedy", "stochastic"]
    by: str
    seconds: float | None
    tokens: TokenUsage = TokenUsage()
    """Those of the greedy answer; of samples none are told."""


def _letter(verdict: JudgeVerdict | None) -> str | None:
    return verdict.confirmed_answer if verdict else None
