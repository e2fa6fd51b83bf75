"""``evitrail run``: an experiment, from a plan file or from options, and the tables of its results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import STORE, CheckFailed, Json, OutFolder, StorePath, interval, print_json, print_table, say

if TYPE_CHECKING:
    from eval.experiment import Failure
    from eval.plan import Plan

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
    "mask", "mask_names",
)  # fmt: skip
"""Options that say what a plan says."""


Reader = Annotated[str, typer.Option("--reader", help="extractive, or scripted.", metavar="NAME")]
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
            help="Of closed_book, clean, conflict, standard, agentic, max_context, gated; with commas between.",
            metavar="NAMES",
        ),
    ] = "standard,gated",
    store: StorePath = STORE,
    folder: OutFolder = Path("evitrail-run"),
    reader: Reader = "extractive",
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
    allow_code: Annotated[bool, typer.Option("--allow-code", help="Run the code that the plan names as mask.")] = False,
    attribute: Annotated[bool, typer.Option("--attribute/--no-attribute", help="Blame the failed runs.")] = True,
    check: Annotated[bool, typer.Option("--check", help="Prove plan, cases and references; run nothing.")] = False,
    json: Json = False,
) -> None:
    """Run an experiment: every case under every condition.

    Answers are scored, failures blamed, and the report is written. Run it again to go on with it.
    """
    from workbench.setup import carry_out, plan_in, plan_of

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
            reader=reader,
            samples=samples,
            temperature=temperature,
            seed=seed,
            only=_listed(only),
            split=split,
            limit=limit,
            mask=mask,
            mask_names=str(mask_names.resolve()) if mask_names else None,
        )
    if check:
        _check(settled, allow_code, json)
        return
    rows, failures = carry_out(settled, folder, attribute=attribute, allow_code=allow_code)
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
    from eval.report.profile import labels

    shown = in_order(rows)
    print_table(
        f"{folder}: per cent of the cases, with 95% intervals",
        ("condition", "cases", *SHOWN.values()),
        [
            (name, row["n"], *(interval(row[metric]) for metric in SHOWN))
            for name, row in zip(labels(shown), shown, strict=True)
        ],
        empty="no run has finished",
        whole=True,
    )


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order the conditions are listed in."""
    from eval.report.profile import place

    return sorted(rows, key=lambda row: (place(row["condition"]), row["reader"], row["snapshot"]))


def _blame_table(folder: Path) -> None:
    from eval.attribution import ROLES
    from eval.experiment import JOURNAL
    from eval.results import blames
    from traces import Journal

    with Journal.open(folder / JOURNAL, create=False) as journal:
        wrong = [blame for blame in blames(journal) if blame.outcome == "wrong"]
    if not wrong:
        return
    from eval.condition import CONDITIONS

    def share(condition: str, role: str | None) -> str:
        ours = [blame for blame in wrong if blame.condition == condition]
        hit = [blame for blame in ours if (role in blame.roles if role else not blame.roles)]
        return f"{sum(1 / max(len(b.roles), 1) for b in hit):.3g}" if hit else "·"

    arms = [name for name in CONDITIONS if any(blame.condition == name for blame in wrong)]
    print_table(
        "who is blamed for wrong answers: runs by step, and where nobody can be named",
        ("condition", *ROLES, "abstained"),
        [(arm, *(share(arm, role) for role in ROLES), share(arm, None)) for arm in arms],
        whole=True,
    )


def _redacted(folder: Path) -> int:
    """How many runs were redacted."""
    from eval.experiment import JOURNAL, redacted
    from traces import Journal

    with Journal.open(folder / JOURNAL, create=False) as journal:
        return len(redacted(journal))


def _check(plan: Plan, allow_code: bool, json: bool) -> None:
    from eval.masking import masked
    from evidence_store import EvidenceStore
    from workbench.setup import mask_of, prepared, reader_of

    mask = mask_of(plan, allow_code=allow_code)
    with EvidenceStore.open(Path(plan.store)) as store:
        cases, arms = prepared(plan, store)
        reader_of(plan, store)
        for case in cases:
            masked(case, mask)
    if json:
        print_json({"cases": len(cases), "conditions": [arm.name for arm in arms], "runs": len(cases) * len(arms)})
    else:
        say(f"sound: {len(cases)} cases, {len(arms)} conditions, {len(cases) * len(arms)} runs; nothing was run")


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
