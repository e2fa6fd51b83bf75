"""A sweep: runs handed out until all have ended, somebody interrupts, or the model server is down.

Rules kept here
- Ctrl-C and SIGTERM end it as ``Interrupted``: the steps in flight may return, nothing else is begun.
- A model that does not answer (``Unreachable``, after the client's own attempts) fails its run. As many such runs in a
  row as are under way at once mean that the server is down: then nothing more is handed out, and it ends as ``Halted``
  rather than failing thousands of runs one after another.
- What was done until then is in the journal, and the same sweep resumes from there.

    failures = sweep(jobs, LocalExecutor(answer, journal), in_flight=64, of=len(jobs))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import NamedTuple, Protocol

from evitrail.eval.experiment.job import Answerer, RunEnd, RunJob, execute
from evitrail.eval.experiment.threads import WorkerThreads, terminable
from evitrail.traces.journal.journal import Journal
from evitrail.traces.log import get_logger

LOGGED = 60.0
"""Seconds between two log lines on how far it is."""

log = get_logger()


class Failure(NamedTuple):
    """A run that could not be finished."""

    run: str
    error: str


class SweepProgress(NamedTuple):
    """How far a sweep is."""

    done: int
    """Runs that are finished, those that were so before it began included."""
    of: int
    failed: int = 0
    in_flight: int = 0
    tokens: int = 0
    """What models said in runs that ended in this sweep."""


class Interrupted(KeyboardInterrupt):
    """Somebody stopped the sweep; the message says how far it came."""


class Halted(ValueError):
    """The sweep stopped by itself: the model server is down. The message says how far it came."""


class Executor(Protocol):
    """Where runs are done."""

    def do(self, job: RunJob) -> RunEnd:
        """Do one, on the thread that calls; raises where no run can be done any more."""
        ...

    def stop(self) -> None:
        """Begin no more steps."""
        ...


@dataclass(frozen=True)
class LocalExecutor:
    """Runs are done on the threads that ask for it, all into one journal."""

    answer: Answerer
    journal: Journal
    stopped: Event = field(default_factory=Event)

    def do(self, job: RunJob) -> RunEnd:
        """See ``Executor.do``."""
        return execute(job, self.answer, self.journal, self.stopped)

    def stop(self) -> None:
        """See ``Executor.stop``."""
        self.stopped.set()


def sweep(
    jobs: Sequence[RunJob],
    executor: Executor,
    in_flight: int,
    *,
    of: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
    watch: Callable[[SweepProgress], None] = lambda standing: None,
) -> list[Failure]:
    """Do all of these runs, which are what is left to do ``of`` so many; returns those that failed."""
    failures: list[Failure] = []
    before, silent, tokens, ended_here = of - len(jobs), 0, 0, 0
    logged = monotonic()

    def progress_now() -> SweepProgress:
        finished = before + ended_here - len(failures)
        return SweepProgress(finished, of, len(failures), workers.under_way, tokens)

    def note(job: RunJob, ended: RunEnd) -> None:
        nonlocal silent, tokens, ended_here
        ended_here, tokens = ended_here + 1, tokens + ended.tokens
        silent = silent + 1 if ended.unreachable else 0
        if ended.fault is not None:
            failures.append(Failure(job.name, ended.fault))
            log.info("run failed", run=job.name, error=ended.fault)

    workers = WorkerThreads(jobs, executor.do, in_flight, executor.stop)
    try:
        with terminable(), workers:
            progress(before, of)
            watch(progress_now())
            for job, ended in workers:
                note(job, ended)
                progress(before + ended_here, of)
                watch(progress_now())
                if monotonic() - logged > LOGGED:
                    logged = monotonic()
                    log.info("sweep", **progress_now()._asdict())
                if silent >= in_flight:
                    raise Halted(ended.fault)
    except (KeyboardInterrupt, Halted) as error:
        for job, ended in workers.rest():
            note(job, ended)
        far = f"{progress_now().done} of {of} runs are done"
        if isinstance(error, Halted):
            raise Halted(f"the model server is down ({error}); {far}, run the same command to resume") from error
        raise Interrupted(far) from error
    return failures
