"""``evitrail run --dry-run``: what an experiment is going to ask of models, before it is spent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evitrail.workbench.cli.console import print_json, print_table, progress, say

if TYPE_CHECKING:
    from evitrail.eval.experiment.estimate import Estimate
    from evitrail.eval.experiment.experiment import Experiment


def show_estimate(experiment: Experiment, folder: Path, *, json: bool) -> None:
    """Print the runs, model calls and tokens that remain; nothing is written, no model is called."""
    from evitrail.eval.experiment.estimate import estimate

    with progress("rehearsing") as told:
        rows = estimate(experiment, folder, told)
    most = [row.answer_tokens for row in rows]
    total = {
        "runs": sum(row.runs for row in rows),
        "calls": sum(row.calls for row in rows),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "answer_tokens": None if None in most else sum(limit for limit in most if limit is not None),
    }
    if json:
        shown = [row.model_dump(mode="json") for row in rows]
        print_json({"folder": str(folder), "cases": len(experiment.cases), "rows": shown, "total": total})
    else:
        _table(folder, rows, total)


def _table(folder: Path, rows: Sequence[Estimate], total: dict[str, int | None]) -> None:
    from evitrail.eval.plan.run_name import ReadCondition

    cells = [
        (
            str(ReadCondition(row.condition, row.label)),
            *_numbers(row.runs, row.calls, row.prompt_tokens, row.answer_tokens),
        )
        for row in rows
    ]
    print_table(
        f"{folder}: what is left to do",
        ("condition", "runs", "model calls", "prompt tokens", "answer tokens at most"),
        [*cells, ("all", *_numbers(*total.values()))] if rows else [],
        empty="nothing",
        whole=True,
    )
    if counted := sorted({by for row in rows for by in row.counted_by}):
        say(f"prompt tokens: by {', '.join(counted)}; without what a chat template adds")
    if not all(row.exact for row in rows):
        say("not every run was rehearsed: where there are many, the others are taken to be like those that were")
    if any(row.calls for row in rows):
        say(
            "attribution asks models again for each run that fails, which is not in these numbers: run with "
            "--no-attribute, and `evitrail attribute --dry-run` counts it before it is spent"
        )
    say("no model was asked, nothing was written")


def _numbers(*numbers: int | None) -> tuple[str | None, ...]:
    return tuple(None if number is None else f"{number:,}" for number in numbers)
