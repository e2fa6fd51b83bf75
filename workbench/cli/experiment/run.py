"""``evitrail run``: an experiment, from a plan file or from options, and the tables of its results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from evitrail.workbench.cli.experiment.blame_tables import show_wrong_answers
from evitrail.workbench.cli.experiment.fail_if import FailIf, expect_open
from evitrail.workbench.cli.plan_options import (
    DECIDED,
    OPTIONS,
    Held,
    Influences,
    Judge,
    KeyEnv,
    MaxTokens,
    Numbers,
    Prompts,
    Readers,
    Retrievers,
    Samples,
    Seed,
    States,
    plan_of,
)

if TYPE_CHECKING:
    from evitrail.eval.run_plan import Results

SHOWN = {
    "accuracy": "accuracy",
    "high_risk_rate": "high-risk",
    "unsafe_rate": "unsafe",
    "contradiction_rate": "contradiction",
    "dangerous_overconf_rate": "overconfident",
    "stale_rate": "stale",
    "abstention_rate": "abstained",
}
"""The columns of the table: metric and heading."""

OF_RAY = ("workers", "address")
"""Options that say something about Ray only."""


def run(
    context: typer.Context,
    plan: Annotated[
        Path | None,
        typer.Argument(help="Plan file; without one, the options describe the experiment.", metavar="PLAN.toml"),
    ] = None,
    benchmark: Annotated[
        Path | None,
        typer.Option(
            "--benchmark", help="Benchmark file (benchmark.jsonl), or a folder of such files.", metavar="PATH"
        ),
    ] = None,
    conditions: Annotated[
        str,
        typer.Option(
            "--conditions",
            help="Conditions to run, comma-separated: {conditions}.",
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
    key_env: KeyEnv = [],  # noqa: B006 -- the same
    influence: Influences = None,
    samples: Samples = 20,
    temperature: Annotated[float, typer.Option("--temperature", help="Sampling temperature.", metavar="T")] = 0.7,
    seed: Seed = 0,
    only: Annotated[
        str, typer.Option("--only", help="Case ids to run, comma-separated; default: all.", metavar="IDS")
    ] = "",
    split: Annotated[
        str | None, typer.Option("--split", help="Run only cases whose meta.split has this value.", metavar="NAME")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", help="Maximum number of cases; the first ones are run.", metavar="N")
    ] = None,
    mask: Annotated[
        str,
        typer.Option(
            "--mask",
            help="Mask for patient data: default, none, or package.module:Class(…) with --allow-code.",
            metavar="SPEC",
        ),
    ] = "default",
    mask_names: Annotated[
        Path | None,
        typer.Option(
            "--mask-names", help="File with names that the default mask replaces, one per line.", metavar="FILE"
        ),
    ] = None,
    allow_code: Annotated[
        bool,
        typer.Option("--allow-code", help="Import and run code that the plan names, such as a mask or a retriever."),
    ] = False,
    attribute: Annotated[
        bool,
        typer.Option(
            "--attribute/--no-attribute", help="Attribute each failed run to the step that caused the failure."
        ),
    ] = True,
    in_flight: Annotated[
        int | None,
        typer.Option(
            "--in-flight", help="Maximum number of concurrent runs; results do not depend on it.", metavar="N", min=1
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="Engine that executes the runs: {engines}.", metavar="NAME")
    ] = ("threads"),
    workers: Annotated[int, typer.Option("--workers", help="Number of Ray worker processes.", metavar="N", min=1)] = 2,
    address: Annotated[
        str | None,
        typer.Option("--address", help="Address of a Ray cluster; default: start one on this machine.", metavar="ADDR"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check plan, cases and references without running anything.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate model calls and tokens without calling a model.")
    ] = False,
    fail_if: FailIf = [],  # noqa: B006 -- the same
    json: Json = False,
) -> None:
    """Run an experiment: every case under every condition.

    Answers are scored, failures attributed, and the report is written. Run it again to resume it.
    """
    from evitrail.eval.audit.fail_if import parse_gate
    from evitrail.eval.experiment.engine_named import engine_named
    from evitrail.eval.experiment.sweep import Halted
    from evitrail.eval.resolve import opened
    from evitrail.eval.run_plan import run_plan
    from evitrail.workbench.cli.experiment.check_plan import show_summary
    from evitrail.workbench.cli.experiment.dry_run import show_estimate
    from evitrail.workbench.cli.listener import listening

    gates = [parse_gate(text) for text in fail_if]
    if plan is not None:
        from evitrail.eval.plan.plan import plan_at

        if given := [OPTIONS.get(name, f"--{name.replace('_', '-')}") for name in DECIDED if _was_given(context, name)]:
            raise ValueError(f"expected a plan or options, got {plan} and {', '.join(given)}; write it into the plan")
        asked = plan_at(plan)
    elif benchmark is None:
        raise ValueError("expected a plan file or --benchmark, got neither; `evitrail demo` needs none")
    elif not _names(conditions):
        raise ValueError(f"--conditions: expected comma-separated names, got {conditions!r}")
    else:
        asked = plan_of(
            benchmark,
            store,
            conditions=_names(conditions),
            readers=reader,
            retrievers=retriever,
            k=k,
            snapshots=snapshot,
            prompts=prompts,
            judge=judge,
            held=held,
            max_tokens=max_tokens,
            key_env=key_env,
            influence=influence,
            samples=samples,
            temperature=temperature,
            seed=seed,
            only=_names(only),
            split=split,
            limit=limit,
            mask=mask,
            mask_names=mask_names,
        )
    if in_flight is not None:
        asked = asked.model_copy(update={"in_flight": in_flight})
    if engine == "threads" and (given := [f"--{name}" for name in OF_RAY if _was_given(context, name)]):
        raise ValueError(f"{' and '.join(given)}: expected beside --engine ray only")
    chosen = engine_named(engine, asked, workers, address, allow_code=allow_code)
    if check or dry_run:
        with opened(asked, None if check else folder, allow_code=allow_code) as experiment:
            if check:
                show_summary(experiment, json=json)
            else:
                show_estimate(experiment, folder, attribute=attribute, json=json)
        return
    try:
        with listening() as hear:
            results = run_plan(asked, folder, on_event=hear, attribute=attribute, allow_code=allow_code, engine=chosen)
    except Halted as error:
        raise CheckFailed(str(error)) from error
    show_results(results, json=json)
    expect_open(gates, results.folder)


def show_results(results: Results, *, json: bool) -> None:
    """Print the table of conditions and the report's path; exit code 1 when runs could not be finished."""
    from evitrail.eval.claims.claim_metrics import claim_rows
    from evitrail.eval.claims.recorded_claims import answers_in
    from evitrail.eval.log.reviews import overridden_in_words
    from evitrail.eval.report.review_list import overridden_runs
    from evitrail.workbench.cli.experiment.claims import show_claims

    folder, failures, answered = results.folder, results.unfinished, answers_in(results.folder)
    blames = results.blames()
    overridden = len(overridden_runs(results.outcomes(), blames))
    if json:
        unfinished = [failure._asdict() for failure in failures]
        numbers = {
            "metrics": results.metrics,
            "claims": [row.model_dump(mode="json") for row in claim_rows(answered)],
            "unfinished": unfinished,
            "redacted": results.redacted,
            "newer_than_seal": results.newer,
            "overridden": overridden,
        }
        print_json({"folder": str(folder), **numbers})
    else:
        if results.metrics or not answered:
            profile_table(folder, results.metrics)
        if answered:
            show_claims(str(folder), answered, limit=0, json=False)
        show_wrong_answers(blames)
        if said := overridden_in_words(overridden):
            say(f"{said}; `evitrail review list` says why")
        if results.redacted:
            say(f"redacted: {results.redacted} runs that no number here counts; `evitrail trace list` says why")
        if results.newer:
            say(f"newer than the seal: {results.newer} of the runs that count; `evitrail trace verify` names them")
        say(f"report: {results.report}")
    if failures:
        more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        raise CheckFailed(f"run {failures[0].run} was not finished ({failures[0].error}){more}; run again to retry")


def profile_table(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """The failure profile: a line for each condition, and for each reader where there are several."""
    from evitrail.eval.metrics.outcomes_file import read_outcomes
    from evitrail.eval.report.profile import called, labels

    shown, by = in_order(rows), called(read_outcomes(folder / "outcomes.parquet"))
    print_table(
        f"{folder}: per cent of the cases, with 95% intervals",
        ("condition", "cases", *SHOWN.values()),
        [
            (name, row["n"], *(interval(row[metric], row["n"]) for metric in SHOWN))
            for name, row in zip(labels(shown, by), shown, strict=True)
        ],
        empty="no run has finished",
        whole=True,
    )


def in_order(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows in the order the conditions are listed in."""
    from evitrail.eval.report.profile import table_order

    return sorted(rows, key=lambda row: (table_order(row["condition"]), row["reader"], row["snapshot"]))


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
