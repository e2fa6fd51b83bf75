"""An experiment: cases times conditions gives runs; the journal keeps them, everything else is rebuilt from it.

Rules kept here
- A run is named ``condition.case``. What is in the journal is not done again: an experiment that was
  killed is finished by running it again, and no step is repeated.
- Outcomes are read from the journal, never from memory, so a report is the same whenever it is made.
- Equal seeds give equal outcomes: ballots depend on the seed and the question, not on the order of work.
- A run that fails is reported and left unfinished; the others go on.
- A case with sensitive fields is masked before anything of it is written or asked, and one that cannot be masked
  is not asked at all. What its runs store can be redacted; of what goes wrong in them only the kind is told.
- A redacted run is not done again, and counts nowhere: its outcome cannot be read any more.

    experiment = Experiment(cases, [condition("standard"), condition("gated")], store, reader)
    experiment.run(folder)
    outcomes(journal)

Time spent is in ``timings``, apart from outcomes, because a clock decides it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from agent.model import Answer, Decoding
from agent.reader.base import Reader
from agent.tools import Tools
from eval.benchmark import Case
from eval.condition import Condition
from eval.engine.threads import run_all
from eval.identifiers import Identifiers
from eval.masking import Mask, Unmasked, masked
from eval.outcome import Outcome, score
from evidence_store.embed_cache import apart
from evidence_store.snapshot import Snapshot
from evidence_store.store import EvidenceStore
from traces.elsewhere import recorded_elsewhere
from traces.integrity import SEAL_RUN, seal
from traces.journal import Journal, JournalError
from traces.log import get_logger
from traces.record import Record
from traces.redacted import redacted_runs
from traces.run import Live, Run
from traces.trace import Trace
from traces.view import JournalView, Redaction

JOURNAL = "journal.db"

log = get_logger()


class RunConfig(Record):
    """All that decides a run, stored at its beginning."""

    case: Case
    condition: Condition
    reader: str
    snapshot: str
    """What the store had recorded, whatever day is asked of: the same for all cases of an experiment."""
    seq: int
    """The ledger sequence number of that."""
    decoding: Decoding


class Job(NamedTuple):
    """One run to do, and the snapshot it is to be done on."""

    config: RunConfig
    snapshot: Snapshot

    @property
    def name(self) -> str:
        return f"{self.config.condition.name}.{self.config.case.id}"


class Failure(NamedTuple):
    """A run that could not be finished."""

    run: str
    error: str


Progress = Callable[[int, int], None]
"""Told how many runs are done, of how many."""


@dataclass(frozen=True)
class Experiment:
    """What to run; ``run`` runs it into a folder."""

    cases: Sequence[Case]
    conditions: Sequence[Condition]
    store: EvidenceStore
    reader: Reader
    decoding: Decoding = field(default_factory=Decoding)
    seq: int | None = None
    """What had been recorded: the store's ledger sequence number; None for all of it."""
    workers: int = 2
    mask: Mask | None = field(default_factory=Identifiers)
    """Takes names out of sensitive fields; None asks and stores them as they stand."""

    def run(self, folder: Path, progress: Progress = lambda done, of: None) -> list[Failure]:
        """Do every run that is not done yet, then seal the journal; returns the runs that failed."""
        folder.mkdir(parents=True, exist_ok=True)
        cases, failures = self._masked()
        jobs = self.jobs(cases)
        with Journal.open(folder / JOURNAL) as journal:
            finished = {trace.run for trace in traces(journal) if trace.ended} | redacted_runs(journal).keys()
            todo = [job for job in jobs if job.name not in finished]
            left = len(todo)
            progress(len(jobs) - left, len(jobs))

            def do(job: Job) -> None:
                run = Live.begin(journal, job.name, job.config, sensitive=bool(job.config.case.sensitive))
                run.end(answer(job.config, job.snapshot, self.reader, run))

            def heard(job: Job, error: Exception | None) -> None:
                nonlocal left
                left -= 1
                if error is not None:
                    failures.append(Failure(job.name, _told(job, error)))
                    log.info("run failed", run=job.name, error=failures[-1].error)
                progress(len(jobs) - left, len(jobs))

            run_all(todo, do, workers=self.workers, finished=heard)
            seal(journal)
        return sorted(failures)

    def jobs(self, cases: Sequence[Case]) -> list[Job]:
        """Every run there is to do with these cases, in the order of conditions and cases."""
        recorded = self.store.snapshot(seq=self.seq)
        days = {case.as_of: self.store.snapshot(as_of=case.as_of, seq=recorded.seq) for case in cases}

        def config(case: Case, condition: Condition) -> RunConfig:
            return RunConfig(
                case=case,
                condition=condition,
                reader=repr(self.reader),
                snapshot=recorded.id,
                seq=recorded.seq,
                decoding=self.decoding,
            )

        jobs = [Job(config(case, arm), days[case.as_of]) for arm in self.conditions for case in cases]
        twice = next((name for name, times in Counter(job.name for job in jobs).items() if times > 1), None)
        if twice is not None:
            raise ValueError(f"expected each run once, got {twice!r} twice; name each condition and case once")
        return jobs

    def _masked(self) -> tuple[list[Case], list[Failure]]:
        """The cases as they may be asked, and the runs that there can be none of."""
        asked, refused = [], []
        for case in self.cases:
            try:
                asked.append(masked(case, self.mask))
            except Unmasked as error:
                refused += [Failure(f"{arm.name}.{case.id}", f"Unmasked: {error}") for arm in self.conditions]
        return asked, refused


def answer(config: RunConfig, snapshot: Snapshot, reader: Reader, run: Run) -> Answer:
    """What the configured agent says: recorded, verified or forked, as ``run`` decides."""
    return said_with(config, config.condition.tools(config.case, run, snapshot, reader, config.decoding))


def said_with(config: RunConfig, tools: Tools) -> Answer:
    """What the configured agent says with these tools; nothing of patient data is kept beside the run."""
    with apart() if config.case.sensitive else nullcontext():
        return config.condition.steps.answer(config.case.question, tools)


def traces(journal: JournalView) -> Iterator[Trace]:
    """The runs of an experiment that can be read, by name.

    Forks, seals, redacted runs and those that were recorded elsewhere are not among them.
    """
    gone = redacted_runs(journal)
    for name in journal.runs():
        trace = Trace(journal, name)
        if name != SEAL_RUN and trace.parent is None and name not in gone and not recorded_elsewhere(trace):
            yield trace


def redacted(journal: JournalView) -> dict[str, Redaction]:
    """The runs of an experiment that were redacted, each with what is on record of it."""
    found = redacted_runs(journal)
    return {name: said for name, said in found.items() if Trace(journal, name).parent is None}


def outcomes(journal: JournalView) -> list[Outcome]:
    """Every finished run, scored."""
    ended = ((trace, trace.output(Answer)) for trace in traces(journal))
    return [outcome_of(trace.run, trace.config(RunConfig), said) for trace, said in ended if said is not None]


def outcome_of(run: str, config: RunConfig, said: Answer) -> Outcome:
    """One answer, scored against its case."""
    case = config.case
    return score(
        run=run,
        case=case.id,
        condition=config.condition.name,
        reader=config.reader,
        snapshot=config.snapshot,
        answer=case.answer,
        options=len(case.options),
        labels=case.labels,
        chosen=said.option,
        ballots=said.ballots.votes,
        stale_option=case.stale_option,
        cited=sorted({citation.evidence for citation in said.citations}),
    )


def _told(job: Job, error: Exception) -> str:
    """What went wrong, in one line; words that were said over patient data are not passed on."""
    kind = type(error).__name__
    ours = isinstance(error, JournalError) or not job.config.case.sensitive
    return f"{kind}: {error}" if ours else f"{kind}: its words are withheld, they may hold patient data"
