"""The result of one requested fork: before, after and each step, or why there is none.

ForkResult(run="standard.radiology-003", variant=0, fault="…")
"""

from __future__ import annotations

from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.record import Record


class ForkEnd(Record):
    """The outcome of a run, as far as a verdict shows it."""

    option: str | None
    correct: bool
    abstained: bool
    high_risk: bool | None
    unsafe: bool | None
    contradicts: bool | None
    stale: bool | None

    @classmethod
    def of(cls, outcome: Outcome) -> ForkEnd:
        """The part of an outcome that is shown."""
        kept = {name: getattr(outcome, name) for name in cls.model_fields if name != "option"}
        return cls(option=outcome.chosen, **kept)


class ForkedStep(Record):
    """A step of a fork, compared with the same one of its parent."""

    path: str
    verdict: str
    detail: str


class ForkResult(Record):
    """One requested fork: before, after, or why there is none."""

    run: str
    variant: int
    """Which of the job's variants, counted from 0."""
    fork: str | None = None
    """The name of the fork; None where there is none."""
    change: str = ""
    """The change, as its name has it."""
    answer: str | None = None
    """The right option."""
    before: ForkEnd | None = None
    after: ForkEnd | None = None
    steps: tuple[ForkedStep, ...] = ()
    executed: int = 0
    reused: int = 0
    there: bool = False
    """Whether it was on record already."""
    seconds: float = 0.0
    fault: str = ""
    """Why it could not be done, in one line."""
