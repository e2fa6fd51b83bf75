"""Selected runs as rows: for a table that people read, and for files that programs read.

Rules kept here
- What is known against an answer is told gravest first; a blame always with the failure that it is for.
- For a spreadsheet, lists are written as JSON, so that an empty list and an unknown one are not alike, and names that
  it would compute are escaped.
- Runs are listed by name, or by one field, ties by name; where the field is unknown they stand last.

    listed(columns, ordered(columns, selection.runs, "confidence", descending=True)[:20])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.metrics.run_columns import KINDS
from evitrail.eval.query.columns import Columns
from evitrail.eval.report.failures import GRAVITY
from evitrail.eval.report.files import in_spreadsheet
from evitrail.evidence_store.did_you_mean import nearest

AGAINST = ("high_risk", "unsafe", "contradicts", "overconfident", "stale")
"""What may be said of a wrong answer, the gravest first."""
SHOWN = (
    "run", "chosen", "answer", "correct", "abstained", *AGAINST, "confidence", "cited", "cited_status", "lost",
    *(f"{what}.{kind}" for what in ("blame", "fault") for kind in KINDS),
)  # fmt: skip
"""The columns that a row for people is made of."""


class RunLine(NamedTuple):
    """One run, as a table tells it."""

    run: str
    chosen: str | None
    answer: str
    outcome: str
    confidence: float | None
    blamed: str
    cites: str


def listed(columns: Columns, places: Sequence[int] | NDArray[np.int64]) -> list[RunLine]:
    """These runs for people."""
    return [_listed(row) for row in columns.rows(places, SHOWN)]


def overridden(columns: Columns, places: Sequence[int] | NDArray[np.int64]) -> int:
    """Of how many of these runs a reviewer overrode a label or a blame; none in a file of an earlier version."""
    known = [name for name in ("relabelled", "reblamed") if name in columns.cells]
    found = [columns.lists(name).holds(bool).true for name in known]
    return int(np.logical_or.reduce(found)[places].sum()) if found else 0


def in_cells(row: dict[str, Any]) -> dict[str, Any]:
    """One run for a spreadsheet."""

    def cell(value: Any) -> Any:
        if isinstance(value, bool):
            return "true" if value else "false"
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else in_spreadsheet(value)

    return {name: cell(value) for name, value in row.items()}


def _listed(row: dict[str, Any]) -> RunLine:
    failed = [kind for kind in GRAVITY if row.get(f"blame.{kind}")]
    statuses = row.get("cited_status") or [None] * len(row["cited"])
    return RunLine(
        run=row["run"],
        chosen=row["chosen"],
        answer=row["answer"],
        outcome=_outcome(row),
        confidence=row["confidence"],
        blamed=_blamed(row, failed[0]) if failed else "",
        cites=", ".join(
            ref if status in (None, "current") else f"{ref} ({status.replace('_', ' ')})"
            for ref, status in zip(row["cited"], statuses, strict=True)
        ),
    )


def _outcome(row: dict[str, Any]) -> str:
    if row["correct"]:
        return "right"
    if row["abstained"]:
        return "abstained"
    return ", ".join(["wrong", *(flag.replace("_", "-") for flag in AGAINST if row[flag])])


def _blamed(row: dict[str, Any], kind: str) -> str:
    return f"{kind.replace('_', '-')}: {', '.join(row[f'blame.{kind}'])} ({row[f'fault.{kind}']})"


def _by_name(column: str) -> Callable[[Columns], NDArray[np.float64]]:
    def rank(columns: Columns) -> NDArray[np.float64]:
        names = columns.names(column)
        ranks = np.argsort(np.argsort(np.array(names.distinct, dtype=object))).astype(np.float64)
        return np.append(ranks, np.nan)[names.codes]

    return rank


def _by_number(column: str) -> Callable[[Columns], NDArray[np.float64]]:
    return lambda columns: columns.numbers(column)


def _by_gravity(columns: Columns) -> NDArray[np.float64]:
    """0 for a right answer, 1 for an abstention, and more the graver what is known against a wrong one."""
    rank = np.full(columns.n, 2.0)
    for grave, flag in enumerate(reversed(AGAINST), start=3):
        rank[columns.flag(flag).true] = grave
    rank[columns.flag("abstained").true] = 1.0
    rank[columns.flag("correct").true] = 0.0
    return rank


ORDERS: dict[str, Callable[[Columns], NDArray[np.float64]]] = {
    "run": _by_name("run"),
    "case": _by_name("case"),
    "condition": _by_name("condition"),
    "reader": _by_name("reader"),
    "chosen": _by_name("chosen"),
    "answer": _by_name("answer"),
    "outcome": _by_gravity,
    "subspecialty": _by_name("subspecialty"),
    "type": _by_name("question_type"),
    "day": _by_number("day"),
    "confidence": _by_number("confidence"),
    "ms": lambda columns: columns.milliseconds,
    "calls": _by_number("calls"),
    "tokens": lambda columns: columns.numbers("prompt_tokens") + columns.numbers("completion_tokens"),
    "money": _by_number("money"),
}
"""The fields that runs can be listed by."""


def ordered(columns: Columns, places: NDArray[np.int64], by: str, *, descending: bool = False) -> NDArray[np.int64]:
    """These runs by a field; raises ``ValueError`` for one that runs cannot be listed by."""
    if by not in ORDERS:
        raise ValueError(f"--sort: expected one of {', '.join(ORDERS)}, got {by!r}{nearest(by, ORDERS)}")
    keys = ORDERS[by](columns)[places]
    return places[np.argsort(-keys if descending else keys, kind="stable")]  # NaN stands last either way
