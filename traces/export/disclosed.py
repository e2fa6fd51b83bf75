"""A run as it may leave the house: patient data stays behind unless it is asked for.

Rules kept here
- What holds patient data is told by its name (``hmac-sha256:…``) and left out unless asked for.
- What was redacted is gone, asked for or not.
- What was left out is listed, so that whoever exports can say so.

    run = Disclosed(Trace(journal, "clean.rad-001"), with_sensitive=False)
    provenance(run)        # without the edges that were stated over patient data
    run.body(blob)         # None where it is left out
    run.left_out           # the names of what was asked for and not given
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.traces.journal.schema import KEYED
from evitrail.traces.journal.view import JournalView
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace


class Disclosed(Trace):
    """A run without what is kept back."""

    def __init__(self, trace: Trace, *, with_sensitive: bool) -> None:
        super().__init__(trace.journal, trace.run)
        self._redacted = trace.journal.redacted()
        self._with_sensitive = with_sensitive
        self._left_out: dict[str, None] = {}

    @classmethod
    def of_one(cls, journal: JournalView, runs: Sequence[str], *, with_sensitive: bool) -> Disclosed:
        """The one run that is given to a form that holds no more; raises ``ValueError`` where it is not one."""
        if len(runs) != 1:
            raise ValueError(f"expected one run, which is all that this form holds, got {len(runs)}; give one run")
        return cls(Trace(journal, runs[0]), with_sensitive=with_sensitive)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Blobs that were asked for and kept back, in the order they were asked for."""
        return tuple(self._left_out)

    @property
    def activities(self) -> list[Activity]:
        """The finished steps; edges that are kept back are not among what they stated."""
        done = super().activities
        return [step.model_copy(update={"edges": None}) if self._withheld(step.edges) else step for step in done]

    def body(self, name: str) -> bytes | None:
        """A blob's bytes; None where it is kept back."""
        return None if self._withheld(name) else self.journal.raw(name)

    def _withheld(self, name: str | None) -> bool:
        if name is None:
            return False
        kept = name in self._redacted or (name.startswith(KEYED) and not self._with_sensitive)
        if kept:
            self._left_out[name] = None
        return kept
