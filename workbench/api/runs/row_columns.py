"""Rows of runs as columns of the pack (``pack.py``), for a browser that adds them to the pack it has.

    {"run": {"kind": "names", "distinct": ["gated.q7"], "codes": [0]}, "correct": {"kind": "flag", "values": [1]}}

Rules kept here
- The columns are those that a row of the results has; unknown is as in a pack, but a number that is unknown is null.

    row_columns([new_row(journal, run)])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import Any

from evitrail.eval.query.columns import Names
from evitrail.workbench.api.runs.pack import FLAGS, LISTS, NAMES, NUMBERS, UNKNOWN_FLAG

TEXT = "text"
EPOCH = date(1970, 1, 1)


def row_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The columns, by name."""
    known = rows[0].keys() if rows else {"run"}
    names = {name: {"kind": "names", **_coded(row[name] for row in rows)} for name in (*NAMES, TEXT) if name in known}
    lists = {name: _lists([row[name] for row in rows]) for name in LISTS if name in known}
    flags = {name: _values("flag", [_flag(row[name]) for row in rows]) for name in FLAGS if name in known}
    numbers = {name: _values("number", [_number(row[name]) for row in rows]) for name in NUMBERS if name in known}
    return names | lists | flags | numbers


def _values(kind: str, values: Sequence[float | None]) -> dict[str, Any]:
    return {"kind": kind, "values": list(values)}


def _coded(values: Iterable[str | None]) -> dict[str, Any]:
    column = Names.of(values)
    return {"distinct": list(column.distinct), "codes": column.codes.tolist()}


def _lists(values: Sequence[Sequence[str | None] | None]) -> dict[str, Any]:
    return {
        "kind": "lists",
        **_coded(item for value in values for item in value or ()),
        "ends": list(accumulate(len(value or ()) for value in values)),
        "known": [int(value is not None) for value in values],
    }


def _flag(value: bool | None) -> int:
    return UNKNOWN_FLAG if value is None else int(value)


def _number(value: Any) -> float | None:
    return (value - EPOCH).days if isinstance(value, date) else value
