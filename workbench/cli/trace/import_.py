"""``evitrail trace import``: runs of other systems, written to a journal and marked as external."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, OutFolder, print_json, say


def import_(
    file: Annotated[Path, typer.Argument(help="JSON, JSON lines, or an .eval file of Inspect AI.", metavar="FILE")],
    out: OutFolder,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="{trace_formats}; recognised by the file's content if not given.", metavar="NAME"
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the imported run; several runs get numbers.", metavar="RUN")
    ] = None,
    json: Json = False,
) -> None:
    """Import runs of another system.

    Imports all traces of the file, or none if one is refused. A trace that is there already is not imported again; one
    that has grown becomes a run beside the earlier one, NAME+2.
    """
    from evitrail.eval.log.runs import JOURNAL
    from evitrail.traces import Journal, seal
    from evitrail.traces.external.incoming_run import incoming_runs
    from evitrail.traces.external.record_runs import import_runs
    from evitrail.workbench.openinference.reading import understand
    from evitrail.workbench.trace_formats import read_traces

    read = read_traces(file, form)
    runs = incoming_runs(read.spans, file, understand, name)
    out.mkdir(parents=True, exist_ok=True)
    with Journal.open(out / JOURNAL) as journal:
        imported = import_runs(journal, runs, understand)
        seal(journal)
    if json:
        print_json({"folder": str(out), "format": read.form.name, **imported._asdict()})
        return
    grown = f", grown: {len(imported.grown)}" if imported.grown else ""
    say(f"imported as {read.form.name}: {len(imported.new)}, known already: {len(imported.known)}{grown}; in {out}")
    for run in (*imported.new, *imported.grown):
        say(run, indent=2)
