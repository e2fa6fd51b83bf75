"""A conditional logit over options, through the reader's own sums, with its gradient.

Rules kept here
- The value is that of ``agent/reader/extractive/scoring.py``: which sentences count, how relevance gates them, how they
  add up. Only the slope is written here, and a test compares it with finite differences of that value.
- Terms that describe agreement may not turn negative, terms that describe conflict may not turn positive: a fit on
  exam questions must not teach the reader that a denied word is support. Interactions are free.
- Plain overlap is what a fit falls back on: it alone is not penalised. Every other weight is, in units of its
  column's spread, so that rare and small columns are not favoured.

    kept = only("overlap", "embedding")
    theta = fit([readings], kept)       # weights in the order of NAMES, 0 for those not kept
    scores(theta, readings, kept)       # logits, question x option
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from evitrail.agent.reader.extractive.embedding_similarity import Array
from evitrail.agent.reader.extractive.features import Features
from evitrail.agent.reader.extractive.option_terms import OPTION_TERMS
from evitrail.agent.reader.extractive.relevance_terms import RELEVANCE_TERMS
from evitrail.agent.reader.extractive.scoring import CONFLICTS, REFUTES, SUPPORTS, Weights, logits, relevance, strengths

NAMES = (*OPTION_TERMS, *(f"relevance: {name}" for name in RELEVANCE_TERMS), "relevance: start")
T, R = len(OPTION_TERMS), len(RELEVANCE_TERMS)
PENALTY, FADING, ROUNDS = 0.1, 0.2, 60
FREE = ("words_if_exception", "embedding_if_exception", "embedding_if_parallel", "words_that_apply")
BASE = "overlap"
START = np.array([3.0 if n == BASE else -0.3 if n in CONFLICTS else 1.0 if ":" in n else 0.3 for n in NAMES])
"""Where the search begins."""


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


def only(*names: str) -> Array:
    """1 for each weight that is fitted, 0 for those held at zero."""
    if unknown := set(names) - set(NAMES):
        raise ValueError(f"expected terms among {', '.join(NAMES)}, got {', '.join(sorted(unknown))}")
    return np.array([float(name in names) for name in NAMES])


def scores(theta: Array, table: Readings, kept: Array) -> Array:
    """Every option's logit, as the reader would compute it."""
    weights = as_weights(theta, kept)
    return logits(strengths(table.options, relevance(table.relevance, weights), weights), weights)


def as_weights(theta: Array, kept: Array) -> Weights:
    """Weights that name the terms that are kept, and no others."""
    named = {name: float(value) for name, value, keep in zip(NAMES, theta, kept, strict=True) if keep}
    return Weights(
        terms={name: value for name, value in named.items() if name in OPTION_TERMS},
        relevance={name.removeprefix("relevance: "): v for name, v in named.items() if name in NAMES[T:-1]},
        relevance_start=named.get("relevance: start", 0.0),
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


def fit(tables: Sequence[Readings], kept: Array) -> Array:
    """The weights that lose least on these readings; those not kept are 0."""
    said = np.concatenate([t.options.reshape(-1, T)[t.options.reshape(-1, T).any(axis=1)] for t in tables])
    seen = np.concatenate([t.relevance.reshape(-1, R)[t.relevance.reshape(-1, R).any(axis=1)] for t in tables])
    penalty = PENALTY * np.concatenate([said.var(axis=0), seen.var(axis=0), [0.1]])
    penalty[NAMES.index(BASE)] = 0.0
    signs = [(None, None) if n in FREE else (None, 0) if n in CONFLICTS else (0, None) for n in OPTION_TERMS]
    gates = [(None, 0) if n == "excludes" else (0, None) for n in RELEVANCE_TERMS]

    def objective(theta: Array) -> tuple[float, Array]:
        losses, slopes = zip(*(loss_and_slope(theta, t, kept) for t in tables), strict=True)
        return sum(losses) + float(penalty @ theta**2), (sum(slopes) + 2 * penalty * theta) * kept

    found = minimize(
        objective,
        START * kept,
        jac=True,
        method="L-BFGS-B",
        bounds=[*signs, *gates, (None, None)],
        options={"maxiter": ROUNDS},
    )
    return found.x * kept


def loss_and_slope(theta: Array, table: Readings, kept: Array) -> tuple[float, Array]:
    """The weighted loss of a table, and how it changes with each weight."""
    weights = as_weights(theta, kept)
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
