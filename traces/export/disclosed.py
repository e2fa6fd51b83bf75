"""A run as it may be exported: without patient data, unless the caller asks for it.

Rules kept here
- Patient data is recognised by its name (``hmac-sha256:…``) and withheld unless asked for.
- Redacted data is always withheld.
- Withheld blobs are listed, so that the export can name them.

    run = Disclosed(Trace(journal, "clean.rad-001"), with_sensitive=False)
    provenance(run)        # without the edges that were stated over patient data
    run.body(blob)         # None where it is left out
    run.left_out           # the names of what was asked for and not given
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from evitrail.traces.external.external_run import failed_steps
from evitrail.traces.journal.schema import KEYED
from evitrail.traces.journal.view import JournalView
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace


class Disclosed(Trace):
    """A run without withheld data."""

    def __init__(self, trace: Trace, *, with_sensitive: bool) -> None:
        super().__init__(trace.journal, trace.run)
        self._redacted = trace.journal.redacted()
        self._with_sensitive = with_sensitive
        self._left_out: dict[str, None] = {}

    @classmethod
    def of_one(cls, journal: JournalView, runs: Sequence[str], *, with_sensitive: bool) -> Disclosed:
        """The run for a format that exports a single run; raises ``ValueError`` if there is not exactly one."""
        if len(runs) != 1:
            raise ValueError(f"expected one run, because this format exports a single run, got {len(runs)}")
        return cls(Trace(journal, runs[0]), with_sensitive=with_sensitive)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The names of withheld blobs, in the order they were read."""
        return tuple(self._left_out)

    @property
    def activities(self) -> list[Activity]:
        """The finished steps, without withheld edges."""
        return [self._without_edges(step) for step in super().activities]

    @property
    def failed(self) -> dict[str, Activity]:
        """The failed steps of which more is known than the error, by path, without withheld edges."""
        return {path: self._without_edges(step) for path, step in failed_steps(self).items()}

    @property
    def failure(self) -> str | None:
        """Why a run of another system failed; None if it did not, or that is withheld."""
        end = next((record.body for record in self.of_type("run.end")), {})
        body = self.body(end["output"]) if end.get("output_type") == "Foreign" else None
        said = json.loads(body.partition(b"\n")[2])["value"] if body else None
        return str(said["error"]) if isinstance(said, dict) and "error" in said else None

    def _without_edges(self, step: Activity) -> Activity:
        return step.model_copy(update={"edges": None}) if self._withheld(step.edges) else step

    def body(self, name: str) -> bytes | None:
        """A blob's bytes; None if it is withheld."""
        return None if self._withheld(name) else self.journal.raw(name)

    def _withheld(self, name: str | None) -> bool:
        if name is None:
            return False
        kept = name in self._redacted or (name.startswith(KEYED) and not self._with_sensitive)
        if kept:
            self._left_out[name] = None
        return kept
