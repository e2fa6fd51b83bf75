"""Re-checking: the words that runs were answered in, confirmed again by another checker.

Rules kept here
- A re-check is a fork of the run at its check: nothing is read, chosen or drawn again. What was confirmed before stays
  on record, and from then on the re-check counts (``latest_check.py``).
- A judge that was killed resumes where it was: a re-check that ended is not done again, and no words are judged twice.
- Runs whose reader names its option itself have nothing to be checked, nor have those that were skipped.
- A judge that does not answer leaves its runs as they were; when it is down, nothing more is asked of it.

    recheck(folder, store, reader, "openai:mistral-small@http://127.0.0.1:8000")
    write_results(folder)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import NamedTuple

from evitrail.agent.llm.availability import concurrency_of
from evitrail.agent.llm.base import Unreachable
from evitrail.agent.model import Answer
from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.checking.judge import checker_named
from evitrail.eval.experiment.job import RunEnd, RunJob, Stopped, fault_of
from evitrail.eval.experiment.sweep import Failure, sweep
from evitrail.eval.log.latest_check import rechecks
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.readers import Readers, readers
from evitrail.eval.rerun.fork import fork, forking
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.after_end import RECHECK
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal
from evitrail.traces.trace import Trace


class Rechecked(NamedTuple):
    """What was done."""

    runs: tuple[str, ...]
    """The runs whose re-check counts now."""
    failures: tuple[Failure, ...]


def recheck(
    folder: Path,
    store: EvidenceStore,
    reader: Reader | Readers,
    spec: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Rechecked:
    """Check every finished run's words again by ``spec`` (``rule``, or a model by its name), then seal the journal.

    Raises ``ValueError`` where there is nothing to check or no such checker, ``Halted`` where the judge is down.
    """
    checker = checker_named(spec)
    width = concurrency_of(checker)
    with Journal.open(folder / JOURNAL) as journal, Journals.open(folder) as past:
        todo = [trace for trace in traces(past) if check_in(trace) is not None]
        if not todo:
            raise ValueError(f"{folder}: expected runs whose words were checked, found none; there is nothing to judge")
        jobs = [RunJob(trace.run, trace.config(RunConfig)) for trace in todo]
        number = 1 + max((number for _, _, number in rechecks(past)), default=0)
        executor = Forks(journal, store, readers(reader), spec, number)
        try:
            failures = sweep(jobs, executor, min(width, len(jobs)), of=len(jobs), progress=progress)
        finally:
            seal(journal, over=past)
        failed = {failure.run for failure in failures}
        return Rechecked(tuple(job.name for job in jobs if job.name not in failed), tuple(sorted(failures)))


def check_in(trace: Trace) -> str | None:
    """The step of a run in which its words were checked; None where none were, or it was skipped."""
    said, step = trace.output(Answer), trace.last("check")
    return step.path if step and said and not said.skipped else None


@dataclass(frozen=True)
class Forks:
    """Does each re-check as a fork; keeps ``Doing``."""

    journal: Journal
    store: EvidenceStore
    readers: Readers
    spec: str
    number: int
    """Higher than that of any re-check before."""
    stopped: Event = field(default_factory=Event)

    def do(self, job: RunJob) -> RunEnd:
        """See ``Doing.do``."""
        if self.stopped.is_set():
            raise Stopped
        try:
            with Journals.open(self.journal.path.parent) as past:
                what = forking(trace := Trace(past, job.name), check_in(trace), {"judge": self.spec})
                forked = fork(self.journal, what, self.store, self.readers, past=past)
            self.journal.append(forked.run, RECHECK, {"number": self.number})
        except Exception as error:
            return RunEnd(fault_of(job, error), isinstance(error, Unreachable))
        return RunEnd()

    def stop(self) -> None:
        """See ``Doing.stop``."""
        self.stopped.set()
