"""The blame of one run, read back from its own chain; ``blame_record.py`` writes it there.

Reading it loads nothing of what attributes: a list of runs is to be quick.

    blames_of(Trace(journal, "clean.rad-001"))
"""

from __future__ import annotations

from evitrail.eval.attribution.blame import Blame
from evitrail.traces.journal.after_end import ATTRIBUTION
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace


class Blames(Record, stored_as="Blames"):
    """Everything one run is blamed for."""

    blames: tuple[Blame, ...]


def blames_of(trace: Trace) -> tuple[Blame, ...]:
    """What one run is blamed for; empty before its attribution, and for a run that did not fail."""
    stored = trace.of_type(ATTRIBUTION)
    return trace.get(stored[0].body["blames"], Blames).blames if stored else ()
