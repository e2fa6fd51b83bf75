"""How alike texts are in meaning, by their embeddings: one call for a whole question.

Rules kept here
- The stem, the options, the options as statements, the sentences and the passages travel in one batch.
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
    statement: Array
    passage: Array
    """Of the stem with every whole passage."""


def meanings(
    stem: str, options: Sequence[str], lines: Sequence[str], wholes: Sequence[str], embed: Embed | None
) -> Meanings:
    """Compare what is asked and every option with every sentence and every passage."""
    if embed is None:
        none = np.zeros((len(options), len(lines)))
        return Meanings(np.zeros(len(lines)), none, none, np.zeros(len(wholes)))
    n = len(options)
    vectors = embed([*question_texts(stem, options), *lines, *wholes]).astype(np.float64)
    cosine = vectors[: 2 * n + 1] @ vectors[2 * n + 1 :].T
    own, stated = cosine[1 : n + 1], cosine[n + 1 :]
    k = len(lines)
    own, stated = own - own.mean(axis=0), stated - stated.mean(axis=0)
    return Meanings(cosine[0, :k], own[:, :k], stated[:, :k], cosine[0, k:])


def question_texts(stem: str, options: Sequence[str]) -> list[str]:
    """The stem, every option, and every option as an answer to what is asked."""
    return [stem, *options, *(f"{asked(stem)} {option}" for option in options)]


def asked(stem: str) -> str:
    """The last sentence of the stem: what is asked, after the history."""
    parts = sentences(stem)
    return parts[-1].text if parts else stem
