"""The list of an exported file: its runs as a column pack, with all that is known of each.

Rules kept here
- The columns are those of the results (``eval/report/run_columns.py``) and mean the same, so one filter serves both.
- They are read from the same blobs as the file holds. Of a run for which nothing of this is known (another kind of
  configuration, patient data that stays out, damage) the row has its name alone: unknown is never "wrong".
- Unlike results the list holds forks, with their parent's question, and redacted runs; a flag says so of each.
- Outcomes are of the answer that the run itself recorded, and of labels and blame as reviewers overrode them.

    run_pack(journal, ["standard.radiology-003"], shown=lambda blob: True)
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from evitrail.agent.model import Answer
from evitrail.eval.attribution.record.reviewed_blame import counting_blames
from evitrail.eval.log.reviews import reviewed_labels
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.run_evidence import JournalEvidence, RunEvidence
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.log.scored_runs import scored_runs
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import outcomes_schema
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.query.columns import Columns
from evitrail.eval.report.questions_file import questions_table
from evitrail.eval.report.run_columns import columns_of_run
from evitrail.eval.report.timings_file import timing, timings_schema
from evitrail.traces.journal.after_end import ATTRIBUTION
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace
from evitrail.workbench.api.runs.pack import packed

Shown = Callable[[str], bool]
"""Which blobs the file holds."""
UNREADABLE = (JournalError, ValueError, KeyError, TypeError, AttributeError)
"""What is raised by a run that another version wrote, or that is damaged: its records are shown all the same."""


@dataclass
class _Read:
    """The cells of a run from its record, without those that cannot be read."""

    trace: Trace
    config: RunConfig | None = None
    met: RunEvidence | None = None
    outcome: Outcome | None = None
    cells: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)


def run_pack(journal: JournalView, runs: Sequence[str], shown: Shown) -> bytes:
    """The pack of these runs, in the order of their names, not compressed."""
    import pyarrow as pa

    evidence, gone = JournalEvidence(journal), redacted_runs(journal)
    read = [_read(Trace(journal, run, checked=False), evidence, shown) for run in sorted(runs)]
    cases = {each.config.case.id: each.config.case.covered for each in read if each.config}
    scored = {one.outcome.run: one for one in scored_runs([r.outcome for r in read if r.outcome], journal, cases)}
    for each in read:  # all were read before: what they met tells what each version was worth
        each.cells["redacted"] = each.trace.run in gone
        if each.config and each.met and each.outcome:
            with suppress(*UNREADABLE):
                each.cells |= _beside(each, each.config, each.met, scored[each.trace.run], evidence, shown)
    schema = outcomes_schema()
    for name in ("fork", "redacted"):
        schema = schema.append(pa.field(name, pa.bool_()))
    steps = pa.Table.from_pylist([step for each in read for step in each.steps], schema=timings_schema())
    rows = pa.Table.from_pylist([each.cells for each in read], schema=schema)
    return gzip.decompress(packed(Columns(rows, questions_table(cases.values()), steps)).data)


def _read(trace: Trace, evidence: JournalEvidence, shown: Shown) -> _Read:
    read = _Read(trace, cells={"run": trace.run})
    with suppress(*UNREADABLE):
        read.cells["fork"] = trace.parent is not None
        config = _config(trace, shown)
        if config is None:
            return read
        read.met = evidence.of(trace, config)
        case, said = config.case, _answer(trace, shown)
        read.steps = [timing(trace, step) for step in trace.activities]
        read.cells |= {"case": case.id, "condition": config.condition.name, "answer": case.answer, "day": case.as_of}
        read.cells |= {"reader": config.reader, "snapshot": config.snapshot, "subspecialty": case.subspecialty}
        if said and not said.skipped:
            read.outcome = outcome_of(trace.run, config, said, reviewed_labels(trace, said.option))
            read.cells |= read.outcome.model_dump()
        read.config = config
    return read


def _beside(
    read: _Read, config: RunConfig, met: RunEvidence, scored: Scored, evidence: JournalEvidence, shown: Shown
) -> dict[str, Any]:
    """What is known beside the outcome."""
    trace = read.trace
    has_blames = all(shown(record.body["blames"]) for record in trace.of_type(ATTRIBUTION))
    blames = counting_blames(trace, trace) if has_blames else []
    blamed = {(blame.run, blame.outcome): blame for blame in blames}
    cells = columns_of_run(scored, trace, config, met, evidence, blamed).row()
    return cells | {"retriever": None} if read.cells["fork"] else cells  # a fork's may be what was changed


def _config(trace: Trace, shown: Shown) -> RunConfig | None:
    """What decided a run; a fork is decided by its parent's."""
    begun = trace.records[0].body
    if begun["config_type"] == "RunConfig":
        return trace.config(RunConfig) if shown(begun["config"]) else None
    return _config(Trace(trace.journal, begun["parent"]), shown) if begun.get("parent") else None


def _answer(trace: Trace, shown: Shown) -> Answer | None:
    ends = trace.of_type("run.end")
    return trace.output(Answer) if ends and shown(ends[-1].body["output"]) else None
