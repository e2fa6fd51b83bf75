"""``evitrail runs``: the runs of an experiment that a query asks for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, print_csv, print_json, print_table, say
from evitrail.workbench.cli.experiment.queried import Query, selected
from evitrail.workbench.cli.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from evitrail.eval.query.listed import RunLine

MANY = 50
"""Rows of a table, where nobody says how many."""


def runs(
    folder: Folder,
    query: Query = "",
    sort: Annotated[str, typer.Option("--sort", help="Field to sort by: {orders}.", metavar="FIELD")] = "run",
    descending: Annotated[bool, typer.Option("--descending", help="Sort from the highest to the lowest.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", help="Maximum number of runs to list; default: 50 in a table, else all.", metavar="N", min=0
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values to stdout, one row a run.")] = False,
    json: Json = False,
) -> None:
    """List the runs that a query asks for.

    It is answered from the results in the folder, without the journal. Runs of which it is unknown whether they are
    meant are left out and counted.
    """
    from evitrail.eval.log.reviews import overridden_in_words
    from evitrail.eval.query.listed import in_cells, listed, ordered, overridden

    if csv and json:
        raise ValueError("expected --csv or --json, got both; leave one out")
    columns, found = selected(folder, query)
    places = ordered(columns, found.runs, sort, descending=descending)
    places = places[: limit if limit is not None or csv or json else MANY]
    if json:
        rows = columns.rows(places)
        counts = {"total": found.total, "unknown": found.unknown, "overridden": overridden(columns, found.runs)}
        print_json({"query": query, **counts, "runs": rows})
    elif csv:
        print_csv([in_cells(row) for row in columns.rows(places)], columns.cells)
    else:
        _show(folder, query, listed(columns, places), len(found.runs), found.total)
        if said := overridden_in_words(overridden(columns, found.runs)):
            say(f"{said}; `evitrail review list {folder}` says why")


def _show(folder: Path, query: str, rows: list[RunLine], found: int, total: int) -> None:
    asked = f": {query}" if query else ""
    print_table(
        f"{found} of {total} runs in {folder}{asked}",
        ("run", "chosen", "answer", "outcome", "confidence", "blamed", "cites"),
        [
            (
                run.run,
                run.chosen,
                run.answer,
                run.outcome,
                None if run.confidence is None else f"{run.confidence:.2f}",
                run.blamed,
                run.cites,
            )
            for run in rows
        ],
        empty="no run is meant" if not found else "none listed",
    )
    if len(rows) < found:
        say(f"{found - len(rows)} more runs; --limit {found} lists all")
    if rows:
        say(f"what one rests on: `evitrail trace show {folder} {shlex.quote(rows[0].run)}`")
