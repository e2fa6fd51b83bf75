"""What a metric may read of one run: how it was scored, its case, what the model answered, and what that cost.

Rules kept here
- Unknown is ``None``, never a guess: an outcome that was read from ``outcomes.parquet`` or from published files has
  no journal behind it, so it has no answer and no cost.
- Texts of a sensitive case are withheld: they read ``patient data``, and the raw output is None.
- The record is read when a metric first asks for it; metrics that need the outcome alone read nothing.

    scored = Scored(outcome, case, recorded)
    scored.outcome.correct, scored.case.gold_rationale, scored.raw_output, scored.tokens.completion

How a run's record is read from the journal is in ``eval/log/scored_runs.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from evitrail.agent.model import Answer
from evitrail.eval.dataset.case import Case
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.prices import TokenUsage


class RunRecord(Protocol):
    """What the journal holds of one run beside its outcome, each part read when it is asked for."""

    @property
    def answer(self) -> Answer | None: ...

    @property
    def raw_output(self) -> str | None: ...

    @property
    def calls(self) -> int: ...

    @property
    def tokens(self) -> TokenUsage: ...

    @property
    def milliseconds(self) -> float | None: ...

    @property
    def money(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored run: all that a metric is given of it."""

    outcome: Outcome
    case: Case | None = None
    """As it may be shown; its day is None where the case was asked as of several days."""
    recorded: RunRecord | None = field(default=None, repr=False)
    """None where the outcome has no journal behind it."""

    @property
    def answer(self) -> Answer | None:
        """The answer that counts: its option, its reason, and what it cites with offsets."""
        return self.recorded.answer if self.recorded else None

    @property
    def raw_output(self) -> str | None:
        """The text of the greedy answer as the model wrote it; None where no model was asked."""
        return self.recorded.raw_output if self.recorded else None

    @property
    def tokens(self) -> TokenUsage:
        """Tokens of the run's model calls, samples included."""
        return self.recorded.tokens if self.recorded else TokenUsage()

    @property
    def milliseconds(self) -> float | None:
        """Time that the run's steps took. A clock decides it: see ``Metric.clocked``."""
        return self.recorded.milliseconds if self.recorded else None

    @property
    def money(self) -> float | None:
        """What the tokens cost, in the currency of the plan's prices; None unless all of them have a price."""
        return self.recorded.money if self.recorded else None


def as_scored(runs: Iterable[Outcome | Scored]) -> list[Scored]:
    """The same runs; an outcome alone becomes one of which nothing else is known."""
    return [Scored(run) if isinstance(run, Outcome) else run for run in runs]
