"""``evitrail statistics``: tests, ensembles, concentration of harm and risk-coverage curves; nothing is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, say
from evitrail.workbench.cli.experiment.statistics_tables import Document, show
from evitrail.workbench.cli.folder import Folder

if TYPE_CHECKING:
    from evitrail.eval.statistics.document import Wanted
    from evitrail.eval.statistics.ensemble import Ensemble


def statistics(
    folder: Folder,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="File with the labelled questions, if DIR holds published answers (a folder per model).",
            metavar="FILE",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            help="Condition to test every other one against; default: the published pairs.",
            metavar="CONDITION",
        ),
    ] = None,
    ensemble: Annotated[
        list[str] | None,
        typer.Option(
            "--ensemble",
            help="Readers that vote, as NAME=READER,READER,READER; default: the published trios. May be repeated.",
            metavar="NAME=READERS",
            show_default=False,
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            help="TOML file with the family and size of each model; default: the 34 published ones.",
            metavar="FILE",
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices",
            help="TOML file with the price of a million tokens of each model; default: as the plan says.",
            metavar="FILE",
        ),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="Rows to show of each table.", min=1)] = 12,
    out: Annotated[Path | None, typer.Option("--out", help="Write everything to a .json file.", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    """Test, pool and describe the outcomes of an experiment; nothing is run.

    Paired tests between conditions, ensembles of readers, on how few questions the harm rests, risk at each coverage,
    and shares of variance by model family and condition. --json and --out have every number with its formula.
    """
    from evitrail.eval.report.files import write_tables
    from evitrail.eval.statistics.document import Wanted
    from evitrail.eval.statistics.families import read_models

    if out is not None and out.suffix != ".json":
        raise ValueError(f"--out: expected a name that ends with .json, got {str(out)!r}")
    asked = Wanted(
        ensembles=tuple(_ensemble(said) for said in ensemble or ()),
        baseline=baseline,
        models=None if models is None else read_models(models),
    )
    found = _found(folder, labels, prices, asked)
    if out is not None:
        write_tables(out, found)
    if json:
        print_json(found)
        return
    show(found, rows)
    if out is not None:
        say(f"written: {out}")


def _found(folder: Path, labels: Path | None, prices: Path | None, wanted: Wanted) -> Document:
    if labels is None:
        from evitrail.eval.statistics.experiment import of_experiment

        return of_experiment(folder, wanted, prices)
    from evitrail.eval.statistics.published import of_published

    return of_published(folder, labels, wanted, prices)


def _ensemble(said: str) -> Ensemble:
    from evitrail.eval.statistics.ensemble import Ensemble

    name, _, members = said.partition("=")
    listed = tuple(member.strip() for member in members.split(",") if member.strip())
    if not name.strip() or len(listed) < 2 or len(set(listed)) < len(listed):
        raise ValueError(f"--ensemble: expected NAME=READER,READER with two or more different readers, got {said!r}")
    return Ensemble(name.strip(), listed)
