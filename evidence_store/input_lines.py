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
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)

SHOWN = 10
"""Faults listed before the rest are only counted."""
QUOTED = 200
"""Characters shown of a value that does not fit."""
NESTED = "expected values in values to a depth that can be read, got them nested too deeply"
SAYING = ("text", "title", "stem", "reason", "override_reason", "waiver")
"""Keys of texts that must say something; so must every option."""


class InputError(ValueError):
    """A file given to us cannot be used; the message lists its faults, one a line."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = [f"… and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        super().__init__("\n".join([*faults[:SHOWN], *more]))
        self.faults = tuple(faults)


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
        for number, line in enumerate(_text(path).split("\n"), start=1):
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


def as_written(returns: type[R], value: Any) -> R:
    """A JSON value that somebody wrote as a record, each part of the type it must have.

    Raises ``ValidationError`` where one is of another type, ``ValueError`` where a text is blank.
    """
    record = returns.model_validate_json(json.dumps(value), strict=True)
    if blank := next(_blanks(value), None):
        raise ValueError(f"key {blank!r}: expected a text, got blanks only")
    return record


def toml_table(path: Path, text: str) -> dict[str, Any]:
    """The tables of a TOML file; raises ``InputError`` where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError([f"{path}: expected TOML, got: {error}"]) from error
    except RecursionError as error:
        raise InputError([f"{path}: {NESTED}"]) from error


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
        return NESTED if "recursion" in found["msg"] else found["msg"][0].lower() + found["msg"][1:]
    if found["type"] == "too_short":
        return f"key {key!r}: expected {found['ctx']['min_length']} or more, got {_quoted(found['input'])}"
    said = found["msg"][0].lower() + found["msg"][1:]
    return f"key {key!r}: {said.replace('input should be', 'expected')}, got {_quoted(found['input'])}"


def _quoted(value: Any) -> str:
    try:
        text = str(value).lower() if isinstance(value, bool) else repr(value)
    except RecursionError:
        return "what is nested too deeply"
    return text if len(text) <= QUOTED else f"{text[:QUOTED]} …"


def _blanks(value: Any, within: str = "") -> Iterator[str]:
    """The keys of texts that should say something, and are blank."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        at = f"{within}{key}"
        if isinstance(inner, str):
            if inner.isspace() and (key in SAYING or within == "options."):
                yield at
        elif key != "meta":
            yield from _blanks(inner, f"{at}.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: expected UTF-8, got another encoding at byte {error.start}"]) from error


def _object(line: str) -> dict[str, Any]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for n, (key, _) in enumerate(items) if key in {k for k, _ in items[:n]}]
        if twice:
            raise ValueError(f"key {twice[0]!r} stands twice")
        return dict(items)

    def constant(name: str) -> float:
        raise ValueError(f"expected a number, got {name}")

    try:
        value = json.loads(line, object_pairs_hook=pairs, parse_constant=constant)
    except RecursionError as error:
        raise ValueError(NESTED) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"expected one JSON object, got broken JSON at column {error.colno} ({error.msg})") from error
    if not isinstance(value, dict):
        raise ValueError(f"expected one JSON object, got a {type(value).__name__}")
    return value
