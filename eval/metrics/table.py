"""The rows of metrics.json: every metric of every condition, with its interval.

Rules kept here
- A row is one condition, reader and snapshot; ``n`` counts all cases asked, answered or not.
- Cases are sorted by id as strings and drawn by one matrix per ``n``, so rows over the same cases are
  paired replicate by replicate.
- The calibration of weighed confidence is there only where it was worked out (``eval/metrics/evidence_weighting.py``).
- ``value`` is the metric on the cases themselves; ``lo`` and ``hi`` are the 2.5th and 97.5th
  percentiles of its replicates. All three are None where the metric is unknown.

    rows = metric_rows(read_outcomes(folder / "outcomes.parquet"))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any

from evitrail.eval.metrics import METRICS, WEIGHTED, Metric, stats
from evitrail.eval.metrics.outcome import Outcome


def metric_rows(
    outcomes: Iterable[Outcome], *, seed: int = stats.SEED, replicates: int = stats.REPLICATES
) -> list[dict[str, Any]]:
    """One row per (condition, reader, snapshot), in that order."""
    drawn: dict[int, stats.Draws] = {}
    rows: list[dict[str, Any]] = []
    scored = list(outcomes)
    metrics = METRICS | (WEIGHTED if any(case.weighted_confidence is not None for case in scored) else {})
    for arm, group in groupby(sorted(scored, key=lambda case: (*_arm(case), case.case)), key=_arm):
        cases = list(group)
        _refuse_repeats(cases)
        n = len(cases)
        if n not in drawn:
            drawn[n] = stats.draws(stats.bootstrap_indices(n, replicates=replicates, seed=seed))
        estimates = {name: estimate(metric, cases, drawn[n]) for name, metric in metrics.items()}
        rows.append(dict(zip(("condition", "reader", "snapshot"), arm, strict=True)) | {"n": n} | estimates)
    return rows


def estimate(metric: Metric, cases: Sequence[Outcome], draws: stats.Draws) -> dict[str, float | None]:
    """One metric with its percentile interval."""
    value = metric.value(cases)
    spread = None if value is None else stats.summarise(metric.compute(cases, draws))
    return {"value": value, "lo": spread.lo if spread else None, "hi": spread.hi if spread else None}


def _arm(case: Outcome) -> tuple[str, str, str]:
    return case.condition, case.reader, case.snapshot


def _refuse_repeats(cases: Sequence[Outcome]) -> None:
    for one, other in pairwise(cases):
        if one.case == other.case:
            raise ValueError(
                f"expected one outcome per case in condition {one.condition!r}, got runs {one.run!r} and "
                f"{other.run!r} for case {one.case!r}; keep one of them"
            )
