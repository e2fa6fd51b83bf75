"""One run: begun or resumed, done, and recorded; what goes wrong with it is told, never raised.

Rules kept here
- What any file of the experiment's folder holds of the run is not done again (``traces/journal/handover.py``).
- Once the sweep is to stop, the step in flight is the run's last: what it returned is in the journal, and the run goes
  on from there another time.
- Of what goes wrong in a run with patient data only the kind is told: the words may hold some of it.

    done(Piece("standard.rad-001", config), partial(answer, …), journal, stop)

Which run is done where and when is no matter of this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any, NamedTuple, TypeVar

from evitrail.agent.llm.base import Completion, Unreachable
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
    config: Record
    sensitive: bool = False
    begun: bool = False
    """Whether some file of the folder may hold a part of it already."""


class RunEnd(NamedTuple):
    """What became of a run."""

    fault: str | None = None
    """Why it could not be finished, in one line; None where it was."""
    unreachable: bool = False
    """Whether the fault is a model that did not answer."""
    tokens: int = 0
    """What models said in it, in tokens, where they told; what was only remembered is not counted."""


Say = Callable[[Any, Run], Record]
"""What a run comes to: from its config, recorded in the run it is given."""


class Stopped(BaseException):
    """The sweep is to stop; no fault of the step it is raised in, so nothing on the way may catch it as one."""


def done(piece: RunJob, say: Say, journal: Journal, stop: Event) -> RunEnd:
    """Do a run into this journal; raises ``Stopped`` once ``stop`` is set."""
    watched: Watched | None = None
    try:
        if piece.begun:
            with Journals.open(journal.path.parent) as past:
                take_over(journal, past, piece.name)
        live = Live.begin(journal, piece.name, piece.config, sensitive=piece.sensitive)
        watched = Watched(live, stop)
        live.end(say(piece.config, watched))
    except Exception as error:
        return RunEnd(told(piece, error), isinstance(error, Unreachable), watched.tokens if watched else 0)
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


def told(piece: RunJob, error: Exception) -> str:
    """What went wrong, in one line; words that were said over patient data are not passed on."""
    kind = type(error).__name__
    ours = isinstance(error, JournalError) or not piece.sensitive
    return f"{kind}: {error}" if ours else f"{kind}: its words are withheld, they may hold patient data"
