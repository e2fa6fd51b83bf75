"""Reports that live researchers wrote, frozen: evidence that every reader is served alike.

Rules kept here
- A report is the text that a run's researchers put together (``agent/steps/research.py``). It becomes a version of
  evidence by its question and its author, and is served by its id: no search finds it.
- Its grade is null: nobody rated it, least of all a model.
- The questions come with it, each naming its report, so that ``deep_research`` serves what was frozen.
- A report on a question with patient data is not taken out of the journal.

    evidence, cases = frozen(journal, "per_option")

With *per_option* each model has its own agent; with *deep_research* on what was frozen, every model has the same
report: the published condition, and the one that shows what the answering model alone is worth.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.model import Synthesis
from evitrail.agent.steps.research import report_of
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.report.files import write_records
from evitrail.eval.whole_folder import whole
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import BY_ID, Evidence
from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import sha256
from evitrail.traces.trace import Trace

AUTHOR_DIGITS = 8


class Frozen(NamedTuple):
    """Reports as evidence, and the questions that name them."""

    evidence: list[Evidence]
    cases: list[Case]


def frozen(journal: JournalView, condition: str) -> Frozen:
    """The reports of this condition's finished runs; raises ``ValueError`` for none, or two on one question."""
    reports: dict[str, Evidence] = {}
    cases: dict[str, Case] = {}
    for trace in traces(journal):
        config = trace.config(RunConfig)
        if config.condition.name != condition or not trace.ended or config.case.sensitive:
            continue
        if config.case.id in reports:
            raise ValueError(f"expected one report on {config.case.id!r}, got two; freeze an experiment of one reader")
        if text := _report(trace):
            report = _evidence(trace, config, text)
            reports[config.case.id] = report
            cases[config.case.id] = config.case.model_copy(update={"reports": (report.ref,)})
    if not reports:
        raise ValueError(f"expected finished runs of {condition!r} with a report, found none; `per_option` writes them")
    return Frozen(list(reports.values()), list(cases.values()))


def write_frozen(folder: Path, what: Frozen) -> None:
    """``evidence.jsonl`` and ``benchmark.jsonl`` in a new folder, whole or not at all."""
    ids = [report.ref for report in what.evidence]
    if twice := next((ref for ref in ids if ids.count(ref) > 1), None):
        raise InputError([f"{folder}: two questions would have one report, {twice}; rename one of them"])
    with whole(folder) as made:
        write_records(made / "evidence.jsonl", what.evidence)
        write_records(made / "benchmark.jsonl", what.cases)


def _report(trace: Trace) -> str | None:
    step = trace.last("synthesise")
    if step is None or not any(activity.kind == "section" for activity in trace.activities):
        return None
    said = trace.get(step.output, Synthesis)
    question = trace.config(RunConfig).case.question
    return (said.context or report_of(question, said.claims)).text


def _evidence(trace: Trace, config: RunConfig, text: str) -> Evidence:
    day = date.fromisoformat(str(trace.records[-1].line["t"])[:10])
    author = sha256(config.reader.encode())[7 : 7 + AUTHOR_DIGITS]
    slug = re.sub(r"[^a-z0-9]+", "-", config.case.id.lower()).strip("-")
    return Evidence.of_day(
        day,
        id=f"report-{slug}",
        version=author,
        title=f"Report on {config.case.id}",
        organization=f"evitrail, {config.condition.name}, {config.reader}",
        kind="narrative_review",
        topics=(BY_ID,),
        text=text,
    )
