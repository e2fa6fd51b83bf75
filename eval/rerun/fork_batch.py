"""Many forks, one after the other: each recorded whole or not at all, and reported as soon as it is done.

Rules kept here
- A fork is done step by step in ``draft``, a journal file that is no part of the experiment, and moved into the
  experiment's own file once it has ended. So a killed or cancelled batch leaves no half run in the experiment, and the
  next one goes on at the step it reached.
- The workbench's own file is ``journal-workbench.db``: a sweep that is under way has ``journal.db`` to itself.
- What is on record already, in any file, is not done again. All is sealed at the end, however it ends.
- A run that cannot be forked is reported in one line, and the others go on; a model server that fails ends the batch.

    with batch(folder, draft) as forks:
        for run in runs:
            forks.fork(run, variant, stop)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

from evitrail.agent.llm.base import Unreachable
from evitrail.agent.model import Answer
from evitrail.eval.log.runs import find_run, outcome_of, reviewed_outcome
from evitrail.eval.plan.run_name import change_text
from evitrail.eval.rerun.fork import fork, root_config
from evitrail.eval.rerun.fork_estimate import expect_forkable
from evitrail.eval.rerun.fork_result import ForkedStep, ForkEnd, ForkResult
from evitrail.eval.rerun.fork_variant import ForkVariant, fork_of
from evitrail.eval.rerun.reopened import Reopened, reopened
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.handover import take_over
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.live import BlockedEffect
from evitrail.traces.trace import Trace

WORKBENCH_JOURNAL = "journal-workbench.db"
"""The journal file that the workbench writes into, beside those of the experiment."""


class ForkBatch:
    """See the module."""

    def __init__(self, again: Reopened, draft: Journal, into: Journal) -> None:
        self._again, self._draft, self._into = again, draft, into
        others = [file for file in again.past.files if file.path.name != into.path.name]
        self.recorded = Journals(again.past.path, (*others, into))
        """All that the experiment has."""
        self._past = Journals(again.past.path, (*others, into, draft))

    def fork(self, run: str, variant: ForkVariant, place: int, stop: Event) -> ForkResult:
        """Do one; raises ``Stopped`` once ``stop`` is set, ``JournalError`` where nothing can be written."""
        try:
            return self._done(run, variant, place, stop)
        except (Unreachable, JournalError) as error:
            if isinstance(error, BlockedEffect):
                return ForkResult(run=run, variant=place, fault=str(error))
            raise
        except Exception as error:  # of one run: the others go on
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            return ForkResult(run=run, variant=place, fault=" ".join(f"{kind}{error}".split()))

    def _done(self, run: str, variant: ForkVariant, place: int, stop: Event) -> ForkResult:
        begun = perf_counter()
        parent = find_run(self._past, run)
        expect_forkable(parent)
        what = fork_of(parent, variant)
        done = fork(self._draft, what, self._again.store, self._again.readers, past=self._past, stop=stop)
        there = bool(self.recorded.records(done.run)) and Trace(self.recorded, done.run).ended
        if not there:
            take_over(self._into, self._past, done.run)
        config, said = root_config(parent), parent.output(Answer)
        own = parent.parent is None
        before = said and (reviewed_outcome(parent, said) if own else outcome_of(run, config, said))
        return ForkResult(
            run=run,
            variant=place,
            fork=done.run,
            change=change_text(what.changes),
            answer=config.case.answer,
            before=ForkEnd.of(before) if before else None,
            after=ForkEnd.of(outcome_of(done.run, config, done.answer)),
            steps=tuple(ForkedStep(**step._asdict()) for step in done.checked),
            executed=done.executed,
            reused=done.reused,
            there=there,
            seconds=round(perf_counter() - begun, 3),
        )


@contextmanager
def batch(folder: Path, draft: Path, **how: Any) -> Iterator[ForkBatch]:
    """Forks of an experiment's runs, drafted in the file ``draft``; ``how`` is for ``reopened``."""
    with (
        reopened(folder, **how) as again,
        Journal.open(folder / WORKBENCH_JOURNAL) as into,
        Journal.open(draft) as drafted,
    ):
        forks = ForkBatch(again, drafted, into)
        try:
            yield forks
        finally:
            if into.runs():
                seal(into, over=forks.recorded)
