"""What attribution will take once an experiment's runs have ended: told before any of them has begun.

Rules kept here
- Nobody knows which runs will fail, so it is taken that all do, each in as many ways as one answer can. What is told
  is a most, as far as attribution's own count (``pending.py``) is right; runs that succeed take nothing.
- Runs are rehearsed into a journal in memory and counted there by attribution itself. No model is asked, and nothing
  is written.
- Of each condition and reader at most ``REHEARSED`` runs are rehearsed; the others are taken to be like them.
- Where a run may ask again for what it cannot read, so may its re-runs, in the same proportion.

    before_runs(experiment, folder, estimate(experiment, folder)).calls_most
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.model import Answer, Ballots
from evitrail.eval.attribution.blame import FAILS
from evitrail.eval.attribution.pending import Expected, expected
from evitrail.eval.experiment.answer import answer_by
from evitrail.eval.experiment.dry_run import Rehearsal
from evitrail.eval.experiment.estimate import Estimate, asks, left, spread
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.experiment.job import RunJob
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.plan.readers import readers
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.live import Live


class BeforeRuns(NamedTuple):
    """What the attribution of an experiment will take, if every run fails."""

    replays: int
    calls: int
    """Of models, where each is asked once."""
    calls_most: int
    """Of models, where each is asked again."""


def before_runs(experiment: Experiment, folder: Path, rows: Sequence[Estimate]) -> BeforeRuns:
    """Of the runs that are left, and of those that have ended and are not attributed; ``rows`` are their estimates."""
    groups: dict[tuple[str, str], list[RunJob]] = {}
    for job in left(experiment, folder):
        if asks(experiment, job):
            groups.setdefault((job.config.condition.name, job.config.reader), []).append(job)
    again = {(row.condition, row.reader): row.calls_most / row.calls for row in rows if row.calls}
    found = [(_group(experiment, jobs), again.get(name, 1.0)) for name, jobs in groups.items()]
    if any(folder.glob("journal*.db")):
        with Journals.open(folder) as journal:
            found.append(
                (expected(journal, experiment.store, readers(experiment.reader)), max(again.values(), default=1.0))
            )
    return BeforeRuns(
        sum(one.replays for one, _ in found),
        sum(one.calls for one, _ in found),
        sum(math.ceil(one.calls * more) for one, more in found),
    )


def _group(experiment: Experiment, jobs: Sequence[RunJob]) -> Expected:
    """Of the runs of one condition with one reader."""
    some = spread(jobs)
    with Journal.in_memory() as journal, apart():
        for job in some:
            live = Live.begin(journal, job.name, job.config, sensitive=job.sensitive)
            run = Rehearsal(_worst(job), into=live)
            live.end(answer_by(experiment.store, experiment.reader, job.config, run))
        told = expected(journal, experiment.store, readers(experiment.reader))
    return Expected(*(math.ceil(number * len(jobs) / len(some)) for number in told))


def _worst(job: RunJob) -> str:
    """The option that fails in most ways, the first of several."""

    def ways(letter: str) -> int:
        votes = (letter,) * job.config.decoding.samples
        ballots = Ballots(votes=votes, temperature=job.config.decoding.temperature, seed=job.config.decoding.seed)
        said = Answer(question=job.config.case.id, option=letter, reason="", ballots=ballots, citations=())
        outcome = outcome_of(job.name, job.config, said)
        return sum(bool(fails(outcome)) for fails in FAILS.values())

    return max(sorted(job.config.case.options), key=ways)
