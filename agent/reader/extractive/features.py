"""What each sentence has to say about each option, as numbers with names.

Rules kept here
- This folder offers terms; which of them count is for the weights to say. The others are not worked out, and are zero.
- Without an embedder, the columns about meaning are zero.
- The reader and the script that fits its weights both call ``features``: there is no second implementation.
- They follow from the texts alone, so those of the last few readings are kept: an attribution reads the same passages
  for the same question many times.

Two tables come out: ``options`` (option x sentence x OPTION_TERMS), what a sentence shares with an option, and
``relevance`` (sentence x RELEVANCE_TERMS), how far the sentence speaks of this patient and question at all.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from evitrail.agent.model import Question
from evitrail.agent.reader.extractive.compared import Compared
from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.embedding_similarity import Embed as Embed
from evitrail.agent.reader.extractive.lines import Line
from evitrail.agent.reader.extractive.option_terms import OPTION_TERMS
from evitrail.agent.reader.extractive.quantities import Quantity
from evitrail.agent.reader.extractive.relevance_terms import RELEVANCE_TERMS
from evitrail.evidence_store.model import Passage

KEPT = 64
"""Readings whose features are kept."""
EVERY = frozenset((*OPTION_TERMS, *RELEVANCE_TERMS))
"""The names of all terms."""


@dataclass(frozen=True)
class Features:
    """The two tables of one question, and what is needed to put them into words."""

    letters: tuple[str, ...]
    lines: tuple[Line, ...]
    places: tuple[int, ...]
    """For each line, the number of the passage that it stands in."""
    options: Array
    relevance: Array
    weights: tuple[dict[str, float], ...]
    """For each option, its distinguishing words and their weights."""
    tokens: tuple[dict[str, float], ...]
    """For each option, its distinguishing words and numerals and their weights."""
    numbers: tuple[tuple[Quantity, ...], ...]
    """For each option, the quantities that are not in every option."""
    denied: tuple[frozenset[str], ...]
    """For each option, the words it denies itself."""

    def opposed(self, option: int, line: int) -> dict[str, float]:
        """The option's words that the sentence denies and the option does not, or the reverse."""
        said = self.lines[line].terms
        denied = said.denied ^ self.denied[option]
        return {w: v for w, v in self.weights[option].items() if w in said.words and w in denied}


class Reading(NamedTuple):
    """All that features follow from."""

    stem: str
    options: tuple[tuple[str, str], ...]
    """Letters with their texts, by letter."""
    passages: tuple[tuple[str, str], ...]
    """Titles with texts."""
    embed: Embed | None
    counted: frozenset[str]
    """The names of the terms that are worked out."""


def features(
    question: Question, passages: Sequence[Passage], embed: Embed | None, counted: Set[str] = EVERY
) -> Features:
    """Read every sentence of ``passages`` against the stem and every option, by the terms that are ``counted``.

    The tables are not to be written to.
    """
    told = tuple((passage.header.title, passage.text) for passage in passages)
    reading = Reading(question.stem, tuple(sorted(question.options.items())), told, embed, frozenset(counted))
    return (_kept if _is_hashable(embed) else _features)(reading)


def _is_hashable(embed: Embed | None) -> bool:
    """Whether readings with this embedder can be told apart; a method is as hashable as what it belongs to."""
    try:
        hash(embed)
    except TypeError:
        return False
    return True


def _features(reading: Reading) -> Features:
    letters = tuple(letter for letter, _ in reading.options)
    of = Compared(reading.stem, tuple(text for _, text in reading.options), reading.passages, reading.embed)
    table = np.zeros((len(letters), len(of.lines), len(OPTION_TERMS)))
    relevance = np.zeros((len(of.lines), len(RELEVANCE_TERMS)))
    if of.lines:
        for place, (name, term) in enumerate(OPTION_TERMS.items()):
            if name in reading.counted:
                table[:, :, place] = term(of)
        for place, (name, term) in enumerate(RELEVANCE_TERMS.items()):
            if name in reading.counted:
                relevance[:, place] = term(of)
    for kept in (table, relevance):
        kept.setflags(write=False)
    denied = tuple(option.denied for option in of.option_terms)
    return Features(letters, of.lines, of.places, table, relevance, of.words, of.tokens, of.numbers, denied)


_kept = lru_cache(maxsize=KEPT)(_features)
