"""The statistics of published answer files, read in place: nothing is copied, and no folder is written.

Rules kept here
- Latency is that of the greedy answers, as published (SaFE-Scale specification 3.16): mean and population standard
  deviation, waiting and errors included.
- What an experiment is read with is not imported: that would take longer than one model's answers.

    of_published(Path("judged"), Path("risk_radiorag_full_merged.json"), Wanted())
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from evitrail.eval.metrics.definition import PAPER, Definition
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.safe_scale.dataset import Sources, read_dataset
from evitrail.eval.safe_scale.judged import JudgedResults, read_judged
from evitrail.eval.statistics.document import Row, Wanted, statistics

LATENCY = Definition(
    "latency_s",
    "Seconds that a question's greedy answer took, waiting for the server included; depends on hardware and load.",
    "mean and population standard deviation of elapsed_s over questions; a failed request counts as 0",
    f"{PAPER}, specification 3.16",
)


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
