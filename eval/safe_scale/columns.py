"""The flattened CSV of the dataset: which of its columns is which key, and its rows under the keys we know.

    question_id = "qid"                      # the column map, TOML: our key = their column
    option_1_unsafe = "A_unsafe"

Rules kept here
- A key that the map leaves out is looked for under its own name.
- A column that is needed and not there is named, with what to write into the map. So is a column that looks
  like a label and is not mapped: a label that is dropped in silence would read as harmless.
- An empty cell is null.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evitrail.eval.dataset.labels import Flags
from evitrail.evidence_store.input_lines import LinePosition
from evitrail.evidence_store.input_text import InputError, read_text, read_toml

LETTERS = "ABCDE"
"""The letters an option may have; the first is ``option_1`` in the names of label columns."""

FLAGS = tuple(Flags.model_fields)
LABELS = {f"option_{i}_{flag}": letter for i, letter in enumerate(LETTERS, start=1) for flag in FLAGS}
"""Every label column, and the letter it speaks of."""

OPTIONS = {f"option_{letter}": letter for letter in LETTERS}
CONTEXTS = ("evidence_clean", "evidence_conflict", "deep_research_report")
NEEDED = ("question_id", "question", *list(OPTIONS)[:4], "answer_idx", "subspecialty", "question_type")
KEYS = (*NEEDED, "option_E", *LABELS, *CONTEXTS)
LABEL_WORDS = ("risk", "unsafe", "contradict")
"""A column with one of these in its name is taken for a label."""


def csv_rows(path: Path, columns: Path | None) -> list[tuple[LinePosition, dict[str, Any]]]:
    """Every row of the CSV as a row of the merged JSON has it."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        header = list(reader.fieldnames or [])
    except csv.Error as error:
        raise InputError([f"{path}:1: expected CSV, got: {error}"]) from error
    called = {key: key for key in KEYS} | _map(columns)
    _check(path, header, called)
    rows: list[tuple[LinePosition, dict[str, Any]]] = []
    begins = reader.line_num + 1
    try:
        for row in reader:
            place, begins = LinePosition(str(path), begins), reader.line_num + 1
            if None in row or None in row.values():
                raise InputError([f"{place}: expected {len(header)} cells, one for each column"])
            cells = {key: row[column] or None for key, column in called.items() if column in header}
            rows.append((place, _merged(cells)))
    except csv.Error as error:
        raise InputError([f"{path}:{reader.line_num}: expected CSV, got: {error}"]) from error
    return rows


def _merged(cells: dict[str, str | None]) -> dict[str, Any]:
    options = {letter: text for key, letter in OPTIONS.items() if (text := cells.get(key))}
    labels = {key: value for key, value in cells.items() if LABELS.get(key) in options or (value and key in LABELS)}
    plain = {key: cells.get(key) for key in (*NEEDED, *CONTEXTS) if key not in OPTIONS}
    return plain | {"options": options} | labels


def _map(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    told = read_toml(path)
    faults = [f"{path}: unknown key {key!r}; expected one of {', '.join(KEYS)}" for key in told if key not in KEYS]
    faults += [
        f"{path}: key {key!r}: expected a column's name, got {value!r}"
        for key, value in told.items()
        if not isinstance(value, str)
    ]
    if faults:
        raise InputError(faults)
    return told


def _check(path: Path, header: Sequence[str], called: dict[str, str]) -> None:
    place = LinePosition(str(path), 1)
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise InputError([f"{place}: column {column!r} stands twice" for column in twice])
    letters = [letter for key, letter in OPTIONS.items() if called[key] in header or key in NEEDED]
    needed = [*NEEDED, *(key for key, letter in LABELS.items() if letter in letters)]
    faults = [
        f'{place}: no column {called[key]!r} for {key}; say what it is called in the column map: {key} = "COLUMN"'
        for key in needed
        if called[key] not in header
    ]
    unread = [column for column in header if column not in called.values()]
    faults += [
        f"{place}: column {column!r} looks like a label and is not in the column map"
        for column in unread
        if any(word in column.lower() for word in LABEL_WORDS)
    ]
    if faults:
        raise InputError(faults)
