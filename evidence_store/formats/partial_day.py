"""The day that a date of a bibliography names, where it may be a month or a year alone.

Rules kept here
- Of a month its first day is meant, of a year its first; that it was so is told beside it.
- A span (``2018 Jan-Feb``) begins where its first part does. A season is no month: its year alone is read.
- Days written as digits with slashes are year first. What begins with a day or month is not guessed at.

    >>> partial_day("2018 Jan 16"), partial_day("2018-01"), partial_day("2018 Winter")
    (PartialDay(day=datetime.date(2018, 1, 16), precision='day'), PartialDay(day=datetime.date(2018, 1, 1), precision='month'), PartialDay(day=datetime.date(2018, 1, 1), precision='year'))
"""  # noqa: E501 - one line of output

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

Precision = Literal["day", "month", "year"]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SEASONS = ("winter", "spring", "summer", "fall", "autumn")
NUMBERS = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?/{0,3}(?:T\S*)?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
WORDS = re.compile(r"(\d{4})(?:[ /]+([A-Za-z]+|\d{1,2})\.?(?:[ /]+(\d{1,2}))?)?/{0,2}(?:\s*-.*)?")


class PartialDay(NamedTuple):
    """A day, and how much of it was said."""

    day: date
    precision: Precision


def partial_day(said: Any) -> PartialDay:
    """The first day that a date may mean; raises ``ValueError`` for what is none."""
    if isinstance(said, datetime):
        return PartialDay(said.date(), "day")
    if isinstance(said, date):
        return PartialDay(said, "day")
    text = " ".join(str(said).split())
    found = COMPACT.fullmatch(text) or NUMBERS.fullmatch(text) or WORDS.fullmatch(text)
    if isinstance(said, (bool, float)) or found is None:
        raise ValueError(f"expected a day such as 2018-01-16, a month or a year, got {_shown(said)}")
    year, month, day = found.groups()
    try:
        month_number = _month(month)
        precision: Precision = "year" if month_number is None else "day" if day else "month"
        return PartialDay(date(int(year), month_number or 1, int(day) if day and month_number else 1), precision)
    except ValueError:
        raise ValueError(f"expected a day such as 2018-01-16, a month or a year, got {_shown(said)}") from None


def _month(said: str | None) -> int | None:
    if said is None or said.lower() in SEASONS:
        return None
    if said.isdecimal():
        return int(said)
    if (short := said[:3].lower()) in MONTHS:
        return MONTHS.index(short) + 1
    raise ValueError(said)


def _shown(said: Any) -> str:
    shown = repr(said)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"
