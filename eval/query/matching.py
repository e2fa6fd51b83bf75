"""How a field's values are compared with its column: by name, in a list, as a number, a day, a level, or as text.

Rules kept here
- Commas mean any of; ``!=`` is the negation of ``:``. ``unknown`` asks for runs of which it is not known.
- A name that no run of the experiment can have is a fault, with the nearest name: a misspelt filter never silently
  matches nothing.
- Of a list it is enough that one value matches. Where none does and one is unknown, it is unknown.
- Names are compared letter by letter; text is searched without regard to upper and lower case.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.query.columns import Lists, Names
from evitrail.eval.query.parse import QueryError, unknown_name
from evitrail.eval.query.tree import Value, Where
from evitrail.eval.query.truth import Truth

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
IS = (":", "!=")
EPOCH = date(1970, 1, 1)
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNKNOWNS = "'unknown'"


def any_of(where: Where, one: Callable[[Value], Truth]) -> Truth:
    """What any of the values holds of; negated for ``!=``."""
    found = reduce(operator.or_, map(one, where.values))
    return ~found if where.op == "!=" else found


def name_in(
    where: Where,
    column: Names | Lists,
    what: str,
    known: Iterable[str],
    matches: Callable[[str, str], bool] = operator.eq,
) -> Truth:
    """The runs of which a name is one of these; ``matches`` takes what was asked and what is there."""
    expect_is(where, "a name")
    found = list(dict.fromkeys(known))

    def one(value: Value) -> Truth:
        if value.unknown:
            return column.unknown if isinstance(column, Lists) else Truth.known(~column.known)
        asked = value.text if value.upto is None else f"{value.text}..{value.upto}"
        if asked not in found and not any(matches(asked, name) for name in column.distinct):
            raise unknown_name(value.at, what, asked, found)
        return column.holds(lambda name: matches(asked, name))

    return any_of(where, one)


def level_in(where: Where, column: Lists, what: str, levels: Sequence[str]) -> Truth:
    """The runs with a value at, below or above a level; ``levels`` stand from the lowest to the highest."""

    def place(value: Value, name: str) -> int:
        if name not in levels:
            raise unknown_name(value.at, what, name, list(levels))
        return levels.index(name)

    def one(value: Value) -> Truth:
        if value.unknown:
            expect_is(where, UNKNOWNS)
            return column.unknown
        low = place(value, value.text)
        high = low if value.upto is None else place(value, value.upto)
        if where.op in IS:
            return column.holds(lambda name: low <= levels.index(name) <= high)
        _expect_no_range(where, value)
        return column.holds(lambda name: bool(COMPARE[where.op](levels.index(name), low)))

    return any_of(where, one)


def number_in(where: Where, column: NDArray[np.float64], what: str, read: Callable[[str], float]) -> Truth:
    """The runs whose number is one of these, in one of these ranges, or compares so."""
    known = ~np.isnan(column)

    def number(value: Value, text: str) -> float:
        try:
            return read(text)
        except ValueError:
            raise QueryError(value.at, f"expected {what}, got {text!r}") from None

    def one(value: Value) -> Truth:
        if value.unknown:
            expect_is(where, UNKNOWNS)
            return Truth.known(~known)
        low = number(value, value.text)
        high = low if value.upto is None else number(value, value.upto)
        if low > high:
            raise QueryError(value.at, f"expected a range from the lower to the higher, got '{value}'")
        with np.errstate(invalid="ignore"):
            if where.op in IS:
                return Truth.where(known, (low <= column) & (column <= high))
            _expect_no_range(where, value)
            return Truth.where(known, COMPARE[where.op](column, low))

    return any_of(where, one)


def plain_number(text: str) -> float:
    """A finite number as people write it; raises ``ValueError``."""
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def day_number(text: str) -> float:
    """A day, as days since 1970; raises ``ValueError``."""
    if not DAY.fullmatch(text):
        raise ValueError(text)
    return float((date.fromisoformat(text) - EPOCH).days)


def text_in(where: Where, column: Names) -> Truth:
    """The runs whose text holds one of these."""
    expect_is(where, "a text")
    return any_of(where, lambda value: holding(column, value) if not value.unknown else Truth.known(~column.known))


def holding(column: Names, value: Value) -> Truth:
    """The runs whose text holds this one."""
    sought = (value.text if value.upto is None else f"{value.text}..{value.upto}").lower()
    return column.holds(lambda text: sought in text.lower())


def flag_in(where: Where, flag: Truth) -> Truth:
    """The runs for which a flag is as asked: yes, no or unknown."""
    expect_is(where, "a flag")
    asked = {"yes": flag, "no": ~flag}

    def one(value: Value) -> Truth:
        if value.unknown:
            return Truth.known(flag.unknown)
        if str(value) not in asked:
            raise unknown_name(value.at, "a value", value.text, [*asked, "unknown"])
        return asked[value.text]

    return any_of(where, one)


def expect_is(where: Where, what: str) -> None:
    """Raise ``QueryError`` where what has no order is compared by it."""
    if where.op not in IS:
        said = f"expected ':' or '!=' after {where.name!r}, because {what} has no order"
        raise QueryError(where.at, f"{said}; got {where.op!r}")


def _expect_no_range(where: Where, value: Value) -> None:
    if value.upto is not None:
        raise QueryError(value.at, f"expected one value after {where.op!r}, got the range '{value}'")
