"""Read JSON lines into records, each with the place where it stands.

Rules kept here
- All faults of a file are collected, each with file and line; then one error is raised. Nothing is half read.
- A file of another form is refused once, with the form it looks like, and not for every line.

    cases = read_lines([Path("benchmark.jsonl")], Case)     # [(LinePosition("benchmark.jsonl", 1), Case(…)), …]
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from evitrail.evidence_store.input_form import FORMS, form_of_text
from evitrail.evidence_store.input_record import fault_lines, from_json
from evitrail.evidence_store.input_text import InputError, json_value, read_text
from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)


class LinePosition(NamedTuple):
    """Where a record was read."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read_lines(paths: Iterable[Path], returns: type[R]) -> list[tuple[LinePosition, R]]:
    """Every non-empty line as a record; raises ``InputError`` with all faults."""
    read: list[tuple[LinePosition, R]] = []
    faults: list[str] = []
    for path in paths:
        text = read_text(path)
        if fault := _no_lines(path, text):
            faults.append(fault)
            continue
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            place = LinePosition(str(path), number)
            try:
                read.append((place, from_json(returns, _object(line))))
            except ValidationError as error:
                faults += [f"{place}: {fault}" for fault in fault_lines(error, returns)]
            except ValueError as error:
                faults.append(f"{place}: {error}")
    if faults:
        raise InputError(faults)
    return read


def _no_lines(path: Path, text: str) -> str | None:
    """Why a file as a whole is not of JSON lines, so that it is said once and not for every line."""
    form = form_of_text(text)
    if form in ("jsonl", "fhir") or (form is None and not text.lstrip().startswith("[")):
        return None
    expected = f"{path}: expected JSON lines, one object a line"
    if form in ("json", None):
        return f"{expected}; it is one JSON document: write each object on a line" if _is_document(text) else None
    return f"{expected}; it looks like {FORMS[form]}"


def _is_document(text: str) -> bool:
    try:
        json_value(text)
    except ValueError:
        return False
    return "\n" in text.strip() or text.lstrip().startswith("[")


def jsonl_files(path: Path) -> list[Path]:
    """The file itself, or all ``*.jsonl`` of a folder in name order."""
    if path.is_dir():
        files = sorted(path.glob("*.jsonl"))
        if not files:
            raise InputError([f"{path}: expected *.jsonl files in this folder, found none"])
        return files
    if not path.is_file():
        raise InputError([f"{path}: expected a JSON lines file or a folder of them, found neither"])
    return [path]


def _object(line: str) -> dict[str, Any]:
    try:
        value = json_value(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected one JSON object, got broken JSON at column {error.colno} ({error.msg})") from error
    if not isinstance(value, dict):
        raise ValueError(f"expected one JSON object, got a {type(value).__name__}")
    return value
