"""Read JSON lines into records, and say in one line each what is wrong with the ones that do not fit.

Rules kept here
- All faults of a file are collected, each with file and line; then one error is raised. Nothing is
  half read.
- A fault says what was expected, what was got and where. pydantic's own words do not reach a user.
- Nothing is converted: ``"5"`` and ``true`` are no numbers, ``"no"`` is no false. A text of blanks says nothing.
- What is nested too deeply to be read is a fault like any other.

    cases = read_lines([Path("benchmark.jsonl")], Case)     # [(LinePosition("benchmark.jsonl", 1), Case(…)), …]
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from evitrail.evidence_store.input_form import FORMS, form_of_text
from evitrail.evidence_store.input_text import InputError, json_value, read_text
from evitrail.traces.record import Record

__all__ = ["InputError", "LinePosition", "fault_lines", "fitting", "jsonl_files", "read_lines"]

R = TypeVar("R", bound=Record)

SHOWN_OF_VALUE = 200
"""Characters shown of a value that does not fit."""
SAYING = ("text", "title", "stem", "reason", "override_reason", "waiver")
"""Keys of texts that must say something; so must every option."""


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
                read.append((place, as_written(returns, _object(line))))
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
    said = f"{path}: expected JSON lines, one object a line"
    if form in ("json", None):
        return f"{said}; it is one JSON document: write each object on a line" if _is_document(text) else None
    return f"{said}; it looks like {FORMS[form]}"


def _is_document(text: str) -> bool:
    try:
        json_value(text)
    except ValueError:
        return False
    return "\n" in text.strip() or text.lstrip().startswith("[")


def as_written(returns: type[R], value: Any) -> R:
    """A JSON value that somebody wrote as a record, each part of the type it must have.

    Raises ``ValidationError`` where one is of another type, ``ValueError`` where a text is blank.
    """
    record = returns.model_validate_json(json.dumps(value), strict=True)
    if blank := next(_blanks(value), None):
        raise ValueError(f"key {blank!r}: expected a text, got blanks only")
    return record


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


def fault_lines(error: ValidationError, record: type[Record]) -> list[str]:
    """Each thing pydantic found, as ``key 'grade.certainty': expected …, got …``."""
    return [_fault(dict(found), record) for found in error.errors(include_url=False)]


def fitting(returns: type[R], given: dict[str, Any]) -> R:
    """What a person gave as options, as a record; raises ``InputError`` naming the option that does not fit."""
    try:
        return returns.model_validate(given)
    except ValidationError as error:
        raise InputError(
            [re.sub(r"^key '(\w+)[^']*'", _option, fault) for fault in fault_lines(error, returns)]
        ) from error


def _option(key: re.Match[str]) -> str:
    return f"--{key[1].replace('_', '-')}"


def _fault(found: dict[str, Any], record: type[Record]) -> str:
    key = ".".join(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        known = f"; expected one of {', '.join(record.model_fields)}" if len(found["loc"]) == 1 else ""
        return f"unknown key {key!r}{known}"
    if found["type"] == "missing":
        return f"key {key!r} is missing"
    if found["type"] == "value_error":
        return (f"key {key!r}: " if key else "") + str(found["ctx"]["error"])
    if found["type"] == "json_invalid":
        return str(found["msg"][0].lower() + found["msg"][1:])
    if found["type"] == "too_short":
        return f"key {key!r}: expected {found['ctx']['min_length']} or more, got {_shown(found['input'])}"
    said = found["msg"][0].lower() + found["msg"][1:]
    return f"key {key!r}: {said.replace('input should be', 'expected')}, got {_shown(found['input'])}"


def _blanks(value: Any, within: str = "") -> Iterator[str]:
    """The keys of texts that should say something, and are blank."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        at = f"{within}{key}"
        if isinstance(inner, str):
            if inner.isspace() and (key in SAYING or within == "options."):
                yield at
        elif key != "meta":
            yield from _blanks(inner, f"{at}.")


def _shown(value: Any) -> str:
    """The value as it was given, cut where it is long."""
    try:
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
    except RecursionError:
        return "what is nested too deeply"
    return shown if len(shown) <= SHOWN_OF_VALUE else f"{shown[:SHOWN_OF_VALUE]} …"


def _object(line: str) -> dict[str, Any]:
    try:
        value = json_value(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected one JSON object, got broken JSON at column {error.colno} ({error.msg})") from error
    if not isinstance(value, dict):
        raise ValueError(f"expected one JSON object, got a {type(value).__name__}")
    return value
