"""The failure profile of an experiment: its conditions, how each fails with intervals, and which steps are blamed.

Rules kept here
- It is always of the whole experiment: a filter on outcomes makes no sample, so it has no intervals.
- A share of blame stands under the kind of failure it is of. A run that nobody is blamed for is a share of its own.
- Each row says which query finds its runs.

    profile(folder).rows[0].metrics["accuracy"].value
"""

from __future__ import annotations

import json
from pathlib import Path

from evitrail.eval.attribution.blame import Blame, Kind
from evitrail.eval.attribution.record.summary import TARGETS, blame_shares
from evitrail.eval.metrics.outcomes_file import OUTCOMES, read_outcomes
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.eval.query.tree import Value, Where
from evitrail.eval.report.profile import COLUMNS, ProfileRow, called, describe, profile_rows, region
from evitrail.traces.record import Record
from evitrail.workbench.api.experiments import METRICS, metric_rows_in
from evitrail.workbench.api.fresh import Fresh

ATTRIBUTION = "attribution.json"
SHORTEST = 12
"""Digits of a store state's name in a query."""


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


def _profile(folder: Path) -> FailureProfile:
    rows = metric_rows_in(folder)
    outcomes = read_outcomes(folder / OUTCOMES)
    shown = profile_rows(outcomes, rows)
    names = {outcome.run: row.label for row in shown for outcome in row.outcomes}
    readers = called(outcomes)
    shares = blame_shares(
        blame.model_copy(update={"condition": names[blame.run]}) for blame in _blames(folder) if blame.run in names
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
                label=row.label,
                description=describe(row.condition),
                query=_query(row, readers, shown),
                n=row.row["n"],
                metrics={one.metric: _estimated(row, one.metric) for one in COLUMNS},
                blame={kind: tuple(steps) for kind, steps in blamed.get(row.label, {}).items()},
                failed=failed.get(row.label, {}),
                region=region(row.row),
            )
            for row in shown
        ),
        roles=TARGETS,
    )


profile = Fresh(_profile, lambda folder: [folder / METRICS, folder / OUTCOMES, folder / ATTRIBUTION], 16)
"""The profile of an experiment; raises ``FileNotFoundError`` where there are no results yet."""


def _estimated(row: ProfileRow, metric: str) -> Estimated:
    stated = row.row[metric]
    return Estimated(value=stated["value"], lo=stated["lo"], hi=stated["hi"], n=stated.get("n", row.row["n"]))


def _query(row: ProfileRow, readers: dict[str, str], shown: list[ProfileRow]) -> str:
    """The terms that tell this row's runs from those of the others."""
    reader, state = str(row.row["reader"]), str(row.row["snapshot"])
    label = readers.get(reader, "") if len({str(one.row["reader"]) for one in shown}) > 1 else ""
    terms = [Where("condition", ":", (Value(str(ReadCondition(row.condition, label))),))]
    same = [one for one in shown if (one.condition, one.row["reader"]) == (row.condition, row.row["reader"])]
    if len(same) > 1:
        terms.append(Where("snapshot", ":", (Value(state.removeprefix("sha256:")[:SHORTEST]),)))
    return " ".join(map(str, terms))


def _blames(folder: Path) -> list[Blame]:
    path = folder / ATTRIBUTION
    if not path.is_file():
        return []
    try:
        return [Blame.model_validate(one) for one in json.loads(path.read_text("utf-8"))]
    except ValueError as error:
        do = f"`evitrail report {folder}` writes it again"
        raise ValueError(f"{path}: expected blame records as JSON, got {' '.join(str(error).split())}; {do}") from None
