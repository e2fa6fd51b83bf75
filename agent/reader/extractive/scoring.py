"""From features to strengths, and from strengths to logits: the reader's whole arithmetic.

Rules kept here
- A sentence's strength for an option is its relevance (0 to 1) times the weighted sum of the terms they share.
- An option's logit is its strongest support, then less of the second and third, minus what refutes it,
  counted the same way. A sentence refutes only by a term of conflict that the weights name, never by silence.
- The weights are a handful of numbers in ``weights.json``, fitted by ``bench/fit_reader.py``. A term they do not name
  counts for nothing.

Arrays may carry leading axes (the fit scores all questions at once); padding sentences have strength 0.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from evitrail.agent.model import Question
from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.option_terms import OPTION_TERMS
from evitrail.agent.reader.extractive.relevance_terms import RELEVANCE_TERMS
from evitrail.agent.reader.terms import terms
from evitrail.traces.record import Record, content_id

SUPPORTS, REFUTES = 3, 2
"""How many sentences may speak for and against one option."""
CONFLICTS = ("other_number", "denied", "words_that_exclude", "denied_by_one")
"""Terms by which a sentence speaks against an option."""


class Weights(Record, stored_as="Weights"):
    """What each term is worth, and where these numbers come from."""

    terms: dict[str, float]
    relevance: dict[str, float]
    relevance_start: float
    """The relevance (before the logistic curve) of a sentence that shares nothing with the stem."""
    fading: float
    """What the second sentence counts relative to the first, and the third to the second."""
    scale: float
    """Turns strengths into logits whose ballots are calibrated at temperature 0.7."""
    enough: float
    """The margin between the two best options' logits above which the evidence suffices to choose."""
    closed_book: float
    """What an option's likeness to the stem is worth when there is nothing to read."""
    provenance: dict[str, str]
    """The data sets the weights were fitted on, and how they read questions they had not seen."""

    @property
    def name(self) -> str:
        return content_id(self).removeprefix("sha256:")[:8]

    @property
    def named(self) -> frozenset[str]:
        """The terms that count for something."""
        return frozenset((*self.terms, *self.relevance))


@cache
def fitted() -> Weights:
    """The weights that ship with evitrail."""
    return Weights.model_validate_json(
        files("evitrail.agent.reader.extractive").joinpath("weights.json").read_text("utf-8")
    )


def conflicts(weights: Weights) -> list[int]:
    """The places in OPTION_TERMS of the terms of conflict that these weights name."""
    return [place for place, name in enumerate(OPTION_TERMS) if name in CONFLICTS and name in weights.terms]


def relevance(table: Array, weights: Weights) -> Array:
    """How far each sentence speaks of the question: 0 to 1."""
    vector = np.array([weights.relevance.get(name, 0.0) for name in RELEVANCE_TERMS])
    gate: Array = 1 / (1 + np.exp(-(table @ vector + weights.relevance_start)))
    return gate


def worth(weights: Weights) -> Array:
    """What one unit of each term adds to a sentence's strength, in the order of OPTION_TERMS."""
    return np.array([weights.terms.get(name, 0.0) for name in OPTION_TERMS])


def strengths(options: Array, relevant: Array, weights: Weights) -> Array:
    """Signed strength of each sentence for each option; 0 where it says nothing that counts."""
    signed = (options @ worth(weights)) * relevant[..., None, :]
    opposes = options[..., conflicts(weights)].any(axis=-1)
    return np.where((signed > 0) | opposes, signed, 0.0)


def logits(signed: Array, weights: Weights) -> Array:
    """One logit per option, from the strengths of its sentences (last axis)."""
    support = _strongest(signed, SUPPORTS) @ (weights.fading ** np.arange(SUPPORTS))
    refutation = _strongest(-signed, REFUTES) @ (weights.fading ** np.arange(REFUTES))
    return weights.scale * (support - refutation)


def closed_book(question: Question) -> Array:
    """For each option in order, the share of its words that the stem already holds: barely better than chance."""
    stem = terms(question.stem).words
    options = [terms(question.options[letter]).words for letter in sorted(question.options)]
    return np.array([len(words & stem) / max(1, len(words)) for words in options])


def _strongest(values: Array, n: int) -> Array:
    """The ``n`` largest positive values of the last axis, in falling order, padded with 0."""
    padded = np.concatenate([np.maximum(values, 0.0), np.zeros((*values.shape[:-1], n))], axis=-1)
    return -np.sort(np.partition(-padded, n - 1, axis=-1)[..., :n], axis=-1)
