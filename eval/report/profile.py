"""The failure profile: one row per condition of an experiment, told so that nobody reads certainty into few cases.

Rules kept here
- A condition is a condition and a reader; where there are several readers it is called ``standard@qwen3-8b``.
- Where questions are asked as of different days they see different snapshots; that is one condition still. Only
  where the same case was asked on two snapshots are these compared, and each is a condition of its own.
- Unknown stays None: a rate without labelled cases has no value and no interval.
- At 0 and 100 % the interval is Wilson's, and ``sparse`` says so: no harm in 40 questions does not show that there is
  none.
- The safe deployment region is that of a policy; unless another is given, the published one (``eval/policy.py``).

    for condition in profile_rows(outcomes, metric_rows(outcomes)):
        print(condition.label, condition.row["accuracy"], region(condition.row))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from evitrail.eval.metrics import METRICS
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.plan.condition import CONDITIONS, PUBLISHED
from evitrail.eval.plan.run_name import GridName, ReadCondition
from evitrail.eval.policy import SAFE_SCALE, Policy
from evitrail.eval.query.tree import Value, Where

Row = Mapping[str, Any]
"""A row of metrics.json."""

SEARCHES = {
    "single_pass": "one search",
    "aimed": "one search for what is asked and its options",
    "per_option": "a researcher for each option",
    "agentic": "searches again until it is content",
}
"""How an agent that searches does so, in words."""

SNAPSHOT_DIGITS = 12
"""Digits of a store state's name in a query."""

Region = Literal["inside", "inside, unsure", "outside, unsure", "outside"]


@dataclass(frozen=True)
class Column:
    """One metric of the profile: what it is called, and the flag of an outcome it is the share of."""

    metric: str
    title: str
    flag: str
    unknown: str
    """Why there may be no value."""

    @property
    def description(self) -> str:
        return METRICS[self.metric].description


COLUMNS = (
    Column("accuracy", "Accuracy", "correct", "not asked"),
    Column("high_risk_rate", "High-risk", "high_risk", "not labelled"),
    Column("unsafe_rate", "Unsafe", "unsafe", "not labelled"),
    Column("contradiction_rate", "Contradiction", "contradicts", "not labelled"),
    Column("dangerous_overconf_rate", "Overconfident", "overconfident", "not labelled, or no samples drawn"),
    Column("stale_rate", "Stale", "stale", "not labelled: no question names an outdated option"),
    Column("abstention_rate", "Abstained", "abstained", "not asked"),
)
"""In the order tables and figures show them."""


@dataclass(frozen=True)
class ProfileRow:
    """One line of the profile."""

    label: str
    """The condition, and the reader or snapshot where only that tells two conditions apart."""
    condition: str
    row: Row
    outcomes: tuple[Outcome, ...]
    """Sorted by case."""
    known: Mapping[str, int]
    """Per metric of the profile, how many cases it speaks of."""
    sparse: frozenset[str]
    """Metrics whose interval is Wilson's."""
    query: str
    """What finds its runs, in the language of queries."""


def profile_rows(outcomes: Iterable[Outcome], rows: Iterable[Row]) -> list[ProfileRow]:
    """Every condition in the order of ``table_order``; ``rows`` are those of ``metric_rows`` over the same outcomes."""
    stated = {_key(row["condition"], row["reader"], row["snapshot"]): row for row in rows}
    asked: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: (o.case, o.run)):
        asked.setdefault((outcome.condition, outcome.reader), []).append(outcome)
    found: list[tuple[Row, tuple[Outcome, ...]]] = []
    for members in asked.values():
        snapshots = sorted({member.snapshot for member in members})
        if len(snapshots) > 1 and len({member.case for member in members}) == len(members):
            found.append((_pooled(members), tuple(members)))
            continue
        for snapshot in snapshots:
            row = stated.get(_key(members[0].condition, members[0].reader, snapshot))
            if row is None:
                raise ValueError(
                    f"expected a row of metrics for condition {members[0].condition!r}, reader "
                    f"{members[0].reader!r}, snapshot {snapshot!r}, got none; make rows with metric_rows(outcomes)"
                )
            found.append((row, tuple(member for member in members if member.snapshot == snapshot)))
    found.sort(key=lambda item: (table_order(item[0]["condition"]), item[0]["reader"], item[0]["snapshot"]))
    ordered, by = [row for row, _ in found], called(outcome for _, members in found for outcome in members)
    named, asked_by = labels(ordered, by), queries(ordered, by)
    return [
        _arm(label, query, row, members) for label, query, (row, members) in zip(named, asked_by, found, strict=True)
    ]


def queries(rows: Sequence[Row], by: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """What finds the runs of each row, where these are all the rows; ``by`` has the readers' labels."""
    readers = {row["reader"] for row in rows}
    seen = [(row["condition"], row["reader"]) for row in rows]

    def query(row: Row) -> str:
        label, snapshot = by.get(row["reader"], ""), str(row["snapshot"]).removeprefix("sha256:")
        terms = [("condition", str(ReadCondition(str(row["condition"]), label)))]
        if len(readers) > 1 and not label:
            terms.append(("reader", str(row["reader"])))
        if seen.count((row["condition"], row["reader"])) > 1:
            terms.append(("snapshot", snapshot[:SNAPSHOT_DIGITS]))
        return " ".join(str(Where(name, ":", (Value(said),))) for name, said in terms)

    return [query(row) for row in rows]


def region(row: Row, policy: Policy = SAFE_SCALE) -> Region | None:
    """Where a condition stands to the policy's safe deployment region, and whether its intervals leave doubt."""
    accuracy, harm = row["accuracy"], row["high_risk_rate"]
    if accuracy["value"] is None or harm["value"] is None:
        return None
    if accuracy["value"] >= policy.min_accuracy and harm["value"] <= policy.max_high_risk:
        sure = accuracy["lo"] >= policy.min_accuracy and harm["hi"] <= policy.max_high_risk
        return "inside" if sure else "inside, unsure"
    outside = accuracy["hi"] < policy.min_accuracy or harm["lo"] > policy.max_high_risk
    return "outside" if outside else "outside, unsure"


def table_order(condition: str) -> tuple[int, tuple[str | int, ...]]:
    """Where a condition, or a condition's label, stands in tables.

    Presets first, then published keys, in their order, each with its variations; then others. By name among each
    other, where a number in it counts as a number.
    """
    names, base = [*CONDITIONS, *PUBLISHED], GridName.parse(ReadCondition.parse(condition).condition).base
    parts = re.split(r"(\d+)", condition)
    natural = tuple(int(part) if table_order % 2 else part for table_order, part in enumerate(parts))
    return (names.index(base) if base in names else len(names)), natural


def called(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """The label of each reader that runs are named by; empty where their experiment had one reader."""
    read = ((outcome.reader, ReadCondition.of(outcome.run, outcome.condition).reader) for outcome in outcomes)
    return {reader: label for reader, label in read if label}


def labels(rows: Sequence[Row], by: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """What to call each row: its condition, then the reader or snapshot where that differs between rows.

    ``by`` has the readers' labels, as ``called`` gives them; one without goes by its own name.
    """
    readers = {row["reader"] for row in rows}
    seen = [(row["condition"], row["reader"]) for row in rows]

    def label(row: Row) -> str:
        if len(readers) == 1:
            return str(row["condition"])
        known = by.get(row["reader"])
        return str(ReadCondition(row["condition"], known)) if known else f"{row['condition']} · {row['reader']}"

    def state(row: Row) -> str:
        return f" · {short(str(row['snapshot']))}" if seen.count((row["condition"], row["reader"])) > 1 else ""

    return [label(row) + state(row) for row in rows]


def short(name: str) -> str:
    """The first 12 digits of a content id; anything else as it is."""
    algorithm, _, digits = name.partition(":")
    return digits[:12] if algorithm == "sha256" and len(digits) > 12 else name


def describe(condition: str) -> str:
    """What a preset condition is, in words; empty for any other."""
    if condition not in CONDITIONS:
        return ""
    spec = CONDITIONS[condition]
    if spec.agent == "closed_book":
        return "no evidence"
    if spec.curated:
        return {
            "clean": "handed the evidence that decides",
            "conflict": "handed evidence that disagrees",
            "report": "handed one report, the same for every reader",
        }[spec.curated]
    if spec.retriever == "full":
        most = f"{spec.fit.tokens:,} tokens" if isinstance(spec.fit.tokens, int) else "all that fits"
        return f"reads {most} of what there is"
    if spec.fit.keep == "padded":
        return f"the nearest passage, as long as {spec.k} are"
    how = SEARCHES[spec.agent]
    return f"{how}, {spec.retriever} retriever, k\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{spec.k}"


def _pooled(members: Sequence[Outcome]) -> Row:
    return metric_rows(member.model_copy(update={"snapshot": ""}) for member in members)[0]


def _arm(label: str, query: str, row: Row, members: tuple[Outcome, ...]) -> ProfileRow:
    stated = {column.metric: row[column.metric] for column in COLUMNS}
    known = {metric: one["n"] for metric, one in stated.items()}
    sparse = {metric for metric, one in stated.items() if one["value"] in (0, 1)}
    return ProfileRow(label, str(row["condition"]), row, members, known, frozenset(sparse), query)


def _key(condition: str, reader: str, snapshot: str) -> tuple[str, str, str]:
    return condition, reader, snapshot
