"""One experiment while it is watched: what was added to its journal, as events for the pages that watch.

Rules kept here
- The first look finds out where the experiment stands; each further one reads what was added since. An experiment that
  is sealed, and has every run that its plan asks for, is not read at all until somebody writes to it.
- A run is reported once, with the row that it will have in the results as far as known (``eval/log/new_rows.py``).
  Rows are made only while somebody asks for them, and once for all who do.
- The id of an event is a position in the journal's files: every run that ended before it was reported, and no other.
- What cannot be read is reported as a fault, and read again.

    watched = Watched("demo", folder, {})
    watched.look()
    [event.kind for event in watched.after(0)]
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from time import time
from typing import Any, NamedTuple

from evitrail.eval.log.new_rows import new_row
from evitrail.eval.log.sweep_state import SweepProgress, SweepState
from evitrail.eval.plan.plan import plan_in
from evitrail.eval.plan.planned import planned_runs
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.growth import SEALED, Growth, Position
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.workbench.api.experiments import experiment_line, seal_state
from evitrail.workbench.api.runs.pack import columns_of
from evitrail.workbench.api.runs.row_columns import row_columns
from evitrail.workbench.one_line import one_line

Teller = Callable[[Path], dict[str, Any] | None]
"""The present state of something in an experiment; an event is sent whenever it has changed."""
KEPT = 64
"""Looks whose rows are kept for clients that read slowly."""
ROWS = 500
"""Rows of one event at most."""
CACHED = 5_000
"""Rows that are kept for clients that connect."""


class Event(NamedTuple):
    """Something that happened."""

    number: int
    kind: str
    id: str
    """The position behind it."""
    data: dict[str, Any]


class Ended(NamedTuple):
    """A run that ended, and where its record says so."""

    file: str
    number: int
    run: str


class Joined(NamedTuple):
    """The state of an experiment for a client that begins to watch."""

    number: int
    """Of the last event."""
    ends: list[Ended]
    """The runs that ended until then, as far as that had to be read."""
    id: str
    """The position behind all of them."""


class Watched:
    """See the module; ``look`` is called by one thread, all else by any."""

    def __init__(self, name: str, folder: Path, tellers: Mapping[str, Teller]) -> None:
        self.name, self._folder, self._tellers = name, folder, tellers
        self._looking, self._telling = Lock(), Lock()
        self._states: dict[str, Event] = {}
        self._rows: deque[Event] = deque(maxlen=KEPT)
        self._made: OrderedDict[str, dict[str, Any] | None] = OrderedDict()
        self._number, self._lost, self._takers = 0, 0, 0
        self._files: dict[Path, int] | None = None
        self._planned = _count_planned(folder)
        self._begin()

    def _begin(self) -> None:
        self._growth = Growth(self._folder)
        self._journal: Journals | None = None
        self._sweep, self._ends = SweepState(), list[Ended]()
        self._read: Position | None = None
        """Up to where the journal was read; None while nothing had to be."""
        self._told = Position()

    def close(self) -> None:
        """Let go of the journal."""
        with self._looking:
            self._shut()

    # For those who look

    def after(self, number: int, *, rows: bool) -> list[Event] | None:
        """The events since one of them, with or without rows; None where they are not kept any more."""
        with self._telling:
            if number < self._lost and rows:
                return None
            found = [*(self._rows if rows else ()), *self._states.values()]
        return sorted((event for event in found if event.number > number), key=lambda event: event.number)

    def states(self, upto: int) -> list[Event]:
        """The states after an event."""
        with self._telling:
            found = [event for event in self._states.values() if event.number <= upto]
        return sorted(found, key=lambda event: event.number)

    def takes_rows(self, more: int) -> None:
        """So many more, or fewer, take the rows."""
        with self._telling:
            self._takers += more

    def joined(self, after: Position | None) -> Joined:
        """The present state, for a client that follows from here; what ended after a position is read if it must be."""
        with self._looking:
            if not self._number:
                self._look()
            if self._read is None and after is not None and not after.reaches(self._told):
                self._read_journal()
            return Joined(self._number, list(self._ends), str(self._told))

    def missed(self, ends: Sequence[Ended], after: Position | None) -> Iterator[Event]:
        """The rows of runs that ended after a position; without one, of those that the results do not hold."""
        if after is None:
            known = self._in_results()
            missing = [one for one in ends if one.run not in known]
            after = Position()
        else:
            missing = [one for one in ends if one.number > after.get(one.file, 0)]
        at = Position(after)
        for start in range(0, len(missing), ROWS):
            page = missing[start : start + ROWS]
            with self._looking:
                made = self._made_rows(page)
            at.update({one.file: max(at.get(one.file, 0), one.number) for one in page})
            yield Event(0, "runs", str(at), self._of_rows(made))

    # The look

    def look(self) -> None:
        """Read what was added, and keep it as events."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        try:
            self._expect_same_files()
            if self._growth.moved() or self._read is not None or not self._number:
                self._look_at_journal()
            self._tell("fault", {})
        except (JournalError, OSError, ValueError) as error:
            self._tell("fault", {"said": one_line(error)})
        for kind, teller in self._tellers.items():
            try:
                self._tell(kind, teller(self._folder) or {})
            except (JournalError, StoreError, OSError, ValueError):
                continue  # the page that needs it says what is wrong

    def _look_at_journal(self) -> None:
        if self._read is None and (done := _at_rest(self._folder, self._planned)) is not None:
            self._told = self._growth.end()
            self._tell("progress", SweepProgress(done=done, planned=self._planned, failed=0).model_dump())
            return
        self._read_journal()
        if self._told:
            progress = self._sweep.progress(self._growth, now=time(), planned=self._planned)
            self._tell("progress", progress.model_dump())

    def _read_journal(self) -> None:
        """Take note of what was added; all of it, where nothing was read yet."""
        is_first, end, before = self._read is None, self._growth.end(), len(self._ends)
        for added in self._growth.between(self._read or Position(), end):
            if self._sweep.note(added):
                self._ends.append(Ended(added.file, added.number, added.run))
            elif added.type == SEALED and not is_first:
                self._tell("sealed", {"root": added.body.get("root"), "at": added.at})
        self._read = end
        self._tell_rows([] if is_first else self._ends[before:])
        self._told.update(end)

    def _tell_rows(self, ended: Sequence[Ended]) -> None:
        for start in range(0, len(ended) if self._takers else 0, ROWS):
            page = ended[start : start + ROWS]
            made = self._made_rows(page)
            self._told.update({one.file: one.number for one in page})
            with self._telling:
                self._number += 1
                if len(self._rows) == KEPT:
                    self._lost = self._rows[0].number
                self._rows.append(Event(self._number, "runs", str(self._told), self._of_rows(made)))

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        known = self._states.get(kind)
        if (known.data if known else {}) == data:
            return
        with self._telling:
            self._number += 1
            self._states[kind] = Event(self._number, kind, str(self._told), data)

    def _made_rows(self, ended: Sequence[Ended]) -> list[dict[str, Any]]:
        if self._journal is None:
            self._journal = Journals.open(self._folder)
        found = []
        for _, _, run in ended:
            if run not in self._made:
                try:
                    self._made[run] = new_row(self._journal, run)
                except (JournalError, ValueError, KeyError):
                    self._made[run] = None  # a damaged record: the check of the journal names it
                while len(self._made) > CACHED:
                    self._made.popitem(last=False)
            if (row := self._made[run]) is not None:
                found.append(row)
        return found

    def _of_rows(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"n": len(rows), "columns": row_columns(rows)}

    def _in_results(self) -> set[str | None]:
        try:
            return set(columns_of(self._folder).names("run").distinct)
        except (FileNotFoundError, ValueError):
            return set()

    def _expect_same_files(self) -> None:
        """Begin again where a file is another one, and know every file that came."""
        files = {path: path.stat().st_ino for path in sorted(self._folder.glob("journal*.db"))}
        before, self._files = self._files, files
        if before is None or files == before:
            return
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if any(files.get(path) != number for path, number in before.items()):
            self._shut()
            with self._telling:
                self._number += 1
                self._lost = self._number
            self._begin()

    def _shut(self) -> None:
        self._growth.close()
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _at_rest(folder: Path, planned: int | None) -> int | None:
    """How many runs a finished experiment has; None for one that may go on."""
    seal, line = seal_state(folder), experiment_line("", folder)
    done = seal is not None and seal.sealed and not seal.newer and line.runs and line.runs == planned
    return line.runs if done else None


def _count_planned(folder: Path) -> int | None:
    try:
        return planned_runs(plan_in(folder))
    except (InputError, ValueError, OSError):
        return None
