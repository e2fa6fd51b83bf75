"""The runs that a query asks for: as places in the column pack, as rows for scripts, and what stands beside one run.

Rules kept here
- ``eval/query`` evaluates; what a query leaves unsaid is counted: runs of which it is unknown whether they are meant.
- A row is one of outcomes.parquet; runs are paged by the name of the last one that was given.
- One query at a time reads an experiment's columns. One that asks for words of claims or passages reads the journal, on
  columns of its own, so that it holds up nobody.

    selection(folder, "wrong blame:retrieve").places
    listed_runs(folder, "stale", sort="confidence", limit=20).runs
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.query.columns import Columns
from evitrail.eval.query.listed import in_cells, ordered, overridden
from evitrail.eval.query.parse import parse
from evitrail.eval.query.select import RECORDED, Selection, select
from evitrail.traces.record import Record
from evitrail.workbench.api.runs.pack import columns_of

MOST = 1000
"""Rows of an answer at most; a script asks for the next with ``after``."""


class SelectedRuns(Record):
    """Which runs a query means."""

    query: str
    total: int
    """Runs of the experiment."""
    unknown: int
    """Runs of which it cannot be told whether they are meant."""
    overridden: int
    """Of those meant: how many a reviewer overrode a label or a blame of."""
    notes: tuple[str, ...]
    places: tuple[int, ...]
    """Their places in the pack, sorted as asked."""


class ListedRuns(Record):
    """The runs that a query means, with their columns."""

    query: str
    total: int
    found: int
    unknown: int
    notes: tuple[str, ...]
    runs: tuple[dict[str, Any], ...]
    columns: tuple[str, ...]
    after: str | None
    """The last run given, where more follow."""


class Neighbours(Record):
    """Where a run stands in a list, and the runs beside it."""

    place: int | None
    """Counted from 1; None where the list does not hold it."""
    of: int
    previous: str | None
    next: str | None


_reading = Lock()


def selection(folder: Path, query: str = "", sort: str = "run", *, descending: bool = False) -> SelectedRuns:
    """The places of the runs that are meant; raises ``QueryError`` and ``ValueError`` as ``eval/query`` does."""
    columns, found, places = _selected(folder, query, sort, descending)
    return SelectedRuns(
        query=query,
        total=found.total,
        unknown=found.unknown,
        overridden=overridden(columns, found.runs),
        notes=found.notes,
        places=tuple(places.tolist()),
    )


def listed_runs(
    folder: Path,
    query: str = "",
    sort: str = "run",
    *,
    descending: bool = False,
    after: str | None = None,
    limit: int = 100,
) -> ListedRuns:
    """The runs that are meant, from the one after ``after`` on; raises as ``selection`` does."""
    if not 0 <= limit <= MOST:
        raise ValueError(f"limit: expected 0 to {MOST}, got {limit}; ask for the rest with after=RUN")
    columns, found, places = _selected(folder, query, sort, descending)
    start = 0
    if after is not None:
        at = np.flatnonzero(places == _place(columns, after))
        if not len(at):
            raise ValueError(f"after: expected a run that this query means, got {after!r}")
        start = int(at[0]) + 1
    page = places[start : start + limit]
    with _reading:
        rows = columns.rows(page)
    more = start + limit < len(places) and rows
    return ListedRuns(
        query=query,
        total=found.total,
        found=len(places),
        unknown=found.unknown,
        notes=found.notes,
        runs=tuple(rows),
        columns=tuple(columns.cells),
        after=rows[-1]["run"] if more else None,
    )


def runs_meant(folder: Path, query: str, sort: str = "run", *, descending: bool = False) -> list[str]:
    """The names of all runs that a query finds; raises as ``selection`` does."""
    columns, _, places = _selected(folder, query, sort, descending)
    names = columns.names("run")
    return [str(names.at(place)) for place in places.tolist()]


def runs_table(folder: Path, query: str = "", sort: str = "run", *, descending: bool = False) -> bytes:
    """All runs of a query as a Parquet file, with the types of outcomes.parquet; raises as ``selection`` does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, _, places = _selected(folder, query, sort, descending)
    with _reading:
        table = columns.table(places)
    written = pa.BufferOutputStream()
    pq.write_table(table, written)
    return bytes(written.getvalue())


def cells(listed: ListedRuns) -> list[dict[str, Any]]:
    """Rows for a spreadsheet: lists as JSON, names that it would compute escaped."""
    return [in_cells(row) for row in listed.runs]


def neighbours(folder: Path, run: str, query: str = "", sort: str = "run", *, descending: bool = False) -> Neighbours:
    """The runs before and after one, in the list that somebody came from."""
    columns, _, places = _selected(folder, query, sort, descending)
    at = np.flatnonzero(places == _place(columns, run))
    if not len(at):
        return Neighbours(place=None, of=len(places), previous=None, next=None)
    here, names = int(at[0]), columns.names("run")
    return Neighbours(
        place=here + 1,
        of=len(places),
        previous=names.at(int(places[here - 1])) if here else None,
        next=names.at(int(places[here + 1])) if here + 1 < len(places) else None,
    )


class ChosenRuns(Record):
    """The names of the runs that a query finds."""

    total: int
    unknown: int
    notes: tuple[str, ...]
    runs: frozenset[str]


def chosen_runs(folder: Path, query: str = "") -> ChosenRuns:
    """The runs of a query, without an order; raises as ``selection`` does."""
    columns, found, places = _selected(folder, query, "run", descending=False)
    names = columns.names("run")
    runs = frozenset(names.distinct[code] for code in names.codes[places].tolist())
    return ChosenRuns(total=found.total, unknown=found.unknown, notes=found.notes, runs=runs)


def row_of(folder: Path, run: str) -> dict[str, Any] | None:
    """The row of one run in the results; None where they do not hold it."""
    with _reading:
        columns = columns_of(folder)
        place = _place(columns, run)
        return columns.rows([place])[0] if place >= 0 else None


def _selected(folder: Path, query: str, sort: str, descending: bool) -> tuple[Columns, Selection, NDArray[np.int64]]:
    tree = parse(query)
    if any(f"{what}:" in query or f"{what}=" in query or f"{what}!" in query for what in RECORDED):
        columns = Columns.of(folder)
        found = select(tree, columns)
        return columns, found, ordered(columns, found.runs, sort, descending=descending)
    with _reading:
        columns = columns_of(folder)
        found = select(tree, columns)
        return columns, found, ordered(columns, found.runs, sort, descending=descending)


def _place(columns: Columns, run: str) -> int:
    """The place of a run, by its name; -1 where there is none."""
    names = columns.names("run")
    if run not in names.distinct:
        return -1
    return int(np.argmax(names.codes == names.distinct.index(run)))
