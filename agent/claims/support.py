"""How much of a claim a stretch of evidence says: shared words and numbers, meaning, and what is denied.

Rules kept here
- A stretch is one sentence of a passage or two neighbours, read under the title of its version.
- Words and numerals count by how rare they are among the passages at hand, so that what all of them say tells nothing.
- Its strength is the share of the claim's words and numerals that it holds, its likeness to the claim in meaning, and
  how near its passage is to what was asked (a short answer says little by itself); less a part of the claim's numbers
  that it lacks and of the words that only one of the two denies.
- A word is denied in a text only where it stands nowhere in it undenied.
- Weights and thresholds were set on questions of the demonstration that are marked ``fit``, with planted claims and
  with their options as claims (``bench/free_text.py``); the figures in docs/free-text.md are of the others.

The terms are those of the extractive reader. It knows no medicine, and neither does this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import log
from typing import NamedTuple

from evitrail.agent.claims.values import BearingPassage, ClaimSource
from evitrail.agent.reader.extractive.quantities import numerals
from evitrail.agent.reader.extractive.tokens import tokens
from evitrail.agent.reader.terms import CLAUSE_END, READ, terms

WORDS, MEANING, ASKED, MISSING, DENIED = 0.46, 0.31, 0.23, 0.15, 0.23
"""What the shares are worth in a stretch's strength."""
WORD = re.compile(r"[A-Za-z]+")
LONGEST = 2
"""Sentences in a stretch."""


class Stretch(NamedTuple):
    """A stretch of a passage, compared with one claim."""

    of: BearingPassage
    start: int
    end: int
    strength: float
    """How much of the claim it says."""
    alike: float
    """The same without what counts against it: how far it is about the same thing."""
    missing: float
    """The share of the claim's numbers that it does not hold."""
    denied: float
    """The share of the claim, by weight, that one of the two denies and the other does not."""

    @property
    def quote(self) -> str:
        """Its words."""
        return self.of.passage.text[self.start : self.end]

    def source(self, stance: str) -> ClaimSource:
        """The stretch as it is kept."""
        return ClaimSource.model_validate(
            {
                "stance": stance,
                "evidence": self.of.passage.ref,
                "passage": self.of.passage.id,
                "start": self.start,
                "end": self.end,
                "quote": self.quote,
                "status": self.of.status,
                "served": self.of.served,
                "strength": round(self.strength, 6),
            }
        )


def stretches(claim: str, passages: Sequence[BearingPassage]) -> list[Stretch]:
    """Every stretch of the passages, compared with the claim; in the order of the passages."""
    spread = Counter(term for one in passages for term in tokens(one.passage.text))
    weights = {term: max(0.1, log((len(passages) + 1) / (spread[term] + 0.5))) for term in sorted(tokens(claim))}
    return [stretch for one in passages for stretch in _of(one, claim, weights)]


def _of(one: BearingPassage, claim: str, weights: dict[str, float]) -> Iterator[Stretch]:
    whole, numbers, title = sum(weights.values()), _figures(claim), tokens(one.passage.header.title)
    for first in range(len(one.lines)):
        for count in range(1, min(LONGEST, len(one.lines) - first) + 1):
            lines = one.lines[first : first + count]
            start, end = lines[0].start, lines[-1].end
            text = one.passage.text[start:end]
            held = tokens(text) | title
            share = sum(weight for term, weight in weights.items() if term in held) / whole if whole else 0.0
            missing = len(numbers - _figures(text)) / len(numbers) if numbers else 0.0
            opposed = sum(weights.get(word, 0.0) for word in sorted(_opposed(claim, text))) / whole if whole else 0.0
            alike = WORDS * share + MEANING * max(line.similarity for line in lines) + ASKED * one.relevance
            strength = alike - MISSING * missing - DENIED * opposed
            yield Stretch(one, start, end, strength, alike, missing, opposed)


@lru_cache(maxsize=READ)
def _figures(text: str) -> frozenset[str]:
    """The numbers that stand in digits; "one dose" and "a single dose" are not taken for a difference."""
    return numerals(WORD.sub(" ", text))


def _opposed(claim: str, text: str) -> frozenset[str]:
    """The words that both hold and only one denies throughout."""
    said, read = _polarity(claim), _polarity(text)
    return (said.denied & read.affirmed) | (said.affirmed & read.denied)


class _Polarity(NamedTuple):
    affirmed: frozenset[str]
    denied: frozenset[str]


@lru_cache(maxsize=READ)
def _polarity(text: str) -> _Polarity:
    """The words that stand somewhere undenied, and those that stand only denied."""
    clauses = [terms(clause) for clause in CLAUSE_END.split(text.lower())]
    affirmed = frozenset(word for clause in clauses for word in clause.words - clause.denied)
    return _Polarity(affirmed, terms(text).denied - affirmed)
