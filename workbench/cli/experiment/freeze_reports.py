"""``evitrail freeze``: the reports of live researchers, as evidence that every reader can be served alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, OutFolder, print_json, say
from evitrail.workbench.cli.folder import Recorded, open_journal


def freeze(
    folder: Recorded,
    out: OutFolder = Path("evitrail-frozen"),
    condition: Annotated[
        str, typer.Option("--condition", help="Condition whose runs wrote the reports.", metavar="NAME")
    ] = "per_option",
    json: Json = False,
) -> None:
    """Write an experiment's research reports as evidence, and the questions that refer to them.

    Ingest the evidence with `store ingest`, then run `deep_research` on the questions.
    """
    from evitrail.eval.safe_scale.freeze_reports import frozen, write_frozen

    with open_journal(folder) as journal:
        what = frozen(journal, condition)
    write_frozen(out, what)
    if json:
        print_json({"folder": str(out), "reports": [report.ref for report in what.evidence]})
        return
    say(f"{len(what.evidence)} reports: {out / 'evidence.jsonl'}, named by the questions in {out / 'benchmark.jsonl'}")
