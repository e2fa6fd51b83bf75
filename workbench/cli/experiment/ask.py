"""``evitrail ask``: one question under one condition, and everything its answer rests on."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import STORE, Json, OutFolder, StorePath
from evitrail.workbench.cli.listener import listening
from evitrail.workbench.cli.plan_options import KeyEnv, Prompts, Reader, Samples, Seed, plan_of
from evitrail.workbench.cli.trace.trace import show_run

if TYPE_CHECKING:
    from evitrail.eval.plan.plan import Plan


def ask(
    question: Annotated[
        str, typer.Argument(help="Case id in the benchmark, or a file with one case.", metavar="FILE|ID")
    ],
    condition: Annotated[
        str, typer.Option("--condition", help="Condition to answer under: {conditions}.", metavar="NAME")
    ] = "agentic",
    benchmark: Annotated[
        Path | None,
        typer.Option(
            "--benchmark", help="Benchmark that holds the case id; default: the demonstration cases.", metavar="PATH"
        ),
    ] = None,
    store: StorePath = STORE,
    folder: OutFolder = Path("evitrail-ask"),
    reader: Reader = "extractive",
    prompts: Prompts = "default",
    key_env: KeyEnv = [],  # noqa: B006 -- typer takes a list's default so
    samples: Samples = 20,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Answer one question and show the evidence behind the answer."""
    from evitrail.eval.plan.condition import condition as named
    from evitrail.eval.plan.run_name import RunName
    from evitrail.eval.run_plan import run_plan
    from evitrail.evidence_store import EvidenceStore

    source, case = _find(question, benchmark)
    name = named(condition).name
    plan = plan_of(
        source,
        store,
        conditions=(name,),
        reader=reader,
        prompts=prompts,
        key_env=key_env,
        samples=samples,
        seed=seed,
        only=(case,),
    )
    with EvidenceStore.open(store, read_only=True) as opened:
        plan = plan.model_copy(update={"seq": opened.seq})
    run = str(RunName(name, "", case))
    kept = _folder_for(folder, run, plan)
    with listening() as hear:
        run_plan(plan, kept, on_event=hear)
    show_run(kept, run, json=json)


def _find(question: str, benchmark: Path | None) -> tuple[Path, str]:
    """The benchmark that holds the question, and its id there."""
    from evitrail.eval.dataset.case import load
    from evitrail.eval.demo import DEMO_CASES

    file = Path(question)
    if file.is_file():
        cases = load(file)
        if len(cases) != 1:
            raise ValueError(f"{file}: expected one case, got {len(cases)}; ask one with `--benchmark {file} ID`")
        return file, cases[0].id
    if file.suffix:
        raise ValueError(f"{file}: expected a file with one case, found none")
    return benchmark or DEMO_CASES, question


def _folder_for(folder: Path, name: str, plan: Plan) -> Path:
    """The folder of this question's plan; another condition or a changed store gets another folder."""
    from evitrail.eval.plan.plan import PLAN, plan_in

    places = (folder / (name if number == 1 else f"{name}.{number}") for number in count(1))
    return next(
        at for at in places if not (at / PLAN).exists() or plan_in(at).model_copy(update={"ledger": None}) == plan
    )
