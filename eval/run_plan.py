"""The front door: a plan in, its results out. The command line, a notebook and a server all come in here.

Rules kept here
- It prints nothing and logs nothing: whoever wants to follow it passes ``on_event`` (``events.py``).
- Nothing is written before everything is proven: the plan (``resolve.py``), and that its model servers answer.
- It resumes: what the folder holds is not done again, so calling it once more finishes what was cut short.

    results = run_plan(Plan(benchmark="eval/demo", store="evitrail-store", conditions=("standard", "gated")), "my-run")
    results.metrics[0]["accuracy"], results.report
    results.outcomes()
    results.find("high_risk cites:superseded")
    with results.trace("standard.radiology-003") as trace:
        [step.path for step in trace.activities]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evitrail.agent.reader import ExtractiveReader
from evitrail.eval.attribution import Blame
from evitrail.eval.attribution.blame_record import blame_folder, blames
from evitrail.eval.experiment.embed_together import embed_together
from evitrail.eval.experiment.events import (
    Attributing,
    CutShort,
    Excluded,
    Listener,
    Running,
    Skipped,
    ignore,
)
from evitrail.eval.experiment.experiment import Engine
from evitrail.eval.experiment.sweep import Failure
from evitrail.eval.log.cut_answers import cut_answers
from evitrail.eval.log.recorded_store import ledger_at
from evitrail.eval.log.runs import find_run, newer_runs, redacted, skips
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.plan.plan import PLAN, Plan, plan_at, settle
from evitrail.eval.plan.readers import probe_all, readers
from evitrail.eval.query.columns import Columns
from evitrail.eval.query.parse import parse
from evitrail.eval.query.select import select
from evitrail.eval.report.results import write_results
from evitrail.eval.resolve import absolute, opened
from evitrail.traces import Journals, Trace


@dataclass(frozen=True)
class Results:
    """What an experiment came to; what is large is read from its folder when it is asked for."""

    folder: Path
    metrics: tuple[Mapping[str, Any], ...]
    """The rows of ``metrics.json``: one for each condition, reader and store state."""
    unfinished: tuple[Failure, ...] = ()
    """The runs that could not be finished, each with the reason; running the plan again retries them."""
    excluded: Mapping[str, str] = field(default_factory=dict)
    """The conditions that were not run, each with the reason."""
    skipped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By condition, the reason for each question whose evidence does not fit the model."""
    redacted: int = 0
    """Runs that were redacted, which no number counts."""
    newer: int = 0
    """Runs that count and that no seal covers."""

    @property
    def report(self) -> Path:
        """The report, one HTML page."""
        return self.folder / "report.html"

    def outcomes(self) -> list[Outcome]:
        """Every finished run, scored."""
        return read_outcomes(self.folder / "outcomes.parquet")

    def find(self, query: str) -> list[str]:
        """The names of the runs that a query of ``docs/queries.md`` asks for; raises ``ValueError`` for a wrong one."""
        columns = Columns.of(self.folder)
        return [str(columns.names("run").at(place)) for place in select(parse(query), columns).runs]

    def blames(self) -> list[Blame]:
        """For every failed run that was attributed, which steps are to blame."""
        with Journals.open(self.folder) as journal:
            return blames(journal)

    @contextmanager
    def trace(self, run: str) -> Iterator[Trace]:
        """One recorded run, such as ``standard.radiology-003``, with its journal open; raises ``ValueError``."""
        with Journals.open(self.folder) as journal:
            yield find_run(journal, run)


def run_plan(
    plan: Plan | Path | str,
    folder: Path | str,
    *,
    on_event: Listener = ignore,
    attribute: bool = True,
    allow_code: bool = False,
    engine: Engine | None = None,
) -> Results:
    """Do every run that is not done yet, attribute the failures, write the results; ``plan`` may be a plan file.

    ``allow_code`` lets a plan bring a mask or retriever of its own; ``engine`` is who does the runs, None for threads
    of this process. Raises ``InputError`` for a plan that cannot be run, ``LLMError`` where a model server does not
    answer, ``Interrupted`` on Ctrl-C, ``Halted`` where the model server goes down on the way.
    """
    plan = absolute(plan) if isinstance(plan, Plan) else plan_at(Path(plan))
    folder = Path(folder)
    with opened(plan, folder, allow_code=allow_code, engine=engine) as experiment:
        if not (folder / PLAN).exists():
            probe_all(experiment.reader)
        every = readers(experiment.reader)
        if any(isinstance(reader, ExtractiveReader) for _, reader in every):
            embed_together(experiment.cases, experiment.conditions, experiment.store, on_event)
        excluded = experiment.excluded(experiment.cases)
        for condition, reason in excluded.items():
            on_event(Excluded(condition, reason))
        seq = experiment.store.seq if experiment.seq is None else experiment.seq
        settle(plan, folder, seq, ledger_at(experiment.store, seq))
        failures = experiment.run(folder, watch=lambda now: on_event(Running(*now)))
        if attribute:
            blame_folder(folder, experiment.store, every, lambda done, of: on_event(Attributing(done, of)))
    results = replace(results_in(folder), unfinished=tuple(failures), excluded=excluded)
    for condition, reasons in results.skipped.items():
        on_event(Skipped(condition, len(reasons), reasons[0]))
    with Journals.open(folder) as journal:
        for condition, answers in cut_answers(journal).items():
            on_event(CutShort(condition, *answers))
    if results.skipped and not results.metrics and not results.unfinished:
        raise ValueError(
            f"{folder}: expected a question that fits the model, got none; use fewer passages, or a model with a "
            "larger context window"
        )
    return results


def results_in(folder: Path | str) -> Results:
    """The results of the experiment in a folder: every result file is written again from the journal, and read."""
    folder = Path(folder)
    rows = write_results(folder)
    with Journals.open(folder) as journal:
        return Results(
            folder, tuple(rows), skipped=skips(journal), redacted=len(redacted(journal)), newer=len(newer_runs(journal))
        )
