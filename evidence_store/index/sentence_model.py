"""The door to sentence-transformers: a model of a folder or of the hub, loaded.

The packaged model goes another way (``minilm.py``), because this library takes seconds to load.
The model only ever sees batches whose shape a text's own length decides: tokens padded to a multiple of ``STEP``, a
fixed number of rows, empty texts filling up. So a text's vector is the same to the bit in any company.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evitrail.evidence_store.errors import EvidenceError, MissingPackageError

if TYPE_CHECKING:
    from evitrail.evidence_store.index.embed import Vectors

STEP = 16
"""Token lengths are padded up to a multiple of this."""
TOKENS = 128
"""A batch holds about this many tokens: large enough to be fast, small enough that one query is too."""


class SentenceModel:
    """A model and its tokenizer; keeps ``LoadedModel`` of ``embed.py``."""

    def __init__(self, name: str, commit: str | None) -> None:
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            said = "embedding needs sentence-transformers; run `pip install sentence-transformers`"
            raise MissingPackageError(said) from error
        disable_progress_bar()  # type: ignore[no-untyped-call]  # the command line shows its own bar
        try:
            model: Any = SentenceTransformer(name, device="cpu", revision=commit).eval()
        except (OSError, ValueError) as error:
            why = str(error).strip().splitlines()[0]
            said = f"expected an embedding model, got {name!r} ({why}); give a folder or a model's name"
            raise EvidenceError(said) from error
        self._model = model
        self.window: int = model.max_seq_length or model.tokenizer.model_max_length
        self.dimension = int(model.get_embedding_dimension())

    def pieces(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]]

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        shapes: dict[int, list[int]] = {}
        for i, length in enumerate(self.pieces(texts)):
            shapes.setdefault(min(-(-length // STEP) * STEP, self.window), []).append(i)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for length, members in shapes.items():
            rows = max(1, TOKENS // length)
            for at in range(0, len(members), rows):
                batch = members[at : at + rows]
                filled = [*(texts[i] for i in batch), *[""] * (rows - len(batch))]
                vectors[batch] = self._embedded(filled, length)[: len(batch)]
        return vectors

    def _embedded(self, texts: Sequence[str], length: int) -> Vectors:
        """One vector of length 1 for each text, all padded to this many word pieces."""
        import torch

        shape = {"padding": "max_length", "truncation": True, "max_length": length, "return_tensors": "pt"}
        features = self._model.tokenizer(list(texts), **shape)
        with torch.inference_mode():
            vectors = self._model(dict(features))["sentence_embedding"].float()
            unit: Vectors = torch.nn.functional.normalize(vectors).numpy()
        return unit
