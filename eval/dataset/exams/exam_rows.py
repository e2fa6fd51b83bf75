"""The rows of a question file, however it lays them out: JSON lines, a JSON list, one object with all, or a table.

Rules kept here
- An object of objects is one row each, its key the row's ``id`` if it has none; ``questions``, ``data`` and ``rows``
  are looked into, and of Hugging Face's ``rows`` each ``row``.
- A table has a header, or where the form says so none: then its columns are numbered from 0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.evidence_store.formats.table import read_table
from evitrail.evidence_store.input_text import InputError, json_value, read_text

WITHIN = ("questions", "data", "rows")
Row = dict[str, Any]


class Placed(NamedTuple):
    """A row, and where it stands."""

    place: str
    row: Row


def json_rows(path: Path) -> list[Placed]:
    """The rows of a JSON or JSON lines file; raises ``InputError`` in one line where it is neither."""
    text = read_text(path)
    try:
        found = list(_of(path, json_value(text)))
    except json.JSONDecodeError:
        found = list(_lines(path, text))
    except ValueError as error:
        raise InputError([f"{path}: {error}"]) from error
    if not found:
        raise InputError([f"{path}: expected questions as JSON objects, found none"])
    return found


def table_rows(path: Path) -> list[Placed]:
    """The rows of a table with a header."""
    return [Placed(str(place), dict(row)) for place, row in read_table(path).rows]


def bare_rows(path: Path) -> list[Placed]:
    """The rows of a table without one."""
    lines = csv.reader(StringIO(read_text(path)))
    return [
        Placed(f"{path}:{lines.line_num}", {str(at): cell for at, cell in enumerate(cells)})
        for cells in lines
        if any(cells)
    ]


def _lines(path: Path, text: str) -> Iterator[Placed]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json_value(line)
        except ValueError as error:
            raise InputError([f"{path}:{number}: expected JSON ({error})"]) from error
        if not isinstance(value, dict):
            raise InputError([f"{path}:{number}: expected a JSON object, got {value!r}"[:300]])
        yield Placed(f"{path}:{number}", value)


def _of(path: Path, value: Any) -> Iterator[Placed]:
    if isinstance(value, dict):
        for name in WITHIN:
            if isinstance(value.get(name), list):
                value = value[name]
                break
        else:
            if value and all(isinstance(one, dict) for one in value.values()):
                value = [{"id": key, **one} for key, one in value.items()]
            else:
                value = [value]
    if not isinstance(value, Sequence) or isinstance(value, str):
        return
    for number, one in enumerate(value, 1):
        row = one["row"] if isinstance(one, dict) and isinstance(one.get("row"), dict) else one
        if not isinstance(row, dict):
            raise InputError([f"{path}: question {number}: expected a JSON object, got {row!r}"[:300]])
        yield Placed(f"{path}: question {number}", row)
