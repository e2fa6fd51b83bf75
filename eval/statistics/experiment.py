"""The statistics of an experiment, from its folder.

Rules kept here
- Metrics are those of its ``metrics.json``; without that file they are computed from its outcomes.
- What its searches served, what its answers cite and what its models were given is read from its journal; where there
  is none, nothing is told of it. Of imported published answers it is read from the published files.

    of_experiment(Path("evitrail-run"), Wanted())
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evitrail.eval.chosen_outcomes import chosen_outcomes
from evitrail.eval.log.model_answers import spoken_in
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import JOURNAL, cases
from evitrail.eval.log.scored_runs import RecordedRun
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.plan.condition import Condition
from evitrail.eval.safe_scale import is_official
from evitrail.eval.statistics.citations import citation_rows
from evitrail.eval.statistics.cost import cost_at
from evitrail.eval.statistics.document import OnRecord, Row, Wanted, statistics
from evitrail.eval.statistics.resources import Amounts, Arm, mean_amounts
from evitrail.eval.statistics.retrieval import retrieval_rows
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace


def of_experiment(folder: Path, wanted: Wanted, prices: Path | None = None) -> Row:
    """The statistics of an experiment's outcomes, and what its runs cost; ``prices`` stand in place of the plan's."""
    outcomes = chosen_outcomes(folder)
    metrics = folder / "metrics.json"
    rows: list[dict[str, Any]] = json.loads(metrics.read_text("utf-8")) if metrics.is_file() else metric_rows(outcomes)
    if is_official(folder):
        return _imported(folder, outcomes, rows, wanted, prices)
    if not (folder / JOURNAL).is_file():
        document = statistics(outcomes, rows, wanted) | {"retrieval": [], "citations": []}
    else:
        with Journals.open(folder) as journal:
            document = statistics(outcomes, rows, wanted, _on_record(journal, outcomes))
            document["retrieval"] = retrieval_rows(journal, outcomes, cases(journal))
            document["citations"] = citation_rows(journal, outcomes)
    if prices is not None:
        cost = cost_at(folder, prices)
        return document | {"cost": cost.rows, "without_price": cost.without_price}
    stated = folder / "cost.json"
    return document | {"cost": json.loads(stated.read_text("utf-8"))} if stated.is_file() else document


def _imported(
    folder: Path, outcomes: Sequence[Outcome], rows: Sequence[Row], wanted: Wanted, prices: Path | None
) -> Row:
    """Those of imported published answers."""
    from evitrail.eval.safe_scale.folder import imported_judged
    from evitrail.eval.statistics.published import published_record, published_tables, with_tables

    found = imported_judged(folder)
    tables = published_tables(found, prices)
    document = statistics(outcomes, rows, wanted, published_record(found)) | {"retrieval": [], "citations": []}
    return with_tables(document, tables)


def _on_record(journal: JournalView, outcomes: Sequence[Outcome]) -> OnRecord:
    """The settings of each condition, and what it gave its readers' models."""
    settings: dict[str, Condition] = {}
    told: dict[Arm, list[Amounts]] = {}
    for outcome in outcomes:
        trace = Trace(journal, outcome.run)
        if outcome.condition not in settings:
            settings[outcome.condition] = trace.config(RunConfig).condition
        tokens = RecordedRun(journal, outcome.run, outcome.run, sensitive=True).tokens
        both = None if tokens.prompt is None or tokens.completion is None else tokens.prompt + tokens.completion
        arm = (outcome.condition, outcome.reader, outcome.snapshot)
        told.setdefault(arm, []).append(Amounts(None if both is None else _prompt_length(trace), both))
    return OnRecord(settings, mean_amounts(told))


def _prompt_length(trace: Trace) -> int | None:
    """Tokens of the prompt that the first answer answers; None where no server told."""
    spoken = spoken_in(trace, trace)
    return spoken.greedy_cost.input_tokens if spoken and spoken.greedy_cost else None
