"""What a caller of ``run_plan`` hears while a plan is run: one small frozen value for each thing that happens.

Rules kept here
- An event is told and forgotten: nothing waits for an answer, and no result depends on who listens.
- ``done`` and ``of`` count from 0 to the end in every event that reports progress.

    def show(event: Event) -> None:
        match event:
            case Running(done=done, of=of):
                print(f"{done} of {of} runs")

    run_plan(plan, folder, on_event=show)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Excluded(NamedTuple):
    """A condition that is not run with one of the readers."""

    condition: str
    """``condition``, or ``condition@reader`` where there are several readers."""
    reason: str


class Embedding(NamedTuple):
    """Texts are embedded before the runs begin."""

    done: int
    of: int


class Running(NamedTuple):
    """Runs are carried out."""

    done: int
    """Runs that are finished, those of an earlier day included."""
    of: int
    failed: int
    running: int
    """Runs in flight."""
    tokens: int
    """Tokens that models generated in the runs that ended since this call began."""


class Attributing(NamedTuple):
    """Finished runs are looked through, and the failed ones attributed to the step that is to blame."""

    done: int
    of: int


class Skipped(NamedTuple):
    """Questions that a condition did not answer, because their evidence does not fit the model."""

    condition: str
    questions: int
    """How many."""
    reason: str
    """Why the first of them was skipped."""


class CutShort(NamedTuple):
    """Answers of a condition that were cut at their limit of tokens."""

    condition: str
    cut: int
    unsaid: int
    """Those that had said nothing by then: each is an abstention."""
    of: int
    """All answers of models in the condition's runs."""


Event = Excluded | Embedding | Running | Attributing | Skipped | CutShort
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of whoever wants the results only."""
