"""The statistics of an experiment, from its folder.

Rules kept here
- Metrics are those of its ``metrics.json``; without that file they are computed from its outcomes.
- What its searches served is read from its journal; where there is none, nothing is told of it.

    of_experiment(Path("evitrail-run"), Wanted())
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evitrail.eval.log.runs import JOURNAL, cases
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.safe_scale import is_official
from evitrail.eval.statistics.cost import cost_at
from evitrail.eval.statistics.document import Row, Wanted, statistics
from evitrail.eval.statistics.retrieval import retrieval_rows
from evitrail.traces.journal.folder import Journals


def of_experiment(folder: Path, wanted: Wanted, prices: Path | None = None) -> Row:
    """The statistics of an experiment's outcomes, and what its runs cost; ``prices`` stand in place of the plan's."""
    if prices is not None and is_official(folder):
        raise ValueError(f"--prices: expected an experiment that evitrail ran, got imported published files: {folder}")
    outcomes = read_outcomes(folder / "outcomes.parquet")
    metrics = folder / "metrics.json"
    rows: list[dict[str, Any]] = json.loads(metrics.read_text("utf-8")) if metrics.is_file() else metric_rows(outcomes)
    document = statistics(outcomes, rows, wanted) | {"retrieval": _retrieval(folder, outcomes)}
    if prices is not None:
        cost = cost_at(folder, prices)
        return document | {"cost": cost.rows, "without_price": cost.without_price}
    stated = folder / "cost.json"
    return document | {"cost": json.loads(stated.read_text("utf-8"))} if stated.is_file() else document


def _retrieval(folder: Path, outcomes: Sequence[Outcome]) -> list[Row]:
    """Empty where no journal stands behind the outcomes."""
    if not (folder / JOURNAL).is_file():
        return []
    with Journals.open(folder) as journal:
        return retrieval_rows(journal, outcomes, cases(journal))
