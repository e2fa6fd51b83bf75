"""How far a sentence speaks of this patient and question at all: a number for each line, for each term.

Rules kept here
- What ends in ``_best`` or begins with ``passage`` is taken from the best of these passages: 0 for it, less for others.
- A term is worked out when it is asked for, and only then: the shipped weights name two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from evitrail.agent.reader.extractive.compared import Compared
from evitrail.agent.reader.extractive.conditions import applies
from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.overlap import shared


def stem_words(of: Compared) -> Array:
    """The share of the stem's words that the line or its passage's title holds."""
    rarity, titled, said = of.weighed_stem
    cover: Array = shared(rarity, said | titled[np.array(of.places)])[0]
    return cover


def stem_words_best(of: Compared) -> Array:
    """The same, less that of the best line."""
    return _from_best(stem_words(of))


def stem_embedding(of: Compared) -> Array:
    """How alike stem and line are in meaning."""
    return of.meaning.stem


def stem_embedding_best(of: Compared) -> Array:
    """The same, less that of the best line."""
    return _from_best(of.meaning.stem)


def passage_words(of: Compared) -> Array:
    """The share of the stem's words that its passage holds, less that of the best passage."""
    rarity, titled, said = of.weighed_stem
    held, places = titled.copy(), np.array(of.places)
    np.logical_or.at(held, places, said)
    cover: Array = _from_best(shared(rarity, held)[0])[places]
    return cover


def passage_embedding(of: Compared) -> Array:
    """How alike stem and passage are in meaning, less that of the best passage."""
    alike: Array = _from_best(of.meaning.passage)[np.array(of.places)]
    return alike


def applies_to(of: Compared) -> Array:
    """Whether the patient's numbers lie within the intervals that the line names."""
    return (_fits(of) > 0).astype(np.float64)


def excludes(of: Compared) -> Array:
    """Whether they all lie outside."""
    return (_fits(of) < 0).astype(np.float64)


RELEVANCE_TERMS: Mapping[str, Callable[[Compared], Array]] = {
    "stem_words": stem_words,
    "stem_words_best": stem_words_best,
    "stem_embedding": stem_embedding,
    "stem_embedding_best": stem_embedding_best,
    "passage_words": passage_words,
    "passage_embedding": passage_embedding,
    "applies": applies_to,
    "excludes": excludes,
}
"""Every term by its name."""


def _fits(of: Compared) -> Array:
    return np.array([applies(of.patient, line.numbers) for line in of.lines], dtype=np.float64)


def _from_best(values: Array) -> Array:
    best: Array = values - values.max()
    return best
