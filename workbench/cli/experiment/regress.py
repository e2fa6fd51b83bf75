"""``evitrail regress``: save failed runs as regression cases, and run them again."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, print_table, progress, say
from evitrail.workbench.cli.experiment.queried import Queried, Query, selected
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow

app = typer.Typer(help="Save failed runs as regression cases, pinned to a store state, and run them again.")

SetFolder = Annotated[Path, typer.Argument(help="Folder of the regression cases.", metavar="SET")]


@app.command("save", cls=Queried)
def save(
    folder: Folder,
    query: Query = "",
    out: Annotated[
        Path, typer.Option("--out", help="New folder to write the regression cases to.", metavar="SET")
    ] = Path("evitrail-regress"),
    json: Json = False,
) -> None:
    """Save failed runs as regression cases.

    The folder holds the questions, the plan, and how each run failed. It is pinned to the store state
    that the experiment recorded.
    """
    from evitrail.eval.regress.regression_set import save_failures

    columns, found = selected(folder, query)
    runs = [columns.names("run").at(place) or "" for place in found.runs]
    saved = save_failures(folder, runs, out)
    if json:
        print_json({"set": str(out), **saved._asdict()})
        return
    say(f"{saved.cases} regression cases: {out}")
    if saved.not_failed:
        say(f"{saved.not_failed} of the runs that are meant did not fail, and were left out")
    say(f"run them again: `evitrail regress run {out}`")


@app.command("run")
def run(
    folder: SetFolder,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="New folder to keep the runs in; default: they are not kept.", metavar="DIR"),
    ] = None,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Run regression cases again, with the current code.

    A case passes if it fails in none of the ways in which it failed before. Exit code 0 only if all pass.
    """
    from evitrail.eval.regress.run_set import run_set

    with nullcontext(str(out)) if out else TemporaryDirectory() as kept, progress("running") as told:
        results = run_set(folder, Path(kept), store=store, allow_code=allow_code, progress=told)
    failing = [one for one in results if one.verdict != "passes"]
    if json:
        print_json([one.model_dump(mode="json") for one in results])
    else:
        print_table(
            f"{len(results) - len(failing)} of {len(results)} regression cases pass",
            ("run", "verdict", "failed", "fails now", "chosen then", "chosen", "answer"),
            [
                (
                    one.run,
                    one.verdict,
                    ", ".join(one.failed),
                    one.error or ", ".join(one.fails),
                    one.chosen_then,
                    one.chosen,
                    one.answer,
                )
                for one in results
            ],
        )
        if out:
            say(f"runs: {out}")
    if failing:
        raise CheckFailed("")
