"""A conditional logit over options, through the reader's own sums, with its gradient.

Rules kept here
- The value is that of ``agent/reader/extractive/scoring.py``: which sentences count, how relevance gates them, how they
  add up. Only the slope is written here, and a test compares it with finite differences of that value.
- Terms that describe agreement may not turn negative, terms that describe conflict may not turn positive: a fit on
  exam questions must not teach the reader that a denied word is support. Interactions are free.
- Weights are penalised in units of their column's spread, so that rare and small columns are not favoured.

    theta = fit([readings])        # weights in the order of NAMES
    scores(theta, readings)        # logits, question x option
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.features import OPTION_TERMS, RELEVANCE_TERMS, Features
from evitrail.agent.reader.extractive.scoring import CONFLICTS, REFUTES, SUPPORTS, Weights, logits, relevance, strengths

NAMES = (*OPTION_TERMS, *(f"relevance: {name}" for name in RELEVANCE_TERMS), "relevance: start")
T, R = len(OPTION_TERMS), len(RELEVANCE_TERMS)
PENALTY, FADING, ROUNDS = 4.0, 0.4, 40
FREE = ("words_if_exception", "embedding_if_exception", "embedding_if_parallel", "words_that_apply")
START = {
    "words": 2.0,
    "words_found": 1.0,
    "pairs": 1.5,
    "pieces": 1.0,
    "verbatim": 1.0,
    "numbers": 2.0,
    "other_number": -1.0,
    "denied": -1.0,
    "embedding": 3.0,
    "statement": 1.0,
    "relevance: stem_words": 2.0,
    "relevance: stem_words_best": 1.0,
    "relevance: stem_embedding": 2.0,
    "relevance: stem_embedding_best": 1.0,
    "relevance: passage_words": 2.0,
    "relevance: passage_embedding": 4.0,
    "relevance: applies": 0.5,
    "relevance: excludes": -1.0,
    "relevance: start": -1.0,
}
"""Where the search begins: the weights one would set by hand."""


@dataclass(frozen=True)
class Readings:
    """The features of many readings, padded to one shape, with the place of each right answer."""

    options: Array
    relevance: Array
    present: Array
    answer: Array
    weight: float = 1.0

    @classmethod
    def of(cls, found: Sequence[Features], answers: Sequence[str]) -> Readings:
        widest = max(len(f.letters) for f in found), max(1, *(len(f.lines) for f in found))
        options = np.zeros((len(found), *widest, T))
        relevant = np.zeros((len(found), widest[1], R))
        present = np.zeros((len(found), widest[0]), dtype=bool)
        for i, f in enumerate(found):
            options[i, : len(f.letters), : len(f.lines)] = f.options
            relevant[i, : len(f.lines)] = f.relevance
            present[i, : len(f.letters)] = True
        places = [f.letters.index(answer) for f, answer in zip(found, answers, strict=True)]
        return cls(options, relevant, present, np.array(places))

    def rows(self, kept: Array) -> Readings:
        return replace(
            self,
            options=self.options[kept],
            relevance=self.relevance[kept],
            present=self.present[kept],
            answer=self.answer[kept],
        )


def masked(names: Set[str]) -> Array:
    """1 for each weight that is fitted, 0 for those held at zero."""
    return np.array([float(name not in names) for name in NAMES])


def scores(theta: Array, table: Readings) -> Array:
    """Every option's logit, as the reader would compute it."""
    weights = as_weights(theta)
    return logits(strengths(table.options, relevance(table.relevance, weights), weights), weights)


def as_weights(theta: Array) -> Weights:
    return Weights(
        terms=dict(zip(OPTION_TERMS, theta[:T].tolist(), strict=True)),
        relevance=dict(zip(RELEVANCE_TERMS, theta[T:-1].tolist(), strict=True)),
        relevance_start=float(theta[-1]),
        fading=FADING,
        scale=1.0,
        enough=0.0,
        closed_book=0.0,
        provenance={},
    )


def negative_log_likelihood(logit: Array, table: Readings) -> Array:
    """One loss per question."""
    shown = np.where(table.present, logit, -np.inf)
    return np.logaddexp.reduce(shown, axis=1) - shown[np.arange(len(shown)), table.answer]


def fit(tables: Sequence[Readings], mask: Array | None = None, begin: Array | None = None) -> Array:
    """The weights that lose least on these readings; the search begins at ``begin``, else at ``START``."""
    kept = np.ones(len(NAMES)) if mask is None else mask
    said = np.concatenate([t.options.reshape(-1, T)[t.options.reshape(-1, T).any(axis=1)] for t in tables])
    seen = np.concatenate([t.relevance.reshape(-1, R)[t.relevance.reshape(-1, R).any(axis=1)] for t in tables])
    penalty = PENALTY * np.concatenate([said.var(axis=0), seen.var(axis=0), [0.1]])
    conflicts = {OPTION_TERMS[i] for i in CONFLICTS}
    signs = [(None, None) if n in FREE else (None, 0) if n in conflicts else (0, None) for n in OPTION_TERMS]

    def objective(theta: Array) -> tuple[float, Array]:
        losses, slopes = zip(*(loss_and_slope(theta, t) for t in tables), strict=True)
        return sum(losses) + float(penalty @ theta**2), (sum(slopes) + 2 * penalty * theta) * kept

    start = (np.array([START.get(name, 0.0) for name in NAMES]) if begin is None else begin) * kept
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[*signs, *[(None, None)] * (R + 1)],
        options={"maxiter": ROUNDS},
    )
    return found.x * kept


def loss_and_slope(theta: Array, table: Readings) -> tuple[float, Array]:
    """The weighted loss of a table, and how it changes with each weight."""
    weights = as_weights(theta)
    gate = relevance(table.relevance, weights)
    signed = strengths(table.options, gate, weights)
    logit = logits(signed, weights)
    shown = np.where(table.present, logit, -np.inf)
    share = np.exp(shown - np.logaddexp.reduce(shown, axis=1)[:, None])
    share[np.arange(len(share)), table.answer] -= 1
    slope = np.einsum("qo,qot->t", share, _slopes(table, gate, signed))
    return float(table.weight * negative_log_likelihood(logit, table).sum()), table.weight * slope


def _slopes(table: Readings, gate: Array, signed: Array) -> Array:
    """How each option's logit changes with each weight: only the sentences that count have a slope."""
    questions, options = np.arange(len(gate))[:, None, None], np.arange(signed.shape[1])[None, :, None]
    slopes = np.zeros((*signed.shape[:2], len(NAMES)))
    for sign, limit in ((1, SUPPORTS), (-1, REFUTES)):
        limit = min(limit, signed.shape[-1])
        first = np.argpartition(-sign * signed, limit - 1, axis=-1)[..., :limit]
        order = np.argsort(-sign * np.take_along_axis(signed, first, axis=-1), axis=-1)
        first = np.take_along_axis(first, order, axis=-1)
        value = np.take_along_axis(signed, first, axis=-1)
        counts = np.where(sign * value > 0, FADING ** np.arange(first.shape[-1]), 0.0)
        open_ = gate[questions, first]
        slopes[..., :T] += np.einsum("qos,qost->qot", counts * open_, table.options[questions, options, first])
        through_gate = counts * value * (1 - open_)
        slopes[..., T:-1] += np.einsum("qos,qosr->qor", through_gate, table.relevance[questions, first])
        slopes[..., -1] += through_gate.sum(axis=-1)
    return slopes
