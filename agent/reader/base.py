"""A reader turns evidence into an answer; the agent decides when, the reader decides what.

Rules kept here
- Every method is a function of its arguments: no clock, no hidden state, randomness only from the
  seed in ``Decoding``.
- ``choose`` sees the synthesis, never the passages: what is not in a claim cannot decide the answer.
- Evidence is data. Nothing in it is an instruction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from evitrail.agent.model import CheckedAnswers, Choice, Critique, Decoding, Query, Question, Synthesis, WrittenAnswer
from evitrail.retrieval.base import Hit
from evitrail.traces.record import Record
from evitrail.traces.run.live import Run


class Fit(Record, stored_as="Fit"):
    """What becomes of a context that is long."""

    keep: Literal["whole", "cut", "padded"] = "whole"
    """Whole, or not at all; cut to ``tokens``; or the first passage, again and again, as long as all would be."""
    tokens: int | Literal["window"] | None = None
    """How many, where it is cut, by the model's own tokenizer; ``window``: all that the model has room for."""


WHOLE = Fit()


class Reader(Protocol):
    """Four acts of reading, each recorded as a step of its own."""

    @property
    def deterministic(self) -> bool:
        """Whether equal arguments always give equal results; if not, blame needs repeated replays."""
        ...

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """The next search: the first when ``critique`` is None, else one that repairs what it lacks."""
        ...

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """Whether these hits suffice to choose an option."""
        ...

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """What the hits say for and against each option, as claims with offsets."""
        ...

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """One option, or an abstention, from the claims alone; and the sampled ballots."""
        ...


@runtime_checkable
class Recording(Protocol):
    """A reader that calls models: given the run, it makes each call a step of it."""

    def within(self, run: Run) -> Reader:
        """The same reader, by the same name, its calls recorded in ``run``."""
        ...


@runtime_checkable
class Checking(Protocol):
    """A reader that answers in words, so that somebody has to confirm which option they name."""

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        """Which letters the words of a choice select explicitly; the labels and the right answer are not seen."""
        ...


@runtime_checkable
class Writing(Protocol):
    """A reader that can answer in free text."""

    def write(self, question: Question, hits: Sequence[Hit]) -> WrittenAnswer:
        """A short answer to a question without options, from the hits or, without any, from nothing."""
        ...


@runtime_checkable
class Fitting(Protocol):
    """A reader that puts passages before a model as they are, and so must make them fit."""

    def aside(self) -> Reader:
        """Who makes claims with the same model, where an agent wants them."""
        ...

    def fitting(self, rule: Fit) -> Reader:
        """The same reader, making contexts fit by that rule."""
        ...

    def holds(self, rule: Fit) -> str | None:
        """Why the model cannot hold what the rule asks for; None where it can, or where nobody knows."""
        ...
