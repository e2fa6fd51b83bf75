"""A plan's file: TOML read into a record, every fault told in a line, and written whole or not at all.

Rules kept here
- No address in a plan holds a login, whichever key it stands under: it is refused, unread and unwritten.
- Nothing that stands there is converted: ``"5"`` and ``true`` are no numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import ValidationError

from evitrail.evidence_store.input_record import fault_lines, from_toml
from evitrail.evidence_store.input_text import InputError, read_toml
from evitrail.traces.known_secrets import has_login
from evitrail.traces.record import Record
from evitrail.traces.whole_file import replace_text

R = TypeVar("R", bound=Record)


def read_plan_file(path: Path, returns: type[R]) -> R:
    """The plan in a file; raises ``InputError`` with every fault."""
    if path.is_dir():
        own = path / "plan.toml"
        hint = f"; the plan in it is {own}" if own.is_file() else ""
        raise InputError([f"{path}: expected a plan file, got a folder{hint}"])
    if not path.is_file():
        raise InputError([f"{path}: expected a plan, cannot read it: there is no such file"])
    try:
        written = read_toml(path)
        refuse_logins(written, f"{path}: ")
        return from_toml(returns, written)
    except ValidationError as error:
        raise InputError([f"{path}: {fault}" for fault in fault_lines(error, returns)]) from error


def write_plan_file(path: Path, written: Mapping[str, Any]) -> None:
    """Write a plan's keys; what lies there is replaced at once, or stays."""
    refuse_logins(written)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, tomli_w.dumps(written))


def refuse_logins(written: Mapping[str, Any], where: str = "") -> None:
    """Raise ``InputError`` for an address that holds a user or password: a plan is kept, shown and handed on."""
    faults = [
        f"{where}key {key!r}: expected an address without user or password, got one with a login, which would be"
        " written down; give a key in an environment variable, and name it with key_env"
        for key, value in written.items()
        if any(map(has_login, _texts(value)))
    ]
    if faults:
        raise InputError(faults)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from (str(key), *_texts(one))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
