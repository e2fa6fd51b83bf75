"""Rows of an experiment's results as the columns that the pages evaluate queries over (``static/filter/columns.mjs``).

Rules kept here
- They are made from the rows, not from ``eval/query/columns.py``: two evaluators are compared, and share nothing.

    plain_columns(CASES["outcomes"], CASES["questions"], CASES["timings"])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import Any

MEASURING = ("check", "influence")
"""Steps that measure an answer: their time is not the run's."""


def plain_columns(
    rows: Sequence[dict[str, Any]], questions: Sequence[dict[str, Any]], timings: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The columns, as JSON has them."""
    found = {name: column([row[name] for row in rows]) for name in rows[0]}
    texts = {question["case"]: question["text"] for question in questions}
    spent: dict[str, float] = {}
    for step in timings:
        if "/" not in step["step"] and step["kind"] not in MEASURING:
            spent[step["run"]] = spent.get(step["run"], 0.0) + step["milliseconds"]
    found["text"] = column([texts.get(row["case"]) for row in rows])
    found["ms"] = {"kind": "number", "values": [_rounded(spent.get(row["run"])) for row in rows]}
    return {"n": len(rows), "columns": found}


def column(cells: Sequence[Any]) -> dict[str, Any]:
    """One column."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {bool}:
        return {"kind": "flag", "values": [2 if cell is None else int(cell) for cell in cells]}
    if kinds <= {int, float, date}:
        return {"kind": "number", "values": [_days(cell) if isinstance(cell, date) else cell for cell in cells]}
    if kinds <= {str}:
        return {"kind": "names", **_coded(cells)}
    ends = list(accumulate(len(cell or ()) for cell in cells))
    known = [int(cell is not None) for cell in cells]
    return {"kind": "lists", **_coded(item for cell in cells for item in cell or ()), "ends": ends, "known": known}


def _coded(values: Iterable[str | None]) -> dict[str, Any]:
    """Codes into the distinct values, which stand in no order that anything may rest on: the last comes first."""
    cells = list(values)
    distinct = sorted({cell for cell in cells if cell is not None}, reverse=True)
    places = {name: place for place, name in enumerate(distinct)}
    return {"distinct": distinct, "codes": [-1 if cell is None else places[cell] for cell in cells]}


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)


def _days(day: date) -> int:
    return (day - date(1970, 1, 1)).days
