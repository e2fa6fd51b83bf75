"""Forks as requested in the workbench: which runs, what to change, what it costs, and the job that does it.

Rules kept here
- A request is resolved before a job begins: the runs are named, and the variants are checked against the first.
- A job that costs much is begun only once somebody has confirmed what was estimated.
- Where the store is not available, or the plan names code of its own, nothing is begun; pages can still be read.

    asked = AskedForks(run="standard.radiology-003", variants=(ForkVariant(changes={"retriever": "clean"}),))
    estimate(folder, asked).calls
    begin(jobs, "evitrail-demo:experiment", folder, asked)
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from evitrail.eval.plan.plan import plan_in
from evitrail.eval.plan.run_name import change_text
from evitrail.eval.rerun.fork_estimate import ForkEstimate, estimate_forks
from evitrail.eval.rerun.fork_variant import ForkVariant, expect_known
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record
from evitrail.workbench.api.jobs.file import Job, new_id, now
from evitrail.workbench.api.jobs.fork_choices import expect_run, why_not
from evitrail.workbench.api.jobs.jobs import Jobs, NotNow
from evitrail.workbench.api.jobs.view import JobView
from evitrail.workbench.api.runs.runs import runs_meant

MOST_VARIANTS = 20


class AskedForks(Record, defer_build=False):
    """Which runs to fork, and with what."""

    run: str = Field(description="The run that is looked at.")
    query: str | None = Field(
        default=None,
        description="A query for other runs to fork instead; without it, that run alone is forked.",
        max_length=4000,
    )
    variants: tuple[ForkVariant, ...] = Field(
        min_length=1, max_length=MOST_VARIANTS, description="The changes; each is a fork of its own."
    )
    confirmed: bool = Field(default=False, description="Whether somebody agreed to a cost above the limit.")


def estimate(folder: Path, asked: AskedForks) -> ForkEstimate:
    """What it would cost; nothing is written."""
    _settled(folder, asked)
    with Journals.open(folder) as past:
        expect_run(past, asked.run)
        return estimate_forks(past, _runs(folder, asked), asked.variants)


def begin(jobs: Jobs, exp: str, folder: Path, asked: AskedForks, *, by: str = "") -> JobView:
    """Begin a job; raises ``NotNow`` where it has to be confirmed first, or cannot be done now.

    ``by`` is who is signed in.
    """
    if refused := why_not(folder):
        raise NotNow(refused)
    runs, cost = _runs(folder, asked), estimate(folder, asked)
    if cost.unforkable and not cost.forks + cost.there:
        raise ValueError(cost.named[0].why)
    if cost.asks_again and not asked.confirmed:
        raise NotNow(f"expected confirmed: true for a job of {cost.asks_again}")
    labelled = tuple(one if one.label else one.model_copy(update={"label": _label(one)}) for one in asked.variants)
    job = Job(
        id=new_id(),
        title=_title(asked, labelled, len(runs)),
        asked=now(),
        runs=tuple(runs),
        of=asked.run,
        query=asked.query,
        variants=labelled,
        by=by,
    )
    return jobs.submit(exp, job)


def _settled(folder: Path, asked: AskedForks) -> None:
    plan = plan_in(folder)
    for variant in asked.variants:
        expect_known(variant, plan)


def _runs(folder: Path, asked: AskedForks) -> list[str]:
    if asked.query is None:
        return [asked.run]
    found = [run for run in runs_meant(folder, asked.query) if run != asked.run]
    if not found:
        raise ValueError(f"query: expected other runs than {asked.run!r}, {asked.query!r} finds none")
    return found


def _title(asked: AskedForks, variants: tuple[ForkVariant, ...], runs: int) -> str:
    what = variants[0].label if len(variants) == 1 else f"{len(variants)} changes"
    return f"{asked.run}: {what}" if asked.query is None else f"{runs} runs of {asked.query}: {what}"


def _label(variant: ForkVariant) -> str:
    if variant.without:
        return f"without {', '.join(variant.without)}"
    return f"choose {variant.choose}" if variant.choose is not None else change_text(variant.changes)
