"""What differs between two values of JSON, field by field: texts word by word, all else by its value.

Rules kept here
- A list of plain values is one field; lists of records are matched by place.
- A field that one side does not have is None there; null is the word ``null``.
- At most ``MOST`` fields are listed; the last one then gives the number of the others.

    field_diffs({"k": 5}, {"k": 10})[0].field      # "k"
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from evitrail.traces.record import Record
from evitrail.workbench.api.diff.word_diff import Change, word_diff

MOST = 60
"""Fields that are listed at most."""


class FieldDiff(Record):
    """One field that is not the same."""

    field: str
    first: str | None
    second: str | None
    words: tuple[Change, ...]
    """Both word by word; empty where one of them has none."""


def field_diffs(first: Any, second: Any) -> tuple[FieldDiff, ...]:
    """The fields that differ, in the order in which they stand."""
    found = _differing(_flat(first), _flat(second))
    told = [*islice(found, MOST)]
    more = sum(1 for _ in found)
    return tuple(told) + ((FieldDiff(field=f"and {more} more", first=None, second=None, words=()),) if more else ())


def _differing(first: dict[str, str], second: dict[str, str]) -> Iterator[FieldDiff]:
    for name in {**first, **second}:
        was, now = first.get(name), second.get(name)
        if was != now:
            words = word_diff(was, now) if was is not None and now is not None else ()
            yield FieldDiff(field=name, first=was, second=now, words=words)


def _flat(value: Any) -> dict[str, str]:
    return dict(_fields(value, "")) if value is not None else {}


def _fields(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(item, f"{at}.{key}" if at else key)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for place, item in enumerate(value, start=1):
            yield from _fields(item, f"{at}[{place}]")
    elif isinstance(value, list):
        yield at or "value", " ".join(map(_text, value))
    else:
        yield at or "value", _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
