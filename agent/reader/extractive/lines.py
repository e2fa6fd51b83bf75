"""The sentences of a passage, with the terms that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from evitrail.agent.reader.extractive.quantities import Quantity, quantities
from evitrail.agent.reader.extractive.tokens import tokens
from evitrail.agent.reader.sentences import Sentence, sentences
from evitrail.agent.reader.terms import Terms, terms

PASSAGES = 8192
"""Passages whose lines are kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, with its terms."""

    sentence: Sentence
    terms: Terms
    numbers: tuple[Quantity, ...]
    tokens: frozenset[str]
    """Its words and numerals."""
    lowered: str
    """As it is written, in lower case."""


@lru_cache(maxsize=PASSAGES)
def lines_of(text: str) -> tuple[Line, ...]:
    """The sentences of a passage, with their terms."""
    return tuple(Line(s, terms(s.text), quantities(s.text), tokens(s.text), s.text.lower()) for s in sentences(text))
