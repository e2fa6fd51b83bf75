"""Who a text speaks of: age, pregnancy and sex, read from its words by a small table.

Rules kept here
- Only what is written is read; a text that says nothing of an axis is silent on it, and fits anybody.
- All that is read on one axis is taken together: "adults and children" is both. A clash is two texts that both speak of
  an axis and have nothing on it in common.
- Words that include others go first and are used up: "non-pregnant" is not "pregnant", "older adults" are not "adults".
- An age in years says more than "man" or "woman", which then add nothing to it.
- Where a text names a child and an adult, whose sex it names is not known, and is left open.

    >>> facets("A 61-year-old man has chest pain.")["sex"]
    frozenset({'male'})
    >>> clash(facets("a pregnant woman"), facets("Non-pregnant adults"))
    'pregnancy'

The table is English and short on purpose: who "smokers in their fifties" are is not read, and so drops nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

Facets = Mapping[str, frozenset[str]]
"""By axis, what a text says; an axis it is silent on is absent."""


class FacetTerm(NamedTuple):
    """What some words say of a person."""

    pattern: str
    age: str = ""
    pregnancy: str = ""
    sex: str = ""


WORDS = (
    FacetTerm(r"(?:non-?|not |isn't )pregnant", pregnancy="not pregnant"),
    FacetTerm(r"(?:if|may be|might be|could be|be|becom\w+|became|get) pregnant", pregnancy="pregnant, not pregnant"),
    FacetTerm(r"pregnant|weeks of pregnancy|in labou?r", "child, adult", "pregnant", "female"),
    FacetTerm(r"post-?menopausal", "adult, older", "not pregnant", "female"),
    FacetTerm(r"newborns?|neonat(?:es?|al)", "newborn"),
    FacetTerm(r"infants?|bab(?:y|ies)", "newborn, child"),
    FacetTerm(r"(?:older|elderly) women", "older", sex="female"),
    FacetTerm(r"(?:older|elderly) men", "older", sex="male"),
    FacetTerm(r"older (?:adults?|people|patients?|persons?)|elderly|geriatric", "older"),
    FacetTerm(r"adolescen(?:ts?|ce)|teenagers?|young people", "child, adult"),
    FacetTerm(r"child(?:ren)?|toddlers?|pa?ediatric", "newborn, child"),
    FacetTerm(r"boys?", "newborn, child", sex="male"),
    FacetTerm(r"girls?", "newborn, child", sex="female"),
    FacetTerm(r"adults?|mothers?|fathers?", "adult, older"),
    FacetTerm(r"wom[ae]n", "adult, older", sex="female"),
    FacetTerm(r"m[ae]n", "adult, older", sex="male"),
    FacetTerm(r"females?", sex="female"),
    FacetTerm(r"males?", sex="male"),
)  # fmt: skip
YEARS = (
    (28 / 365, FacetTerm("", "newborn", "not pregnant")),
    (10, FacetTerm("", "child", "not pregnant")),
    (21, FacetTerm("", "child, adult")),
    (60, FacetTerm("", "adult")),
    (200, FacetTerm("", "adult, older", "not pregnant")),
)
"""What an age below so many years says. Sixty-year-olds count as older and as not: guidelines differ."""
AGE = re.compile(r"\b(\d+)[- ]?(day|week|month|year)s?[- ]old\b|\baged (\d+)\b(?! ?(?:to|-|–|and|or)\b)")
IN_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
WITH_CHILD = frozenset({"newborn", "child"})
GROWN = frozenset({"adult", "older"})


@lru_cache(maxsize=4096)
def facets(text: str) -> Facets:
    """What ``text`` says of the people it speaks of."""
    found: dict[str, set[str]] = {}
    for word in _facet_terms(text.lower()):
        for axis, values in zip(("age", "pregnancy", "sex"), word[1:], strict=True):
            if values:
                found.setdefault(axis, set()).update(values.split(", "))
    return MappingProxyType({axis: frozenset(values) for axis, values in found.items()})


def clash(one: Facets, other: Facets) -> str | None:
    """The first axis on which both speak and share nothing."""
    return next((axis for axis in one if axis in other and not one[axis] & other[axis]), None)


def _facet_terms(text: str) -> Iterator[FacetTerm]:
    found = []
    for number, unit, bare in AGE.findall(text):
        years = int(bare or number) / IN_A_YEAR[unit or "year"]
        found += [word for limit, word in YEARS if years < limit][:1]
    told = any(_ages(word) <= GROWN for word in found)
    text = AGE.sub(" ", text)
    for word in WORDS:
        text, times = re.subn(rf"\b(?:{word.pattern})\b", " ", text)
        if times:
            found.append(word._replace(age="") if told and _ages(word) == GROWN else word)
    ages = [_ages(word) for word in found if word.age]
    mixed = any(age <= WITH_CHILD for age in ages) and any(age <= GROWN for age in ages)
    return (word._replace(sex="") if mixed else word for word in found)


def _ages(word: FacetTerm) -> set[str]:
    return set(word.age.split(", "))
