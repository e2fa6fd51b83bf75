"""The door to sentence-transformers: a model of a folder or of the hub, loaded.

The packaged model goes another way (``minilm.py``), because this library takes seconds to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from evitrail.evidence_store.errors import EvidenceError, MissingPackageError

if TYPE_CHECKING:
    from evitrail.evidence_store.index.embed import Batch, Vectors


class SentenceModel:
    """A model and its tokenizer; keeps ``LoadedModel`` of ``embed.py``."""

    needs_full_batches = True  # a batch without padding may go another way through the model

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

    def embedded(self, batches: Sequence[Batch]) -> Iterable[Vectors]:
        return map(self._embedded, batches)

    def _embedded(self, batch: Batch) -> Vectors:
        import torch

        shape = {"padding": "max_length", "truncation": True, "max_length": batch.length, "return_tensors": "pt"}
        features = self._model.tokenizer(batch.texts, **shape)
        with torch.inference_mode():
            vectors = self._model(dict(features))["sentence_embedding"].float()
            unit: Vectors = torch.nn.functional.normalize(vectors).numpy()
        return unit
