"""Files of results, each written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evitrail.traces.record import Record, canonical_json
from evitrail.traces.whole_file import replace_text

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell, at its beginning."""


def write_json(path: Path, value: object) -> None:
    """One JSON document, whole or not at all."""
    replace_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Records as JSON lines, whole or not at all."""
    replace_text(path, "".join(f"{canonical_json(record.model_dump(mode='json'))}\n" for record in records))


def write_tables(path: Path, tables: Mapping[str, object]) -> None:
    """One JSON document of several tables, with one row a line."""
    replace_text(path, "{" + ",".join(f"\n{_line(name)}: {_rows(table)}" for name, table in tables.items()) + "\n}\n")


def write_csv(path: Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> None:
    """A table of comma-separated values with the names of its columns; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: in_spreadsheet(value) for key, value in row.items()} for row in rows)
    replace_text(path, text.getvalue())


def in_spreadsheet(value: object) -> object:
    """A cell that a spreadsheet shows and does not compute."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _rows(table: object) -> str:
    if not isinstance(table, list) or not table:
        return _line(table)
    return "[\n " + ",\n ".join(map(_line, table)) + "\n]"


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
