"""``evitrail run``: an experiment, from a plan file or from options, and the tables of its results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import (
    STORE,
    CheckFailed,
    Json,
    OutFolder,
    StorePath,
    interval,
    print_json,
    print_table,
    say,
)

if TYPE_CHECKING:
    from evitrail.eval.attribution import Blame
    from evitrail.eval.experiment.sweep import Failure

SHOWN = {
    "accuracy": "accuracy",
    "high_risk_rate": "high-risk",
    "unsafe_rate": "unsafe",
    "contradiction_rate": "contradiction",
    "dangerous_overconf_rate": "dangerously sure",
    "stale_rate": "stale",
    "abstention_rate": "abstained",
}
"""The columns of the table: metric and heading."""

DECIDED = (
    "benchmark", "conditions", "store", "reader", "samples", "temperature", "seed", "only", "split", "limit",
    "mask", "mask_names", "retriever", "k", "snapshot", "prompts", "judge", "held", "max_tokens",
    "influence",
)  # fmt: skip
"""Options that say what a plan says."""
OF_RAY = ("workers", "address")
"""Options that say something about Ray only."""


READS = "extractive, scripted, or a model: openai:MODEL@URL, vllm:MODEL, hf:MODEL"
Reader = Annotated[str, typer.Option("--reader", help=f"{READS}.", metavar="NAME")]
Readers = Annotated[list[str], typer.Option("--reader", help=f"{READS}; may be given again.", metavar="NAME")]
Retrievers = Annotated[
    list[str],
    typer.Option("--retriever", help="Vary every arm that ranks over these; may be given again.", metavar="NAME"),
]
Numbers = Annotated[
    list[int], typer.Option("--k", help="Vary it over these numbers of passages; may be given again.", metavar="N")
]
States = Annotated[
    list[str],
    typer.Option(
        "--snapshot",
        help="Vary every arm that searches over a release, a ledger number or a day; may be given again.",
        metavar="STATE",
    ),
]
Prompts = Annotated[
    str,
    typer.Option(
        "--prompts", help="What a model is prompted with: default, published, or a folder or file.", metavar="NAME"
    ),
]
Judge = Annotated[
    str, typer.Option("--judge", help="Who confirms the letters of published: rule, or a model.", metavar="NAME")
]
Held = Annotated[bool, typer.Option("--held", help="Hold the model to the letters, where its server can.")]
Influences = Annotated[
    str | None,
    typer.Option(
        "--influence",
        help="Measure what each passage did for the choice: leave_one_out, or masked (hf: only).",
        metavar="WAY",
    ),
]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", help="Of one answer.", metavar="N")]
Samples = Annotated[int, typer.Option("--samples", help="Ballots drawn for each answer.", metavar="N")]
Seed = Annotated[int, typer.Option("--seed", help="Of the ballots; equal seeds give equal outcomes.", metavar="N")]


def run(
    context: typer.Context,
    plan: Annotated[
        Path | None, typer.Argument(help="A plan file; or say it with options.", metavar="PLAN.toml")
    ] = None,
    benchmark: Annotated[
        Path | None, typer.Option("--benchmark", help="benchmark.jsonl, or a folder of them.", metavar="PATH")
    ] = None,
    conditions: Annotated[
        str,
        typer.Option(
            "--conditions",
            help="Of closed_book, clean, conflict, top_1, padded_top_1, top_5, standard, deep_research, agentic, "
            "per_option, context_32k, context_100k, max_context, gated; with commas between.",
            metavar="NAMES",
        ),
    ] = "standard,gated",
    store: StorePath = STORE,
    folder: OutFolder = Path("evitrail-run"),
    reader: Readers = ["extractive"],  # noqa: B006 -- typer takes a list's default so
    retriever: Retrievers = [],  # noqa: B006 -- the same
    k: Numbers = [],  # noqa: B006 -- the same
    snapshot: States = [],  # noqa: B006 -- the same
    prompts: Prompts = "default",
    judge: Judge = "rule",
    held: Held = False,
    max_tokens: MaxTokens = None,
    influence: Influences = None,
    samples: Samples = 20,
    temperature: Annotated[float, typer.Option("--temperature", help="Of the ballots.", metavar="T")] = 0.7,
    seed: Seed = 0,
    only: Annotated[str, typer.Option("--only", help="Only these case ids, with commas between.", metavar="IDS")] = "",
    split: Annotated[
        str | None, typer.Option("--split", help="Only cases with this meta.split.", metavar="NAME")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many cases.", metavar="N")] = None,
    mask: Annotated[
        str,
        typer.Option(
            "--mask",
            help="What masks patient data: default, none, or package.module:Class(…) with --allow-code.",
            metavar="SPEC",
        ),
    ] = "default",
    mask_names: Annotated[
        Path | None,
        typer.Option("--mask-names", help="Names for the default mask to look for, one a line.", metavar="FILE"),
    ] = None,
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Run code that the plan names: a mask, a retriever.")
    ] = False,
    attribute: Annotated[bool, typer.Option("--attribute/--no-attribute", help="Blame the failed runs.")] = True,
    in_flight: Annotated[
        int | None, typer.Option("--in-flight", help="Runs under way at once; decides no result.", metavar="N", min=1)
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="Who does the runs: threads, or ray.", metavar="NAME")] = (
        "threads"
    ),
    workers: Annotated[int, typer.Option("--workers", help="Processes of Ray.", metavar="N", min=1)] = 2,
    address: Annotated[
        str | None, typer.Option("--address", help="Of a Ray cluster; left out, one is started here.", metavar="ADDR")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Prove plan, cases and references; run nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count model calls and tokens before they are spent; ask no model.")
    ] = False,
    json: Json = False,
) -> None:
    """Run an experiment: every case under every condition.

    Answers are scored, failures blamed, and the report is written. Run it again to go on with it.
    """
    from evitrail.eval.experiment.sweep import Halted
    from evitrail.workbench.cli.experiment.check_plan import proven
    from evitrail.workbench.cli.experiment.dry_run import foretell
    from evitrail.workbench.engines import engine_named
    from evitrail.workbench.setup import carry_out, plan_in, plan_of

    if plan is not None:
        if said := [f"--{name.replace('_', '-')}" for name in DECIDED if _was_given(context, name)]:
            raise ValueError(f"expected a plan or options, got {plan} and {', '.join(said)}; write it into the plan")
        settled = plan_in(plan)
    elif benchmark is None:
        raise ValueError("expected a plan file or --benchmark, got neither; `evitrail demo` needs none")
    elif not _listed(conditions):
        raise ValueError(f"--conditions: expected names with commas between, got {conditions!r}")
    else:
        settled = plan_of(
            benchmark,
            store,
            conditions=_listed(conditions),
            readers=reader,
            retrievers=retriever,
            k=k,
            snapshots=snapshot,
            prompts=prompts,
            judge=judge,
            held=held,
            max_tokens=max_tokens,
            influence=influence,
            samples=samples,
            temperature=temperature,
            seed=seed,
            only=_listed(only),
            split=split,
            limit=limit,
            mask=mask,
            mask_names=str(mask_names.resolve()) if mask_names else None,
        )
    if in_flight is not None:
        settled = settled.model_copy(update={"in_flight": in_flight})
    if engine == "threads" and (said := [f"--{name}" for name in OF_RAY if _was_given(context, name)]):
        raise ValueError(f"{' and '.join(said)}: expected beside --engine ray only")
    doing = engine_named(engine, settled, workers, address, allow_code=allow_code)
    if check:
        proven(settled, allow_code=allow_code, json=json)
        return
    if dry_run:
        foretell(settled, folder, allow_code=allow_code, json=json)
        return
    try:
        rows, failures = carry_out(settled, folder, attribute=attribute, allow_code=allow_code, engine=doing)
    except Halted as error:
        raise CheckFailed(str(error)) from error
    report(folder, rows, failures, json=json)


def report(folder: Path, rows: list[dict[str, Any]], failures: list[Failure], *, json: bool) -> None:
    """The table of conditions, and where the rest is; exit code 1 when runs could not be finished."""
    gone = _redacted(folder)
    if json:
        unfinished = [failure._asdict() for failure in failures]
        print_json({"folder": str(folder), "metrics": rows, "unfinished": unfinished, "redacted": gone})
    else:
        profile_table(folder, rows)
        _blame_table(folder)
        if gone:
            say(f"redacted: {gone} runs that no number here counts; `evitrail trace list` says why")
        say(f"report: {folder / 'report.html'}")
    if failures:
        more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        raise CheckFailed(f"run {failures[0].run} was not finished ({failures[0].error}){more}; run again to retry")


def profile_table(folder: Path, rows: list[dict[str, Any]]) -> None:
    """The failure profile: a line for each condition, and for each reader where there are several."""
    from evitrail.eval.metrics.outcome import read_outcomes
    from evitrail.eval.report.profile import called, labels

    shown, by = in_order(rows), called(read_outcomes(folder / "outcomes.parquet"))
    print_table(
        f"{folder}: per cent of the cases, with 95% intervals",
        ("condition", "cases", *SHOWN.values()),
        [
            (name, row["n"], *(interval(row[metric]) for metric in SHOWN))
            for name, row in zip(labels(shown, by), shown, strict=True)
        ],
        empty="no run has finished",
        whole=True,
    )


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order the conditions are listed in."""
    from evitrail.eval.report.profile import place

    return sorted(rows, key=lambda row: (place(row["condition"]), row["reader"], row["snapshot"]))


def _blame_table(folder: Path) -> None:
    from evitrail.eval.attribution import ROLES
    from evitrail.eval.report.results import blames
    from evitrail.traces import Journals

    with Journals.open(folder) as journal:
        wrong = [blame for blame in blames(journal) if blame.outcome == "wrong"]
    if not wrong:
        return
    from evitrail.eval.plan.run_name import ReadCondition
    from evitrail.eval.report.profile import place

    blamed: dict[str, list[Blame]] = {}
    for blame in wrong:
        blamed.setdefault(str(ReadCondition.of(blame.run, blame.condition)), []).append(blame)

    def share(ours: list[Blame], role: str | None) -> str:
        hit = [blame for blame in ours if (role in blame.roles if role else not blame.roles)]
        return f"{sum(1 / max(len(b.roles), 1) for b in hit):.3g}" if hit else "·"

    print_table(
        "who is blamed for wrong answers: runs by step, and where nobody can be named",
        ("condition", *ROLES, "abstained"),
        [(arm, *(share(blamed[arm], role) for role in (*ROLES, None))) for arm in sorted(blamed, key=place)],
        whole=True,
    )


def _redacted(folder: Path) -> int:
    """How many runs were redacted."""
    from evitrail.eval.experiment.experiment import redacted
    from evitrail.traces import Journals

    with Journals.open(folder) as journal:
        return len(redacted(journal))


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
