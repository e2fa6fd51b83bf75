"""Reads evidence from a table, as a spreadsheet saves it: a version for each row.

    id,version,title,text,kind,published
    uti-nitrofurantoin,2020,Nitrofurantoin for UTI,Give nitrofurantoin …,guideline,2020-06-01

Rules kept here
- A column is named as the field of ``evidence.jsonl`` is, or the map says which column holds it.
- ``topics``, ``jurisdiction`` and ``includes`` hold several, with semicolons between; ``retracted`` and ``concern`` are
  true or false. An empty cell says nothing.
- A row without a text is a fault. Columns that are no field are not read, and told; so is a grade (it has judgements).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evitrail.evidence_store.formats.base import Defaults, EvidenceFormat, Parsed, files_of
from evitrail.evidence_store.formats.field_map import SEVERAL, TRUTH, named_columns, truth
from evitrail.evidence_store.formats.table import Table, read_table
from evitrail.evidence_store.formats.work import Work, versions
from evitrail.evidence_store.input_text import InputError

ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def table_rows(path: Path, defaults: Defaults) -> Parsed:
    """The versions of a file, or of the files of a folder."""
    works: list[Work] = []
    notes: list[str] = []
    faults: list[str] = []
    for file in files_of(path, ENDINGS):
        try:
            table = read_table(file)
            called = named_columns(f"{file}:1", table.columns, defaults)
            works += _works(table, called)
        except InputError as error:
            faults += error.faults
            continue
        if unread := [name for name in table.columns if name not in called.values()]:
            notes.append(f"{file}: columns not read: {', '.join(map(repr, unread))}")
    if faults:
        raise InputError(faults)
    return versions(works, defaults, path, notes)


def _works(table: Table, called: dict[str, str]) -> Iterator[Work]:
    faults = []
    for place, row in table.rows:
        fields: dict[str, Any] = {}
        for field, column in called.items():
            try:
                fields[field] = _cell(field, row[column])
            except ValueError as error:
                faults.append(f"{place}: column {column!r}: {error}")
        if not fields.get("text"):
            faults.append(f"{place}: expected a text in column {called.get('text', 'text')!r}, got none")
        yield Work(str(place), fields)
    if faults:
        raise InputError(faults)


def _cell(field: str, cell: str) -> str | bool | Sequence[str] | None:
    if field in SEVERAL:
        return tuple(one.strip() for one in cell.split(";") if one.strip())
    if field in TRUTH and cell:
        return truth(cell)
    return cell or None


CSV = EvidenceFormat(
    "csv", "a table with a column for each field", ENDINGS, table_rows, forms=("csv",), takes=("columns", "values")
)
