"""Numbers in clinical prose, read as numbers: 6 mm is 0.6 cm, and 45 years lies within 45 to 75 years.

Rules kept here
- A quantity is a closed interval in the base unit of its dimension; a lone number is an interval of one point.
- Two quantities are compared only within one dimension; a bare number is a dimension of its own.
- What cannot be read as a number is left to the words.
- A numeral is a number as it is written, without its unit: "1,000", "1000" and "1000.0" are one, "two" is 2.

    >>> [q] = quantities("a nodule of 0.6 cm")
    >>> q.low, q.high, q.dimension
    (6.0, 6.0, 'length')
    >>> quantities("aged 50 years or older")[0].holds(quantities("a 45-year-old man")[0])
    False

Dates, confidence intervals and blood pressures (120/80) are read as the numbers they contain, nothing more.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import NamedTuple

from evitrail.agent.reader.terms import READ

UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("mm", "millimeter", "millimetre"), ("length", 1.0)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), ("length", 10.0)),
    **dict.fromkeys(("mcg", "µg", "μg", "ug", "microgram"), ("mass", 0.001)),
    **dict.fromkeys(("mg", "milligram"), ("mass", 1.0)),
    **dict.fromkeys(("g", "gm", "gram"), ("mass", 1000.0)),
    **dict.fromkeys(("kg", "kilogram"), ("mass", 1e6)),
    **dict.fromkeys(("ml", "cc", "millilitre", "milliliter"), ("volume", 1.0)),
    **dict.fromkeys(("l", "litre", "liter"), ("volume", 1000.0)),
    **dict.fromkeys(("second", "sec"), ("time", 1 / 86400)),
    **dict.fromkeys(("minute", "min"), ("time", 1 / 1440)),
    **dict.fromkeys(("hour", "hr", "h"), ("time", 1 / 24)),
    "day": ("time", 1.0),
    **dict.fromkeys(("week", "wk"), ("time", 7.0)),
    "month": ("time", 365.25 / 12),
    **dict.fromkeys(("year", "yr", "y"), ("time", 365.25)),
    **dict.fromkeys(("%", "percent", "per cent"), ("share", 1.0)),
    **dict.fromkeys(("mmhg", "mm hg"), ("pressure", 1.0)),
    "mg/dl": ("mg/dl", 1.0),
    "g/dl": ("g/dl", 1.0),
    "mg/kg": ("mg/kg", 1.0),
    "ml/kg": ("ml/kg", 1.0),
    **dict.fromkeys(("ml/min", "ml/min/1.73 m2", "ml/min/1.73 m²", "ml/min/1.73m2"), ("ml/min", 1.0)),
    "mmol/l": ("mmol/l", 1.0),
    "g/l": ("g/dl", 0.1),
    "ng/ml": ("ng/ml", 1.0),
    "mg/l": ("mg/dl", 0.1),
    "mgy": ("dose of radiation", 1.0),
    "gy": ("dose of radiation", 1000.0),
    "hu": ("attenuation", 1.0),
    "dose": ("doses", 1.0),
}
CANONICAL = {spelling: next(u for u, v in UNITS.items() if v == UNITS[spelling]) for spelling in UNITS}
"""One spelling for each unit: "yr" is "year"."""
RHYTHMS = {
    "annual": ("year", 1),
    "year": ("year", 1),
    "biennial": ("year", 2),
    "month": ("month", 1),
    "week": ("week", 1),
}
RHYTHM = re.compile(r"\b(?:annual(?:ly)?|yearly|biennial(?:ly)?|monthly|weekly)\b", re.IGNORECASE)
AGE = re.compile(r"\bold(?:er)?\b|\byounger\b|of age", re.IGNORECASE)
WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        range(1, 13),
        strict=True,
    )
)

NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?|\b(?:" + "|".join(WORDS) + r")\b"
UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True))
AT_LEAST = r"≥|>=|>|at least|more than|greater than|over|older than|above|from|exceed(?:s|ing)?|larger than|longer than"
AT_MOST = r"≤|<=|<|at most|less than|fewer than|under|younger than|below|up to|smaller than|within|no more than"
NUMERAL = re.compile(
    r"(?<![\d.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?)|\b(?:" + "|".join(WORDS) + r")\b", re.IGNORECASE
)
STRICT = re.compile(
    r">|<|(?:more|greater|older|larger|longer|less|fewer|younger|smaller) than|over|above|under|below|exceed\w*"
)
QUANTITY = (
    rf"(?:(?P<least>{AT_LEAST})|(?P<most>{AT_MOST}))?\s*(?<![\w.])"
    rf"(?P<low>{NUMBER})(?:[\s-]?(?P<unit1>{UNIT})s?\b(?!/))?"
    rf"(?:\s*(?:-|–|—|to|through|and)\s*(?P<high>{NUMBER}))?"
    rf"(?:[\s-]?(?P<unit>{UNIT})(?:s\b|(?<=%)|\b)(?!/))?"
    r"(?:[\s-]*old\b|\s*of\s*age\b)?"
    r"(?:\s*(?P<more>and older|or older|and above|or above|and over|or more|or greater|or larger|\+)"
    r"|\s*(?P<fewer>or younger|and younger|or less|or fewer|or below|or smaller))?"
)


class Quantity(NamedTuple):
    """An interval of numbers of one dimension, and the words it was read from."""

    low: float
    high: float
    dimension: str
    text: str
    unit: str = ""
    """The unit as written, in lower case; empty for a bare number."""
    about: frozenset[str] = frozenset()
    """The few words before it: what is measured."""
    is_age: bool = False
    start: int = 0
    """Where it stands in its text."""

    @property
    def is_point(self) -> bool:
        return self.low == self.high

    def equals(self, other: Quantity) -> bool:
        """The same interval, to one part in a hundred (a year is 12 months, or 52 weeks)."""
        return self.dimension == other.dimension and _near(self.low, other.low) and _near(self.high, other.high)

    def comparable(self, other: Quantity) -> bool:
        """Whether one can be a condition on the other: an age on an age, hours on hours, an eGFR on an eGFR."""
        if self.dimension != other.dimension:
            return False
        if self.dimension == "time":
            return self.unit == other.unit and (self.is_age == other.is_age or (self._may_be_age and other._may_be_age))
        return self.dimension != "number" or bool(self.about & other.about)

    @property
    def _may_be_age(self) -> bool:
        return self.is_age or (
            self.unit == "year" and max(abs(v) for v in (self.low, self.high) if v != math.inf) > 6500
        )

    def holds(self, other: Quantity) -> bool:
        """Whether ``other`` lies within this interval."""
        return self.dimension == other.dimension and self.low <= other.low and other.high <= self.high


@cache
def _quantity() -> re.Pattern[str]:
    """Compiled at the first text: it takes 30 ms, and few commands read numbers."""
    return re.compile(QUANTITY, re.IGNORECASE)


@lru_cache(maxsize=READ)
def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities in ``text``, in order."""
    found = [q for match in _quantity().finditer(text) for q in _quantities_of(match)]
    found += [_rhythm(match) for match in RHYTHM.finditer(text)]
    return tuple(sorted(found, key=lambda q: (q.start, q.low)))


@lru_cache(maxsize=READ)
def numerals(text: str) -> frozenset[str]:
    """The numbers in ``text`` as they are written, each in one spelling."""
    return frozenset(f"{_value(found.group()):.12g}" for found in NUMERAL.finditer(text))


def _rhythm(found: re.Match[str]) -> Quantity:
    unit, n = RHYTHMS[found.group().lower().removesuffix("ly")]
    value = n * UNITS[unit][1]
    return Quantity(value, value, "time", found.group(), unit, start=found.start())


def _quantities_of(found: re.Match[str]) -> list[Quantity]:
    part = found.groupdict()
    unit = CANONICAL.get((part["unit"] or part["unit1"] or "").lower(), "")
    dimension, factor = UNITS.get(unit, ("number", 1.0))
    low = _value(part["low"]) * factor
    high = _value(part["high"]) * factor if part["high"] else low
    before = found.string[max(0, found.start() - 40) : found.start()].lower()
    about = frozenset(re.findall(r"[a-z][a-z0-9]{2,}", re.split(r"[.;,(]", before)[-1])[-4:])
    is_age = dimension == "time" and bool(AGE.search(found.group()) or re.search(r"\bage[sd]?(?: of)?\W*$", before))
    if part["high"] and (high < low or (" and " in found.group().lower() and not unit)):
        # "in 8 and 3 cases" is two numbers, not an interval
        return [
            Quantity(value, value, dimension, f"{value / factor:g} {unit}".strip(), unit, about, is_age, found.start())
            for value in (low, high)
        ]
    strict = bool(STRICT.fullmatch((part["least"] or part["most"] or "").lower()))
    if part["least"] or part["more"]:
        low, high = (math.nextafter(low, math.inf) if strict else low), math.inf
    elif part["most"] or part["fewer"]:
        low, high = -math.inf, (math.nextafter(high, -math.inf) if strict else high)
    return [Quantity(low, high, dimension, " ".join(found.group().split()), unit, about, is_age, found.start())]


def _value(text: str) -> float:
    return float(WORDS.get(text.lower()) or text.replace(",", ""))


def _near(a: float, b: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=0.011)
