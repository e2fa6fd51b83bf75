"""A comparison as tables: one row for each metric of each arm, and one for each question that was answered differently.

Rules kept here
- Shares are of 1, as in ``metrics.json``; unknown is empty, never 0.
- Both tables have the same columns in every format.

    metric_table(comparison), parted_table(comparison)
"""

from __future__ import annotations

from typing import Any

from evitrail.eval.compare.comparison import Comparison
from evitrail.eval.compare.parted import Answered

Table = list[dict[str, Any]]


def metric_table(comparison: Comparison) -> Table:
    """One row for each metric of each arm."""
    return [
        {"baseline": comparison.baseline, "other": pair.other, "metric": name, "n": metric.n}
        | {"baseline_value": metric.baseline, "other_value": metric.other}
        | metric.model_dump(exclude={"n", "baseline", "other"})
        | {"overridden": pair.overridden}
        for pair in comparison.pairs
        for name, metric in pair.metrics.items()
    ]


def parted_table(comparison: Comparison) -> Table:
    """One row for each question that an arm answered differently from the baseline."""
    return [
        {"baseline": comparison.baseline, "other": pair.other, "case": one.case, "answer": one.answer}
        | {"baseline_chose": one.baseline.chosen, "other_chose": one.other.chosen}
        | {"baseline_faults": _listed(one.baseline), "other_faults": _listed(one.other)}
        | {"evidence_out": " ".join(one.evidence_out), "evidence_in": " ".join(one.evidence_in)}
        | {"baseline_run": one.baseline.run, "other_run": one.other.run}
        for pair in comparison.pairs
        for one in pair.parted
    ]


def _listed(said: Answered) -> str:
    return " ".join(said.faults)
