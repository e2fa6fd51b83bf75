"""A budget: how many calls of a model the re-runs of an attribution may make."""

from __future__ import annotations

from dataclasses import dataclass

from evitrail.eval.attribution.scene.scene import MODEL
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.memory import activities


class OutOfBudget(Exception):
    """The calls that were allowed are spent; what was found out until then stands in the journal."""


@dataclass
class Budget:
    """Calls that are left; None sets no limit."""

    calls: int | None = None
    spent: int = 0

    def before_replay(self) -> None:
        """Raises ``OutOfBudget`` where nothing is left."""
        if self.calls is not None and self.spent >= self.calls:
            raise OutOfBudget(f"{self.spent} model calls of {self.calls} allowed were made")

    def after_replay(self, journal: Journal, run: str) -> None:
        """Count the calls that a stored re-run made itself."""
        self.spent += sum(step.kind == MODEL and step.reused_from is None for step in activities(journal, run))
