"""``evitrail ask``: one question under one condition, and everything its answer rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import STORE, Json, OutFolder, StorePath
from workbench.cli.trace import show


def ask(
    question: Annotated[
        str, typer.Argument(help="A case id of the benchmark, or a file with one case.", metavar="FILE|ID")
    ],
    condition: Annotated[str, typer.Option("--condition", help="How to answer it.")] = "agentic",
    benchmark: Annotated[
        Path | None, typer.Option("--benchmark", help="Where to look the id up; default: the demonstration cases.")
    ] = None,
    store: StorePath = STORE,
    folder: OutFolder = Path("evitrail-ask"),
    reader: Annotated[str, typer.Option("--reader", help="extractive, or scripted.")] = "extractive",
    samples: Annotated[int, typer.Option("--samples", min=0, help="Ballots.")] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Of the ballots.")] = 0,
    json: Json = False,
) -> None:
    """Answer one question and show the chain from option to evidence."""
    import eval.demo
    from eval.benchmark import load
    from eval.condition import condition as named
    from eval.plan import Plan
    from workbench.setup import carry_out

    file = Path(question)
    source = file if file.is_file() else (benchmark or eval.demo.FOLDER)
    case = load(source)[0].id if file.is_file() else question
    arm = named(condition).name
    plan = Plan(
        benchmark=str(source.resolve()),
        store=str(store.resolve()),
        conditions=(arm,),
        reader=reader,
        samples=samples,
        seed=seed,
        only=(case,),
    )
    kept = folder / f"{arm}.{case}"
    carry_out(plan, kept)
    show(kept, f"{arm}.{case}", json=json)
