"""A job as it is shown: its state, the totals of each of its variants, and its results.

Rules kept here
- A tally counts forks against their own parents: those that turned right, turned wrong, or chose another option.
- A fork that could not be made is counted as failed, and nowhere else.

    job_view(record, exp="demo", state="running", after=0, most=500)
"""

from __future__ import annotations

from typing import Any

from evitrail.eval.rerun.fork_result import ForkResult
from evitrail.eval.rerun.fork_variant import ForkVariant
from evitrail.traces.record import Record
from evitrail.workbench.api.jobs.file import Job, JobRecord, State


class Tally(Record):
    """The totals of the forks of one variant."""

    label: str
    done: int = 0
    turned_right: int = 0
    """Wrong before, right now; an abstention is not right."""
    turned_wrong: int = 0
    """Right before, not right now."""
    stayed_right: int = 0
    stayed_wrong: int = 0
    other_option: int = 0
    """Those that chose another option, whatever it is worth."""
    high_risk_before: int = 0
    high_risk_after: int = 0
    failed: int = 0
    """Runs that could not be forked so."""


class JobView(Record):
    """The present state of a job."""

    id: str
    exp: str
    title: str
    kind: str
    state: State
    asked: str
    by: str
    """Who asked for it, by their token; empty where nobody signs in."""
    of: str
    query: str | None
    runs: int
    variants: tuple[ForkVariant, ...]
    forks: int
    """How many were requested."""
    done: int
    """How many have ended, failed ones included."""
    failed: int
    tallies: tuple[Tally, ...]
    """The totals of each variant."""
    note: str = ""
    """Why it failed, or what it is doing."""
    changed_by: str = ""
    """Who cancelled or resumed it, by their token; empty where nobody signs in, or nobody did."""
    ahead: int = 0
    """Jobs before it, while it waits."""
    change: int = 0
    """The number of the last change of any job; see ``Jobs.wait``."""
    results: tuple[ForkResult, ...] = ()
    next: int | None = None
    """What to ask for with ``after`` for more results that are there already."""


def job_view(record: JobRecord, *, exp: str, state: State, after: int, most: int, **more: Any) -> JobView:
    """A job with at most so many results, from the one numbered ``after`` on."""
    job, results = record.job, list(record.results.values())
    return JobView(
        id=job.id,
        exp=exp,
        title=job.title,
        kind=job.kind,
        state=state,
        asked=job.asked,
        by=job.by,
        of=job.of,
        query=job.query,
        runs=len(job.runs),
        variants=job.variants,
        forks=job.forks,
        done=len(results),
        failed=sum(bool(result.fault) for result in results),
        tallies=tuple(_tally(place, job, results) for place in range(len(job.variants))),
        note=next((event.note for event in reversed(record.events) if event.state), ""),
        changed_by=next((event.by for event in reversed(record.events) if event.by), ""),
        results=tuple(results[after : after + most]),
        next=after + most if most and len(results) > after + most else None,
        **more,
    )


def _tally(place: int, job: Job, results: list[ForkResult]) -> Tally:
    mine = [result for result in results if result.variant == place]
    pairs = [(result.before, result.after) for result in mine if result.before and result.after]
    return Tally(
        label=job.variants[place].label,
        done=len(mine),
        turned_right=sum(after.correct and not before.correct for before, after in pairs),
        turned_wrong=sum(before.correct and not after.correct for before, after in pairs),
        stayed_right=sum(before.correct and after.correct for before, after in pairs),
        stayed_wrong=sum(not before.correct and not after.correct for before, after in pairs),
        other_option=sum(before.option != after.option for before, after in pairs),
        high_risk_before=sum(bool(before.high_risk) for before, _ in pairs),
        high_risk_after=sum(bool(after.high_risk) for _, after in pairs),
        failed=sum(bool(result.fault) for result in mine),
    )
