"""A table of text, as spreadsheets and databases write it: a header, and a row for each thing.

Rules kept here
- Comma, semicolon or tab: what cuts the header into most cells stands between the cells of every row.
- A row has a cell for each column, or it is refused; so is a column that stands twice. Empty lines are passed over.
- A cell may hold line breaks and be as long as a guideline.

    table = read_table(Path("evidence.csv"))
    table.columns, [(place, row["title"]) for place, row in table.rows]
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from evitrail.evidence_store.input_lines import LinePosition
from evitrail.evidence_store.input_text import InputError, read_text

DELIMITERS = (",", ";", "\t")
LONGEST_CELL = 2**27
SEPARATOR = re.compile(r"sep=(.)\n")
"""The first line that Excel writes, and reads, to say what stands between the cells."""


class Table(NamedTuple):
    """A table as it was read."""

    columns: tuple[str, ...]
    rows: list[tuple[LinePosition, dict[str, str]]]
    """Each with the line that it begins on; cells without blanks round them."""


def read_table(path: Path) -> Table:
    """The table in a file, plain or gzipped; raises ``InputError`` with every fault."""
    text = read_text(path)
    said = SEPARATOR.match(text)
    header_at = 2 if said else 1
    body = text[said.end() :] if said else text
    first = body.partition("\n")[0]
    delimiter = said[1] if said else max(DELIMITERS, key=lambda one: (first.count(one), -DELIMITERS.index(one)))
    with _long_cells():
        lines = list(_lines(path, body, delimiter, header_at))
    if not lines:
        return Table((), [])
    (place, header), *rest = lines
    columns = tuple(cell.strip() for cell in header)
    faults = [f"{place}: column {name!r} stands twice" for name in sorted({c for c in columns if columns.count(c) > 1})]
    faults += [
        f"{at}: expected {len(columns)} cells, one for each column, got {len(cells)}"
        for at, cells in rest
        if len(cells) != len(columns)
    ]
    if faults:
        raise InputError(faults)
    return Table(columns, [(at, dict(zip(columns, map(str.strip, cells), strict=True))) for at, cells in rest])


def _lines(path: Path, text: str, delimiter: str, first: int) -> Iterator[tuple[LinePosition, list[str]]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = first
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield LinePosition(str(path), begins), cells
            begins = reader.line_num + first
    except csv.Error as error:
        raise InputError([f"{path}:{begins}: expected a table, got a row that cannot be read ({error})"]) from error


@contextmanager
def _long_cells() -> Iterator[None]:
    """csv refuses cells of more than 128 KiB unless it is told otherwise, for the whole process."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)
