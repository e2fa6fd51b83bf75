"""The failure profile of an experiment: its conditions, how each fails with intervals, and which steps are blamed.

Rules kept here
- It is always of the whole experiment: a filter on outcomes makes no sample, so it has no intervals.
- A share of blame stands under the kind of failure it is of. A run that nobody is blamed for is a share of its own.
- Each row says which query finds its runs.

    profile(folder).rows[0].metrics["accuracy"].value
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.eval.attribution.blame import Blame, Kind
from evitrail.eval.attribution.record.summary import TARGETS, blame_shares
from evitrail.eval.metrics.outcomes_file import OUTCOMES, read_outcomes
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.report.blame_shares_file import ATTRIBUTION, BLAME_SHARES, stored_shares
from evitrail.eval.report.profile import (
    COLUMNS,
    Row,
    called,
    describe,
    labels,
    profile_rows,
    queries,
    region,
    table_order,
)
from evitrail.traces.record import Record
from evitrail.workbench.api.attribution.blames import recorded_blames
from evitrail.workbench.api.experiments import METRICS, metric_rows_in
from evitrail.workbench.api.fresh import Fresh
from evitrail.workbench.api.runs.pack import columns_of


class MetricColumn(Record):
    """One metric of the profile."""

    metric: str
    title: str
    description: str
    flag: str
    """The flag of a query that finds the runs it is the share of."""
    unknown: str
    """Why it may have no value."""


class Estimated(Record):
    """A share with its 95 % interval, of so many cases; None is unknown."""

    value: float | None
    lo: float | None
    hi: float | None
    n: int


class StepShare(Record):
    """How much of one kind of failure is blamed on one kind of step."""

    role: str
    share: float
    lo: float
    hi: float


class ConditionRow(Record):
    """One condition of the profile."""

    label: str
    description: str
    query: str
    """What finds its runs."""
    n: int
    metrics: dict[str, Estimated]
    blame: dict[str, tuple[StepShare, ...]]
    """By kind of failure; a kind that nothing was attributed of is absent."""
    failed: dict[str, int]
    """By kind of failure, how many runs the shares are of."""
    region: str | None
    """Where it stands to the safe deployment region; None where harm is not labelled."""


class FailureProfile(Record):
    """The profile of an experiment."""

    columns: tuple[MetricColumn, ...]
    rows: tuple[ConditionRow, ...]
    roles: tuple[str, ...]
    """The kinds of steps in causal order, ``abstained`` last."""


class _Condition(NamedTuple):
    """One row of metrics.json, and what it is called."""

    label: str
    row: Row
    reader: str
    """The reader's label; empty where the experiment has one reader."""


def _profile(folder: Path) -> FailureProfile:
    shown, label_of = _conditions(folder, metric_rows_in(folder))
    called = {(str(one.row["condition"]), str(one.row["reader"]), str(one.row["snapshot"])): one.label for one in shown}
    shares = stored_shares(folder, called)
    if shares is None:  # results of an earlier version
        shares = blame_shares(
            blame.model_copy(update={"condition": label})
            for blame in recorded_blames(folder)
            if (label := label_of(blame))
        )
    blamed: dict[str, dict[Kind, list[StepShare]]] = {}
    failed: dict[str, dict[str, int]] = {}
    for share in shares:
        step = StepShare(role=share.role, share=share.share, lo=share.lo, hi=share.hi)
        blamed.setdefault(share.condition, {}).setdefault(share.outcome, []).append(step)
        failed.setdefault(share.condition, {})[share.outcome] = share.n
    return FailureProfile(
        columns=tuple(
            MetricColumn(
                metric=one.metric,
                title=one.title,
                description=one.description,
                flag="right" if one.flag == "correct" else one.flag,
                unknown=one.unknown,
            )
            for one in COLUMNS
        ),
        rows=tuple(
            ConditionRow(
                label=one.label,
                description=describe(str(one.row["condition"])),
                query=query,
                n=one.row["n"],
                metrics={column.metric: estimated(one.row, column.metric) for column in COLUMNS},
                blame={kind: tuple(steps) for kind, steps in blamed.get(one.label, {}).items()},
                failed=failed.get(one.label, {}),
                region=region(one.row),
            )
            for one, query in zip(shown, _queries(shown), strict=True)
        ),
        roles=TARGETS,
    )


def _conditions(folder: Path, rows: list[dict[str, Any]]) -> tuple[list[_Condition], Callable[[Blame], str | None]]:
    """The conditions in the order of tables, and under which of them a blame falls.

    Outcomes are read only where a condition saw several store states: 100,000 of them take seconds.
    """
    readers = {str(row["reader"]) for row in rows}
    if len({(row["condition"], row["reader"]) for row in rows}) == len(rows):
        by = _labels_of_readers(folder) if len(readers) > 1 else {}
        ordered = sorted(rows, key=lambda row: (table_order(row["condition"]), row["reader"], row["snapshot"]))
        found = [
            _Condition(label, row, by.get(str(row["reader"]), ""))
            for label, row in zip(labels(ordered, by), ordered, strict=True)
        ]
        known = {(str(one.row["condition"]), one.reader): one.label for one in found}
        return found, lambda blame: known.get(
            (blame.condition, ReadCondition.of(blame.run, blame.condition).reader if by else "")
        )
    outcomes = read_outcomes(folder / OUTCOMES)
    shown, by = profile_rows(outcomes, rows), called(outcomes) if len(readers) > 1 else {}
    names = {outcome.run: row.label for row in shown for outcome in row.outcomes}
    return [
        _Condition(row.label, row.row, by.get(str(row.row["reader"]), "")) for row in shown
    ], lambda blame: names.get(blame.run)


def _labels_of_readers(folder: Path) -> dict[str, str]:
    """The label of each reader that runs are named by, told by one run of each."""
    columns = columns_of(folder)
    run, reader, condition = (columns.names(name) for name in ("run", "reader", "condition"))
    firsts = [int((reader.codes == code).argmax()) for code in range(len(reader.distinct))]
    found = {
        str(reader.at(place)): ReadCondition.of(str(run.at(place)), condition.at(place)).reader for place in firsts
    }
    return {name: label for name, label in found.items() if label}


profile = Fresh(
    _profile, lambda folder: [folder / METRICS, folder / OUTCOMES, folder / ATTRIBUTION, folder / BLAME_SHARES], 16
)
"""The profile of an experiment; it has no rows where there are no results yet."""


def estimated(row: Row, metric: str) -> Estimated:
    """One metric of a row of metrics.json."""
    stated = row[metric]
    return Estimated(value=stated["value"], lo=stated["lo"], hi=stated["hi"], n=stated.get("n", row["n"]))


def _queries(shown: list[_Condition]) -> list[str]:
    """The terms that distinguish each row's runs from those of the others."""
    return queries([one.row for one in shown], {str(one.row["reader"]): one.reader for one in shown if one.reader})
