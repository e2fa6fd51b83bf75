"""The rows of metrics.json and cost.json: every metric of every condition, with its interval.

Rules kept here
- A row is one condition, reader and snapshot; ``n`` counts all cases asked, answered or not.
- Cases are sorted by id as strings and drawn by one matrix per ``n``, so rows over the same cases are
  paired replicate by replicate.
- The calibration of weighed confidence is there only where it was worked out (``eval/metrics/evidence_weighting.py``).
- ``value`` is the metric on the ``n`` cases that it speaks of; ``lo`` and ``hi`` are the 2.5th and 97.5th percentiles
  of its replicates. All three are None where the metric is unknown.
- No interval is without a width: where all replicates agree, Wilson's stands in for a share, and none for the rest.
- Rows can be made of outcomes alone; metrics that read more of a run are then None.

    rows = metric_rows(read_outcomes(folder / "outcomes.parquet"))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from evitrail.eval.metrics import COST, METRICS, WEIGHTED, Metric, stats
from evitrail.eval.metrics.base import Columns, known
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.scored import Scored, as_scored

Row = dict[str, Any]


def metric_rows(
    runs: Iterable[Outcome | Scored], *, seed: int = stats.SEED, replicates: int = stats.REPLICATES
) -> list[Row]:
    """The rows of metrics.json: one per (condition, reader, snapshot), in that order."""
    scored = as_scored(runs)
    weighed = any(run.outcome.weighted_confidence is not None for run in scored)
    return _rows(scored, METRICS | (WEIGHTED if weighed else {}), seed, replicates)


def cost_rows(
    runs: Iterable[Outcome | Scored], *, seed: int = stats.SEED, replicates: int = stats.REPLICATES
) -> list[Row]:
    """The rows of cost.json, in the same order."""
    return _rows(as_scored(runs), COST, seed, replicates)


def _rows(scored: Iterable[Scored], metrics: Mapping[str, Metric], seed: int, replicates: int) -> list[Row]:
    rows: list[Row] = []
    for condition, group in groupby(sorted(scored, key=lambda run: (*_arm(run), run.outcome.case)), key=_arm):
        runs = list(group)
        _refuse_repeats(runs)
        n = len(runs)
        estimates = estimate_all(metrics, runs, stats.bootstrap_draws(n, replicates=replicates, seed=seed))
        rows.append(dict(zip(("condition", "reader", "snapshot"), condition, strict=True)) | {"n": n} | estimates)
    return rows


def estimate_all(
    metrics: Mapping[str, Metric], runs: Sequence[Outcome | Scored], draws: stats.Draws
) -> dict[str, dict[str, float | None]]:
    """Each metric with its 95 % interval and the number of cases it is of."""
    scored = as_scored(runs)
    columns: dict[object, Columns] = {}
    for metric in metrics.values():
        if (sums := metric.sums) and sums.columns not in columns:
            columns[sums.columns] = sums.columns(scored)
    drawn = _drawn(columns, draws)
    measured: list[tuple[Metric, float | None, int, stats.Replicates]] = []
    for metric in metrics.values():
        if sums := metric.sums:
            once = columns[sums.columns].sum(axis=0, keepdims=True)
            value, n = known(sums.reduce(once)[0]), int(once[0, -1])
            measured.append((metric, value, n, sums.reduce(drawn[sums.columns])))
        else:
            measured.append((metric, metric.value(scored), metric.cases(scored), metric.replicates(scored, draws)))
    intervals = stats.intervals([replicates for *_, replicates in measured])
    return {
        name: _stated(metric, value, n, interval)
        for name, (metric, value, n, _), interval in zip(metrics, measured, intervals, strict=True)
    }


def _drawn(columns: Mapping[object, Columns], draws: stats.Draws) -> dict[object, Columns]:
    """The sums of all columns in each replicate, by one multiplication: that is most of the work.

    Many columns are alike: most metrics speak of every run, and most bins of confidence are empty. Each is summed once.
    """
    if not columns:
        return {}
    listed = [column.tobytes() for table in columns.values() for column in table.T]
    places = {column: place for place, column in enumerate(dict.fromkeys(listed))}
    distinct = np.frombuffer(b"".join(places), dtype=np.float64).reshape(len(places), -1)
    sums = (distinct @ draws.T)[[places[column] for column in listed]].T
    ends = np.cumsum([table.shape[1] for table in columns.values()])
    return dict(zip(columns, np.split(sums, ends[:-1], axis=1), strict=True))


def _stated(metric: Metric, value: float | None, n: int, interval: stats.Interval | None) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "lo": None, "hi": None, "n": 0}
    if interval is None and metric.share:
        interval = stats.interval_of_share(value, n)
    return {"value": value, "lo": interval and interval.lo, "hi": interval and interval.hi, "n": n}


def _arm(run: Scored) -> tuple[str, str, str]:
    return run.outcome.condition, run.outcome.reader, run.outcome.snapshot


def _refuse_repeats(runs: Sequence[Scored]) -> None:
    for one, other in pairwise(run.outcome for run in runs):
        if one.case == other.case:
            raise ValueError(
                f"expected one outcome per case in condition {one.condition!r}, got runs {one.run!r} and "
                f"{other.run!r} for case {one.case!r}; keep one of them"
            )
