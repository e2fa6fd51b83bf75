"""How much of an option's weighted terms a sentence holds: for all options and sentences at once.

Rules kept here
- A share is the weight of the terms found over the weight of all; an option without terms has share 0.
- One row of booleans per sentence, one column per term, then a matrix product: what an agent reads may
  be thousands of sentences long.

    shares([{"aspirin": 2.0, "statin": 1.0}], [{"aspirin", "daily"}])  # [[0.667]]
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evitrail.agent.reader.extractive.embedding_similarity import Array

Presence = NDArray[np.bool_]
"""One row per text, one column per term: whether the text holds it."""


def vocabulary(weights: Sequence[Mapping[Any, float]]) -> list[Any]:
    """Every weighted term once, in the order of the options."""
    return list(dict.fromkeys(term for option in weights for term in option))


def presence(texts: Sequence[Set[Any]], terms: Sequence[Hashable]) -> Presence:
    """Which text holds which term."""
    places = {term: place for place, term in enumerate(terms)}
    known = frozenset(places)
    held = [row * len(terms) + places[term] for row, text in enumerate(texts) for term in known & text]
    found = np.zeros(len(texts) * len(terms), dtype=bool)
    found[np.array(held, dtype=np.intp)] = True
    return found.reshape(len(texts), len(terms))


def matrix(weights: Sequence[Mapping[Any, float]], terms: Sequence[Any]) -> Array:
    """The weights as a table, one row per option."""
    table = [[option.get(term, 0.0) for term in terms] for option in weights]
    return np.array(table, dtype=np.float64).reshape(len(weights), len(terms))


def shared(weights: Array, found: Presence) -> Array:
    """Each option's share in each text: (options, texts)."""
    totals = weights.sum(axis=1, keepdims=True)
    share: Array = np.zeros((len(weights), len(found)))
    np.divide(weights @ found.T, totals, out=share, where=totals > 0)
    return share


def shares(weights: Sequence[Mapping[Any, float]], texts: Sequence[Set[Any]]) -> Array:
    """Each option's share in each text, from the terms themselves."""
    terms = vocabulary(weights)
    return shared(matrix(weights, terms), presence(texts, terms))
