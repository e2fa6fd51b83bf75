"""An experiment: cases times conditions gives runs; the journal keeps them, everything else is rebuilt from it.

Rules kept here
- A run is named ``condition.case``, or ``condition@reader.case`` where there are several readers. What is in the
  journal is not done again: an experiment that was killed is finished by running it again, and no step is repeated.
- Equal seeds give equal outcomes: ballots depend on the seed and the question, not on the order of work.
- A run that fails is reported and left unfinished; the others go on, unless it is the model server that is down.
- Runs are recorded in ``journal.db`` and, where other processes do them, in a ``journal-….db`` of each process. All of
  them are read as one, and one seal is put over all.
- A case with sensitive fields is masked before anything of it is written or asked, and one that cannot be masked
  is not asked at all. What its runs store can be redacted; of what goes wrong in them only the kind is told.
- A redacted run is not done again, and counts nowhere: its outcome cannot be read any more.

    experiment = Experiment(cases, [condition("standard"), condition("gated")], store, reader)
    experiment.run(folder)

What the runs came to is read back by ``eval/log/runs.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from evitrail.agent.model import Decoding
from evitrail.agent.reader.base import Reader
from evitrail.eval.dataset.case import Case
from evitrail.eval.dataset.identifiers import Identifiers
from evitrail.eval.dataset.masking import Mask, Unmasked, masked
from evitrail.eval.experiment.answer import answer_by
from evitrail.eval.experiment.job import RunJob
from evitrail.eval.experiment.order import in_order
from evitrail.eval.experiment.sweep import Executor, Failure, LocalExecutor, SweepProgress, sweep
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, as_recorded, finished_runs
from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.readers import Readers, at_once, readers
from evitrail.eval.plan.run_name import ReadCondition, RunName
from evitrail.eval.plan.store_state import states
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.audit.seal import seal
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.journal import Journal

UNSERVED = {
    "clean": "no case names evidence that decides it (clean_evidence)",
    "conflict": "no case names evidence that disagrees (conflict_evidence)",
    "report": "no case names a report; `evitrail freeze` writes them",
}
"""Why a condition that serves what cases name is excluded."""


Progress = Callable[[int, int], None]
"""Told how many runs are done, of how many."""


class Engine(Protocol):
    """Where runs are done, if not by threads of this process; see ``ray.py``."""

    def executor(self, folder: Path, in_flight: int) -> AbstractContextManager[Executor]:
        """Opened for one sweep of so many runs at once, recorded in journals of its own in this folder."""
        ...


@dataclass(frozen=True)
class Experiment:
    """What to run; ``run`` runs it into a folder."""

    cases: Sequence[Case]
    conditions: Sequence[Condition]
    store: EvidenceStore
    reader: Reader | Readers
    decoding: Decoding = field(default_factory=Decoding)
    seq: int | None = None
    """What had been recorded: the store's ledger sequence number; None for all of it."""
    in_flight: int | None = None
    """Runs under way at once; None leaves it to the reader (``at_once``). It decides nothing."""
    mask: Mask | None = field(default_factory=Identifiers)
    """Takes names out of sensitive fields; None asks and stores them as they stand."""
    engine: Engine | None = None
    """Who does the runs; None for threads of this process."""

    def run(
        self,
        folder: Path,
        progress: Progress = lambda done, of: None,
        watch: Callable[[SweepProgress], None] = lambda standing: None,
    ) -> list[Failure]:
        """Do every run that is not done yet, then seal the journal; returns the runs that failed.

        ``progress`` hears of each run that ended, ``watch`` also of those that are under way. Raises ``Interrupted``
        on Ctrl-C or SIGTERM, ``Halted`` where the model server is down; both say how far it came, and running it
        again resumes from there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        cases, failures = self.askable()
        jobs = self.jobs(cases)
        width = self.in_flight or at_once(self.reader)
        with Journal.open(folder / JOURNAL) as journal:
            with Journals.open(folder) as past:
                finished, begun = finished_runs(past), set(past.runs())
                jobs = self.jobs(as_recorded(cases, past))
            todo = [job._replace(begun=job.name in begun) for job in in_order(jobs) if job.name not in finished]
            if todo:
                here = nullcontext(LocalExecutor(partial(answer_by, self.store, self.reader), journal))
                with self.engine.executor(folder, width) if self.engine else here as executor:
                    failures += sweep(todo, executor, width, of=len(jobs), progress=progress, watch=watch)
            else:
                progress(len(jobs), len(jobs))
            with Journals.open(folder) as whole:
                seal(journal, over=whole)
        return sorted(failures)

    def jobs(self, cases: Sequence[Case]) -> list[RunJob]:
        """Every run there is to do with these cases, in the order of conditions, readers and cases.

        Conditions that are excluded are not among them. Raises ``ValueError`` where that is everything.
        """
        excluded = self.excluded(cases)
        recorded = states(self.conditions, self.store, self.seq)
        jobs = [
            RunJob(
                str(RunName(condition.name, label, case.id)),
                RunConfig(
                    case=state.asked(case),
                    condition=condition,
                    reader=repr(reader),
                    snapshot=state.snapshot,
                    seq=state.seq,
                    decoding=self.decoding,
                ),
            )
            for condition in self.conditions
            for state in [recorded[condition.snapshot]]
            for label, reader in readers(self.reader)
            if str(ReadCondition(condition.name, label)) not in excluded
            for case in cases
            if condition.serves(case)
        ]
        if cases and not jobs:
            raise ValueError("every condition is excluded: " + "; ".join(": ".join(each) for each in excluded.items()))
        twice = next((name for name, times in Counter(job.name for job in jobs).items() if times > 1), None)
        if twice is not None:
            raise ValueError(f"expected each run once, got {twice!r} twice; name each condition and case once")
        return jobs

    def excluded(self, cases: Sequence[Case]) -> dict[str, str]:
        """The conditions that are not run, each with why: its reader cannot hold it, or no case has what it serves."""
        return {
            str(ReadCondition(condition.name, label)): why
            for condition in self.conditions
            for label, reader in readers(self.reader)
            if (why := condition.lacking(reader) or _unserved(condition, cases))
        }

    def askable(self) -> tuple[list[Case], list[Failure]]:
        """The cases as they may be asked, and the runs that there can be none of."""
        asked, refused = [], []
        for case in self.cases:
            try:
                asked.append(masked(case, self.mask))
            except Unmasked as error:
                refused += [
                    Failure(str(RunName(condition.name, label, case.id)), f"Unmasked: {error}")
                    for condition in self.conditions
                    for label, _ in readers(self.reader)
                ]
        return asked, refused


def _unserved(condition: Condition, cases: Sequence[Case]) -> str | None:
    return UNSERVED[condition.curated] if condition.curated and not any(map(condition.serves, cases)) else None
