"""``evitrail run --dry-run``: what an experiment is going to ask of models, before it is spent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import print_json, print_table, progress, say

if TYPE_CHECKING:
    from evitrail.eval.attribution.before_runs import BeforeRuns
    from evitrail.eval.experiment.estimate import Estimate
    from evitrail.eval.experiment.experiment import Experiment


def show_estimate(experiment: Experiment, folder: Path, *, attribute: bool, json: bool) -> None:
    """Print the runs, model calls and tokens that remain; nothing is written, no model is called."""
    from evitrail.eval.attribution.before_runs import before_runs
    from evitrail.eval.experiment.estimate import estimate

    with progress("rehearsing") as told:
        rows = estimate(experiment, folder, told)
    after = before_runs(experiment, folder, rows) if attribute else None
    total = _total(rows)
    most = (total["calls_most"] or 0) + (after.calls_most if after else 0)
    if json:
        shown = [row.model_dump(mode="json") for row in rows]
        print_json(
            {
                "folder": str(folder),
                "cases": len(experiment.cases),
                "rows": shown,
                "total": total,
                "attribution": after._asdict() if after else None,
                "calls_most": most,
            }
        )
        return
    _table(folder, rows, total)
    if any(row.calls for row in rows):
        say(
            "at most: where a model's reply cannot be read it is asked again, and a judge is asked about each answer "
            "that is no single letter"
        )
    if after is not None and after.calls:
        say(_attribution(after))
    if most:
        say(
            f"in total at most {most:,} model calls, if the server draws all samples in one request and no request "
            "has to be repeated because it failed"
        )
    say("no model was asked, nothing was written")


def _total(rows: Sequence[Estimate]) -> dict[str, int | None]:
    limits = [row.answer_tokens for row in rows]
    return {
        "runs": sum(row.runs for row in rows),
        "calls": sum(row.calls for row in rows),
        "calls_most": sum(row.calls_most for row in rows),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "prompt_tokens_most": sum(row.prompt_tokens_most for row in rows),
        "answer_tokens": None if None in limits else sum(limit for limit in limits if limit is not None),
    }


def _table(folder: Path, rows: Sequence[Estimate], total: dict[str, int | None]) -> None:
    from evitrail.eval.plan.run_name import ReadCondition

    cells = [
        (
            str(ReadCondition(row.condition, row.label)),
            *_numbers(
                row.runs, row.calls, row.calls_most, row.prompt_tokens, row.prompt_tokens_most, row.answer_tokens
            ),
        )
        for row in rows
    ]
    print_table(
        f"{folder}: what is left to do",
        (
            "condition",
            "runs",
            "model calls",
            "at most",
            "prompt tokens",
            "prompt tokens at most",
            "answer tokens at most",
        ),
        [*cells, ("all", *_numbers(*total.values()))] if rows else [],
        empty="nothing",
        whole=True,
    )
    if counted := sorted({by for row in rows for by in row.counted_by}):
        say(f"prompt tokens: by {', '.join(counted)}; without what a chat template adds")
    if not all(row.exact for row in rows):
        say("not every run was rehearsed: where there are many, the others are taken to be like those that were")


def _attribution(after: BeforeRuns) -> str:
    """What attribution adds, if every run fails."""
    return (
        f"attribution, if every run fails: {after.replays:,} re-runs with at most {after.calls_most:,} model calls "
        f"({after.calls:,} where each is asked once); runs that do not fail take none. Leave it out with "
        "--no-attribute, and `evitrail attribute --dry-run` counts it once the runs have ended"
    )


def _numbers(*numbers: int | None) -> tuple[str | None, ...]:
    return tuple(None if number is None else f"{number:,}" for number in numbers)
