"""``evitrail audit hazards``: a hazard log of an experiment, as CSV that people fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say
from evitrail.workbench.cli.folder import Folder


def hazards(
    folder: Folder,
    conditions: Annotated[
        list[str],
        typer.Option("--condition", help="Condition to list; default: all. May be repeated.", metavar="NAME"),
    ] = [],  # noqa: B006 -- typer takes a list's default so
    out: Annotated[
        Path,
        typer.Option("--out", help="CSV file of the log; what people entered there is kept.", metavar="FILE"),
    ] = Path("hazards.csv"),
    json: Json = False,
) -> None:
    """Write a hazard log: each kind of failure by cause, with counts and an upper bound.

    Severity, likelihood, risk, controls, owner and residual risk are blank, for people to enter. Writing the log again
    keeps what they entered.
    """
    from evitrail.eval.audit.audited import read_audited
    from evitrail.eval.audit.hazards import write_hazards

    if not out.parent.is_dir() or out.is_dir():
        raise ValueError(f"--out: expected a file in a folder that exists, got {out}")
    audited = read_audited(folder)
    named = [audited.condition(name, "--condition") for name in conditions] or sorted(audited.settings)
    found = write_hazards(out, audited, list(dict.fromkeys(named)))
    if json:
        print_json({"log": str(out), **found._asdict()})
        return
    say(f"hazard log: {out}")
    say(f"hazards: {found.hazards}; with entries that were kept: {found.kept}; no longer found: {found.gone}")
