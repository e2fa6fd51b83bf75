"""What somebody wrote as a record: a JSON value, the tables of a TOML file, options of the command line.

Rules kept here
- Of JSON and TOML nothing is converted: ``"5"`` and ``true`` are no numbers, ``"no"`` is no false.
- A text of blanks is refused where a record must say something.
- A fault says what was expected, what was got and where. pydantic's own words do not reach a user.

    from_json(Case, json_value(line))          # raises ValidationError: fault_lines(error, Case)
    from_toml(Plan, read_toml(path))
    fitting(Contradiction, {"kind": kind})     # raises InputError, which names --kind
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import Record

R = TypeVar("R", bound=Record)

SHOWN_OF_VALUE = 200
"""Characters shown of a value that does not fit."""
NEVER_BLANK = ("text", "title", "stem", "reason", "override_reason", "waiver")
"""Keys of texts that must say something, whichever record has them; so must every option of a case."""


def from_json(returns: type[R], value: Any) -> R:
    """A JSON value as a record.

    Raises ``ValidationError`` where one is of another type, ``ValueError`` where a text is blank.
    """
    record = returns.model_validate_json(json.dumps(value), strict=True)
    if blank := next(_blanks(value), None):
        raise ValueError(f"key {blank!r}: expected a text, got blanks only")
    return record


def from_toml(returns: type[R], value: Any) -> R:
    """Tables of TOML as a record; raises ``ValidationError`` where a value is of another type."""
    return returns.model_validate(_frozen(value), strict=True)


def fitting(returns: type[R], given: dict[str, Any]) -> R:
    """What a person gave as options, as a record; raises ``InputError`` naming the option that does not fit."""
    try:
        return returns.model_validate(given)
    except ValidationError as error:
        raise InputError(
            [re.sub(r"^key '(\w+)[^']*'", _option, fault) for fault in fault_lines(error, returns)]
        ) from error


def fault_lines(error: ValidationError, record: type[Record]) -> list[str]:
    """Each thing pydantic found, as ``key 'grade.certainty': expected …, got …``."""
    return [_fault(dict(found), record) for found in error.errors(include_url=False)]


def _frozen(value: Any) -> Any:
    """The value with tuples for lists, as records have them; otherwise a list would be of the wrong type."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _blanks(value: Any, within: str = "") -> Iterator[str]:
    """The keys of texts that should say something, and are blank."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        at = f"{within}{key}"
        if isinstance(inner, str):
            if inner.isspace() and (key in NEVER_BLANK or within == "options."):
                yield at
        elif key != "meta":
            yield from _blanks(inner, f"{at}.")


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
    said = said.replace("input should be", "expected").replace("a valid tuple", "a list")
    return f"key {key!r}: {said}, got {_shown(found['input'])}"


def _shown(value: Any) -> str:
    """The value as it was given, cut where it is long."""
    try:
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
    except RecursionError:
        return "what is nested too deeply"
    return shown if len(shown) <= SHOWN_OF_VALUE else f"{shown[:SHOWN_OF_VALUE]} …"
