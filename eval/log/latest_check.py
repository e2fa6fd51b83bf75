"""Which answer of a run counts: the one it ended with, or that of its latest re-check.

Rules kept here
- A re-check is a fork of the run whose words somebody else confirmed (``recheck.py``). What was said, and what was
  confirmed before, stays on record; only which confirmation counts is another.
- The latest counts. Which that is, the re-checks themselves say by number: each record of one is higher than those
  before it, so no clock decides. One that did not end, or was redacted, does not count.
- Every number rests on the answers that count: outcomes, metrics, the report and what is exported. Blame does not: it
  is of the run as it was first checked.

    latest = rechecked(journal)
    counted(trace, latest).output(Answer)
"""

from __future__ import annotations

from collections.abc import Mapping

from evitrail.eval.plan.run_name import ForkName
from evitrail.traces.journal.after_end import RECHECK
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

CHANGE = "judge="
"""What the name of a fork holds that has another judge; so the many others need not be read."""


def rechecked(journal: JournalView) -> dict[str, str]:
    """The latest re-check of each run that has one, by name."""
    found: dict[str, tuple[int, str]] = {}
    for name, parent, number in rechecks(journal):
        found[parent] = max(found.get(parent, (0, "")), (number, name))
    return {parent: name for parent, (_, name) in found.items()}


def rechecks(journal: JournalView) -> list[tuple[str, str, int]]:
    """Every finished re-check: its name, the run it is of, and the number it was last given."""
    gone = redacted_runs(journal)
    forks = ((name, ForkName.parse(name)) for name in journal.runs() if name not in gone)
    named = (name for name, fork in forks if fork is not None and CHANGE in fork.change)
    return [
        (trace.run, trace.parent, trace.of_type(RECHECK)[-1].body["number"])
        for trace in (Trace(journal, name) for name in named)
        if trace.parent is not None and trace.ended and trace.of_type(RECHECK)
    ]


def counted(trace: Trace, latest: Mapping[str, str]) -> Trace:
    """The run whose answer counts for this one: its latest re-check, or itself."""
    return Trace(trace.journal, latest[trace.run]) if trace.run in latest else trace
