"""How alike texts are in meaning, by their embeddings: one call for a whole question, and one for its statements.

Rules kept here
- The stem, the options, the sentences and the passages travel in one batch.
- Options as statements are embedded only where they are asked for.
- An option's likeness to a sentence is taken from the mean over the options: only the difference can tell them apart.
- Without an embedder every likeness is zero, and words and numbers decide alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evitrail.agent.reader.sentences import sentences

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""One row of length 1 per text."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Meanings:
    """Cosines with every sentence; those of the options are taken from their mean over the options."""

    stem: Array
    option: Array
    passage: Array
    """Of the stem with every whole passage."""


def meanings(
    stem: str, options: Sequence[str], lines: Sequence[str], wholes: Sequence[str], embed: Embed | None
) -> Meanings:
    """Compare what is asked and every option with every sentence and every passage."""
    if embed is None:
        return Meanings(np.zeros(len(lines)), np.zeros((len(options), len(lines))), np.zeros(len(wholes)))
    n, k = len(options) + 1, len(lines)
    vectors = embed([stem, *options, *lines, *wholes]).astype(np.float64)
    cosine = vectors[:n] @ vectors[n:].T
    return Meanings(cosine[0, :k], _from_mean(cosine[1:])[:, :k], cosine[0, k:])


def stated(stem: str, options: Sequence[str], lines: Sequence[str], embed: Embed | None) -> Array:
    """Cosines of the options as answers to what is asked, less their mean over the options, with every sentence."""
    if embed is None:
        return np.zeros((len(options), len(lines)))
    vectors = embed([*(f"{asked(stem)} {option}" for option in options), *lines]).astype(np.float64)
    return _from_mean(vectors[: len(options)] @ vectors[len(options) :].T)


def _from_mean(cosine: Array) -> Array:
    beyond: Array = cosine - cosine.mean(axis=0)
    return beyond


def asked(stem: str) -> str:
    """The last sentence of the stem: what is asked, after the history."""
    parts = sentences(stem)
    return parts[-1].text if parts else stem
