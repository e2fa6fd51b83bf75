"""The terms of a text: its words, pairs of words, pieces of words, and which of them are denied.

Rules kept here
- A word is lower case without its plural or verb ending, so that "nodules" meets "nodule"; function words are left out.
- A pair is two neighbouring words, function words skipped.
- A word is *denied* when it stands after "not", "without", "avoid" … within the same clause.
- Numbers are not words: ``quantities.py`` reads them.

    >>> t = terms("Do not give antibiotics; follow with CT.")
    >>> sorted(t.words), sorted(t.denied)
    (['antibiotic', 'ct', 'follow', 'giv'], ['antibiotic', 'giv'])

The lists below are English function words; nothing here was learnt from data.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

_FUNCTION = """
    a an and any are as at be been being both but by can could did do does done each either for from had has have
    he her his i if in into is it its may might more most must of on or other our same shall she should so such than
    that the their them then there these they this those to was we were what when where which while who whom whose
    will with would you your following due patient patients also use used using
"""
_DENYING = """
    not no never without avoid avoiding avoided neither nor cannot against contraindicated omit omitted withhold none
    decline declined defer deferred nothing unneeded discourage discouraged unnecessary stop discontinue except longer
"""
FUNCTION_WORDS = frozenset(_FUNCTION.split())
DENIALS = frozenset(_DENYING.split())
REPLACED = re.compile(r"\b(?:instead of|rather than|no longer|in place of)\b")
CLAUSE_END = re.compile(r"[,;:.()]|\b(?:but|unless|whereas|although|however|instead|and then|because|if)\b")
WORD = re.compile(r"[a-z][a-z0-9']*|[0-9]+[a-z]+[a-z0-9]*")
JOINED = re.compile(r"(?<=\b[a-z])-(?=[a-z0-9])|(?<=[a-z])-(?=[0-9])|(?<=[0-9])-(?=[a-z]{1,3}[0-9])")
"""Hyphens that some write and some do not: "5-HT4", "X-ray", "COVID-19"."""
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly", "e", "y")


READ = 65_536
"""Texts whose reading is kept: the same sentences come back with every question."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text says, as sets of terms."""

    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    pieces: frozenset[str]
    denied: frozenset[str]


@lru_cache(maxsize=READ)
def terms(text: str) -> Terms:
    """The terms of ``text``."""
    lower = JOINED.sub("", text.lower())
    words = [stem(w) for w in WORD.findall(lower) if w not in FUNCTION_WORDS and w not in DENIALS]
    pieces = frozenset(w[i : i + 4] for w in words for i in range(max(1, len(w) - 3)))
    pairs = frozenset(itertools.pairwise(words))
    return Terms(frozenset(words), pairs, pieces, _denied(lower))


@lru_cache(maxsize=READ)
def first_spellings(text: str) -> Mapping[str, str]:
    """Each word's stem, and how the text first writes it (in lower case)."""
    return MappingProxyType({stem(word): word for word in reversed(WORD.findall(JOINED.sub("", text.lower())))})


def stem(word: str) -> str:
    """A word without its ending, at least three letters of it: crude on purpose, and the same for every text."""
    word = word.removesuffix("'s").replace("'", "")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def _denied(lower: str) -> frozenset[str]:
    """Words in the reach of a denial: from the word that denies to the end of its clause."""
    found: set[str] = set()
    for clause in CLAUSE_END.split(REPLACED.sub("not", lower)):
        reach = False
        for word in WORD.findall(clause):
            if word in DENIALS:
                reach = True
            elif reach and word not in FUNCTION_WORDS:
                found.add(stem(word))
    return frozenset(found)
