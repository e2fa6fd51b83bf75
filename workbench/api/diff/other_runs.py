"""Which runs a run may be compared with, and which it is compared with where none is named.

Rules kept here
- A fork is compared with its parent; any other run with that of the same case in the baseline, the first condition of
  the profile. The baseline's own run is compared with the next condition's.
- Runs of the same case are found in the results; of an experiment without results, only parents and forks are known.

    counterpart(folder, "gated.radiology-003").run       # standard.radiology-003
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from evitrail.eval.report.profile import table_order
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace
from evitrail.workbench.api.diff.side import DiffSide
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.run.forks import forks_of
from evitrail.workbench.api.run.run import known_runs
from evitrail.workbench.api.runs.pack import columns_of


class OtherRun(Record):
    """One run that may be compared with."""

    run: str
    kind: Literal["condition", "parent", "fork"]
    words: str
    """What distinguishes it from the others: its condition, or what was changed in it."""
    chosen: str | None


class Pair(NamedTuple):
    """Two runs to compare, the baseline or the parent first."""

    first: str
    second: str


def pair_of(folder: Path, run: str) -> Pair:
    """A run with the one it is compared with where none is named; raises ``UnknownName`` where there is none."""
    with Journals.open(folder) as journal:
        trace = Trace(journal, run, checked=False)
        if not trace.stored:
            raise UnknownName(f"expected a run of this experiment, got {run!r}{nearest(run, known_runs(folder))}")
        parent = trace.stored[0].stated.get("body", {}).get("parent")
        if isinstance(parent, str):
            return Pair(parent, run)
        of_case = [*_of_case(folder, run)]
        forks = [fork.run for fork in forks_of(folder, journal, run)]
    if of_case and of_case[0].run != run:
        return Pair(of_case[0].run, run)
    rest = [*(other.run for other in of_case if other.run != run), *forks]
    if not rest:
        raise UnknownName(
            f"{run!r} has no other run to be compared with: no other condition answered its case, and it has no forks"
        )
    return Pair(run, rest[0])


def others(folder: Path, journal: JournalView, *sides: DiffSide) -> tuple[OtherRun, ...]:
    """The runs of the same cases, the parents and the forks of these runs, each once."""
    found: dict[str, OtherRun] = {}
    for side in sides:
        root = side.parent or side.run
        for other in (*_of_case(folder, root), *_forks(folder, journal, root)):
            found.setdefault(other.run, other)
    for side in sides:
        if side.parent is not None:
            found.setdefault(side.parent, OtherRun(run=side.parent, kind="parent", words="parent", chosen=None))
    return tuple(found.values())


def _of_case(folder: Path, run: str) -> Iterator[OtherRun]:
    """The runs of the same case by the same reader in the order of the profile, then those by other readers."""
    try:
        columns = columns_of(folder)
    except FileNotFoundError:
        return
    runs, cases, conditions, readers, chosen = map(columns.names, ("run", "case", "condition", "reader", "chosen"))
    if run not in runs.distinct:
        return
    here = int(np.argmax(runs.codes == runs.distinct.index(run)))
    places = np.flatnonzero(cases.codes == cases.codes[here]).tolist()

    def order(place: int) -> tuple[object, ...]:
        other = readers.codes[place] != readers.codes[here]
        return other, table_order(str(conditions.at(place))), str(readers.at(place)), str(runs.at(place))

    for place in sorted(places, key=order):
        by = f" by {readers.at(place)}" if len(readers.distinct) > 1 else ""
        yield OtherRun(
            run=str(runs.at(place)),
            kind="condition",
            words=f"{conditions.at(place)}{by}",
            chosen=chosen.at(place),
        )


def _forks(folder: Path, journal: JournalView, run: str) -> Iterator[OtherRun]:
    for fork in forks_of(folder, journal, run):
        at = f" from {fork.at}" if fork.at else ""
        yield OtherRun(run=fork.run, kind="fork", words=f"{fork.changes}{at}", chosen=fork.chosen)
