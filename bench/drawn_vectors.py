"""An encoder without a model, for stores whose size is measured and not their sense.

Drawn().encode(["Aspirin lowers stroke risk."]).shape == (1, 384)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from evitrail.evidence_store.index.embed import Vectors


@cache
def direction(word: str) -> Vectors:
    """Drawn by the word: any two are all but at right angles."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(384, dtype=np.float32)


@dataclass(frozen=True)
class Drawn:
    """An encoder without a model: a text points where its words do, so texts that share words lie close together."""

    model: str = "drawn"
    dimension: int = 384

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.stack([np.sum([direction(word) for word in text.split()], axis=0) for text in texts])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
