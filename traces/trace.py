"""The read side of one recorded run: its records, its steps, what it was begun with and what it came to.

Rules kept here
- A trace is read from the journal when it is made; nothing is worked out that the journal does not hold.
- A blob is read from the journal when it is first asked for, and then kept.
- A run with a record that was changed, or without one that was there, is not read: ``DamagedJournal`` names the file
  and the record. ``checked=False`` reads it all the same, to be shown.
- A record that may not follow the run's end (``after_end.py``) is ignored: whoever reads a trace does not meet it.

    trace = Trace(journal, "clean.rad-001")
    trace.ended, [step.path for step in trace.activities]

Whether the whole journal can be trusted is ``integrity.py``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from evitrail.traces.audit.chain_check import check_chain
from evitrail.traces.journal.after_end import allowed
from evitrail.traces.journal.database import damaged
from evitrail.traces.journal.folder import files_of
from evitrail.traces.journal.journal import JournalView, Stored
from evitrail.traces.record import Record, stored_name
from evitrail.traces.run.activity import Activity, Edges
from evitrail.traces.run.memory import finished

R = TypeVar("R", bound=Record)


class Trace:
    """One run as it was recorded."""

    def __init__(self, journal: JournalView, run: str, *, checked: bool = True) -> None:
        self.journal = journal
        self.run = run
        self.stored: list[Stored] = journal.records(run)
        """Every record, those that are ignored too."""
        if checked and (faults := check_chain(run, self.stored)):
            raise damaged(_file_of(journal, run, self.stored), faults[0])
        self.records = allowed(self.stored)
        """Those that count."""
        self._read: dict[tuple[str, type[Record]], Record] = {}

    @cached_property
    def activities(self) -> list[Activity]:
        return finished(self.records)

    @property
    def ignored(self) -> int:
        """How many records are ignored."""
        return len(self.stored) - len(self.records)

    @property
    def ended(self) -> bool:
        return bool(self.of_type("run.end"))

    def of_type(self, name: str) -> list[Stored]:
        """The records of one type, in order."""
        return [record for record in self.records if record.type == name]

    @property
    def parent(self) -> str | None:
        """The run this one is a fork of."""
        parent: str | None = self._begin.body["parent"]
        return parent

    @property
    def _begin(self) -> Stored:
        if not self.records:  # the run is named where the file lists its runs
            raise damaged(self.journal.path, f"run {self.run!r} is listed and has no record")
        return self.records[0]

    def last(self, kind: str) -> Activity | None:
        """The last step of this kind that stands within no other step; None where there is none."""
        return next((step for step in reversed(self.activities) if step.kind == kind and "/" not in step.path), None)

    def get(self, name: str, returns: type[R]) -> R:
        """A blob that the run names, as the record type it was stored as; see ``JournalView.get``."""
        if (name, returns) not in self._read:
            self._read[name, returns] = self.journal.get(name, returns)
        return cast("R", self._read[name, returns])

    def config(self, returns: type[R]) -> R:
        """What the run was begun with."""
        return self.get(self._begin.body["config"], returns)

    def output(self, returns: type[R]) -> R | None:
        """What the run came to; None while it has not ended, and where it came to a record of another type."""
        ends = self.of_type("run.end")
        if not ends or ends[0].body["output_type"] != stored_name(returns):
            return None
        return self.get(ends[0].body["output"], returns)

    def edges(self) -> Edges:
        """Every edge that the run's steps stated, in order."""
        stated = (self.get(a.edges, Edges).edges for a in self.activities if a.edges)
        return Edges(edges=tuple(edge for edges in stated for edge in edges))


def forks(journal: JournalView) -> set[str]:
    """The runs that say in their first record that they are forks of others; no more of them is read.

    One whose first record was altered, or is that of no fork in some file, is not among them.
    """
    found: dict[str, bool] = {}
    for record in journal.begins():
        found[record.run] = found.get(record.run, True) and _begins_fork(record)
    return {run for run, is_fork in found.items() if is_fork}


def _begins_fork(record: Stored) -> bool:
    if check_chain(record.run, [record]):
        return False
    body = record.body
    return record.type == "run.begin" and body.get("parent") is not None


def _file_of(journal: JournalView, run: str, records: Sequence[Stored]) -> Path:
    """Which file of a journal those records lie in."""
    return next((file.path for file in files_of(journal) if file.records(run) == records), journal.path)
