"""The rows of a published file, each with the line it begins on, as records; or every fault, one a line.

Rules kept here
- JSON lines, a JSON array and a CSV are read alike; the name's ending says which it is.
- All faults are collected before one error is raised; nothing is half read.

    read_rows(Path("risk_radiorag_full_merged.json"), Labelled)     # [(LinePosition("…", 1), Labelled(…)), …]
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from evitrail.eval.safe_scale.columns import csv_rows
from evitrail.evidence_store.input_lines import LinePosition, read_lines
from evitrail.evidence_store.input_record import fault_lines
from evitrail.evidence_store.input_text import InputError, json_value_at, read_text
from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)

NEWLINE = "\n"


def read_rows(path: Path, returns: type[R], columns: Path | None = None) -> list[tuple[LinePosition, R]]:
    """Every row of the file; ``columns`` is the column map of a CSV."""
    if columns is not None and path.suffix != ".csv":
        raise InputError([f"{path}: expected a .csv with a column map, got {path.suffix or 'no ending'!r}"])
    if path.suffix == ".jsonl":
        read = read_lines([path], returns)
    elif path.suffix in (".json", ".csv"):
        read = _fitted(csv_rows(path, columns) if path.suffix == ".csv" else _array(path), returns)
    else:
        got = "a folder" if path.is_dir() else repr(path.suffix or "no ending")
        raise InputError([f"{path}: expected a .json, .jsonl or .csv file, got {got}"])
    if not read:
        raise InputError([f"{path}: expected at least one question, found none"])
    return read


def _fitted(rows: Iterable[tuple[LinePosition, dict[str, Any]]], returns: type[R]) -> list[tuple[LinePosition, R]]:
    read, faults = [], []
    for place, row in rows:
        try:
            read.append((place, returns.model_validate(row)))
        except ValidationError as error:
            faults += [f"{place}: {fault}" for fault in fault_lines(error, returns)]
    if faults:
        raise InputError(faults)
    return read


def _array(path: Path) -> list[tuple[LinePosition, dict[str, Any]]]:
    """The objects of a JSON array, each with the line it begins on."""
    text = read_text(path)
    rows: list[tuple[LinePosition, dict[str, Any]]] = []
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        raise InputError([f"{path}:1: expected a JSON array of questions"])
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        place = LinePosition(str(path), text.count(NEWLINE, 0, at) + 1)
        try:
            value, at = json_value_at(text, at)
        except json.JSONDecodeError as error:
            raise InputError([f"{path}:{error.lineno}: broken JSON at column {error.colno} ({error.msg})"]) from error
        except ValueError as error:
            raise InputError([f"{place}: {error}"]) from error
        if not isinstance(value, dict):
            raise InputError([f"{place}: expected a JSON object, got a {type(value).__name__}"])
        rows.append((place, value))
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise InputError([f"{path}:{text.count(NEWLINE, 0, at) + 1}: expected ',' or ']' after a question"])
    return rows


def _skip(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
