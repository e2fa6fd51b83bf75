"""Where outcomes come from: an experiment's folder, or published answer files as they are.

Rules kept here
- An experiment's metrics are those of its ``metrics.json``; without that file they are computed from its outcomes.
- Published files are read in place: nothing is copied, and no folder is written. Their latency is that of the greedy
  answers, as published (specification 3.16): mean and population standard deviation, waiting and errors included.

    of_experiment(Path("evitrail-run"), Wanted())
    of_published(Path("judged"), Path("risk_radiorag_full_merged.json"), Wanted())
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evitrail.eval.log.runs import JOURNAL, cases
from evitrail.eval.metrics.definition import PAPER, Definition
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.safe_scale import Sources, is_official, read_dataset, read_judged
from evitrail.eval.safe_scale.judged import JudgedResults
from evitrail.eval.statistics.cost import cost_at
from evitrail.eval.statistics.document import Row, Wanted, statistics
from evitrail.eval.statistics.retrieval import retrieval_rows
from evitrail.traces.journal.folder import Journals

LATENCY = Definition(
    "latency_s",
    "Seconds that a question's greedy answer took, waiting for the server included; depends on hardware and load.",
    "mean and population standard deviation of elapsed_s over questions; a failed request counts as 0",
    f"{PAPER}, specification 3.16",
)


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


def of_published(judged: Path, labels: Path, wanted: Wanted) -> Row:
    """The statistics of published answers; raises ``InputError`` with every fault of the first file that has any."""
    with _nothing_to_collect():
        found = read_judged(judged, read_dataset(Sources(labels)), whole=False)
        document = statistics(found.outcomes, metric_rows(found.outcomes), wanted)
        latency = _latency_rows(found)
    defined = {"name": LATENCY.name, "description": LATENCY.description, "formula": LATENCY.formula}
    return document | {
        "latency": latency,
        "missing": [one._asdict() for one in found.missing],
        "definitions": [*document["definitions"], defined | {"source": LATENCY.citation}],
    }


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Outcomes hold no cycles, and to look for some among so many objects again and again takes its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _latency_rows(found: JudgedResults) -> list[Row]:
    seconds: dict[tuple[str, str], list[float]] = {}
    of_run = {outcome.run: (outcome.condition, outcome.reader) for outcome in found.outcomes}
    for spent in found.spent:
        if spent.step == "greedy" and spent.seconds is not None:
            seconds.setdefault(of_run[spent.run], []).append(spent.seconds)
    return [
        {"condition": condition, "reader": reader, "n": len(waited)}
        | {LATENCY.name: {"mean": float(np.mean(waited)), "std": float(np.std(waited))}}
        for (condition, reader), waited in sorted(seconds.items())
    ]
