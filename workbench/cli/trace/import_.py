"""``evitrail trace import``: traces of other systems, taken into a journal and marked as recorded elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, OutFolder, print_json, say


def import_(
    file: Annotated[
        Path, typer.Argument(help="OTLP-JSON file: one document, or one document per line.", metavar="FILE")
    ],
    out: OutFolder,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the imported run; several runs get numbers.", metavar="RUN")
    ] = None,
    json: Json = False,
) -> None:
    """Import runs of another system from OpenTelemetry spans with OpenInference attributes.

    Imports all traces of the file, or none if one is refused.
    """
    from evitrail.eval.log.runs import JOURNAL
    from evitrail.traces import Journal, seal
    from evitrail.traces.external.incoming_run import incoming_runs
    from evitrail.traces.external.otlp import read_spans
    from evitrail.traces.external.record_runs import import_runs
    from evitrail.workbench.openinference.attributes import understand

    runs = incoming_runs(read_spans(file), file, understand, name)
    out.mkdir(parents=True, exist_ok=True)
    with Journal.open(out / JOURNAL) as journal:
        taken = import_runs(journal, runs, understand)
        seal(journal)
    if json:
        print_json({"folder": str(out), "new": taken.new, "known": taken.known})
        return
    say(f"taken in: {len(taken.new)}, known before: {len(taken.known)}; recorded elsewhere, kept in {out}")
    for run in taken.new:
        say(run, indent=2)
