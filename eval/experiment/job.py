"""One run: begun or resumed, executed and recorded; what goes wrong with it is reported, never raised.

Rules kept here
- What any file of the experiment's folder holds of the run is not done again (``traces/journal/handover.py``).
- Once the sweep is to stop, the step in flight is the run's last: what it returned is in the journal, and the run
  resumes from there another time.
- Of what goes wrong in a run with patient data only the kind of error is reported: its text may hold some of it.

    execute(RunJob("standard.rad-001", config), partial(answer_by, store, reader), journal, stop)

Where and when a run is executed is decided by ``sweep.py`` and the engines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import NamedTuple, TypeVar

from evitrail.agent.llm.base import Completion, Unreachable
from evitrail.eval.log.run_config import RunConfig
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.handover import take_over
from evitrail.traces.journal.journal import Journal, JournalError
from evitrail.traces.record import Record
from evitrail.traces.run.live import Live, Run
from evitrail.traces.run.step_key import Paths, Task

T = TypeVar("T", bound=Record)


class RunJob(NamedTuple):
    """One run to do, as it can be handed to another process."""

    name: str
    config: RunConfig
    begun: bool = False
    """Whether some file of the folder may hold a part of it already."""

    @property
    def sensitive(self) -> bool:
        """Whether its case holds patient data."""
        return bool(self.config.case.sensitive)


class RunEnd(NamedTuple):
    """What became of a run."""

    fault: str | None = None
    """Why it could not be finished, in one line; None where it was."""
    unreachable: bool = False
    """Whether the fault is a model that did not answer."""
    tokens: int = 0
    """Tokens that models answered in it, where known; reused answers are not counted."""


Answerer = Callable[[RunConfig, Run], Record]
"""Answers what a run's config asks, each step recorded in the run it is given."""


class Stopped(BaseException):
    """The sweep is to stop; no fault of the step it is raised in, so nothing on the way may catch it as one."""


def execute(job: RunJob, answer: Answerer, journal: Journal, stop: Event) -> RunEnd:
    """Execute a run into this journal; raises ``Stopped`` once ``stop`` is set."""
    watched: Watched | None = None
    try:
        if job.begun:
            with Journals.open(journal.path.parent) as past:
                take_over(journal, past, job.name)
        live = Live.begin(journal, job.name, job.config, sensitive=job.sensitive)
        watched = Watched(live, stop)
        live.end(answer(job.config, watched))
    except Exception as error:
        return RunEnd(fault_of(job, error), isinstance(error, Unreachable), watched.tokens if watched else 0)
    return RunEnd(tokens=watched.tokens)


@dataclass
class Watched:
    """A run whose steps are not begun any more once the sweep is to stop, and whose tokens are counted."""

    run: Live
    stop: Event
    tokens: int = 0

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``."""
        if self.stop.is_set():
            raise Stopped
        before = self.run.executed
        said = self.run.step(task)
        if isinstance(said, Completion) and self.run.executed > before:
            self.tokens += said.completion_tokens or 0
        return said

    @property
    def paths(self) -> Paths:
        """See ``Run.paths``."""
        return self.run.paths


def fault_of(job: RunJob, error: Exception) -> str:
    """What went wrong, in one line; an error's text is withheld where patient data may be in it."""
    kind = type(error).__name__
    ours = isinstance(error, JournalError) or not job.sensitive
    return f"{kind}: {error}" if ours else f"{kind}: its words are withheld, they may hold patient data"
