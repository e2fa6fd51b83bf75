"""``init``: a folder to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say


def init(
    folder: Annotated[
        Path, typer.Argument(help="Folder to write to; made if it is not there.", metavar="DIR")
    ] = Path(),
    json: Json = False,
) -> None:
    """Write a small evidence file, questions, a plan and a policy that run, and ingest the evidence."""
    from evitrail.eval.starter import STORE, begin

    begun = begin(folder)
    if json:
        print_json({"folder": str(folder), "store": str(folder / STORE), **begun._asdict()})
        return
    say(f"{begun.questions} questions, {begun.versions} versions of evidence in {folder / STORE}")
    say("Authored for demonstration, not clinically adjudicated; replace them by your own.")
    say(f"next: evitrail run {folder / 'plan.toml'}")
    say(f"then: evitrail audit evitrail-run --policy {folder / 'policy.toml'}")
