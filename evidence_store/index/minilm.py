"""The packaged MiniLM, run with torch and tokenizers alone: sentence-transformers takes seconds to load.

Rules kept here
- Its vectors are those of sentence-transformers (a test compares them): the same word pieces, layers, mean over the
  pieces of a text, and length 1.
- It reads what the package holds and fetches nothing.
- Batches are spread over as many threads as torch would use for one. Each is read by one thread alone, so that none
  waits for another; the bits are the same.
- Whether a text has the same bits in a batch of fewer rows is tried on this machine, once, when a model is loaded
  (``needs_full_batches``). Where it has, a query costs what it holds.

    model = MiniLM(Path(MODEL_DIR))
    [found.shape for found in model.embedded([Batch(["Aspirin lowers stroke risk."], 16)])] == [(1, 384)]

Only this one model is written out here. Any other is sentence-transformers' own (``embed.py``).
The layers are those of BERT (Devlin et al. 2019, arXiv:1810.04805, section 3); the pooling is the model card's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evitrail.evidence_store.index.embed import STEP, TOKENS, Batch

if TYPE_CHECKING:
    import torch

    from evitrail.evidence_store.index.embed import Vectors

SENTENCE = "Aspirin lowers the risk of a second stroke."


class MiniLM:
    """The model and its tokenizer; keeps ``LoadedModel`` of ``embed.py``."""

    def __init__(self, folder: Path) -> None:
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_bytes())
        self.window = int(json.loads((folder / "sentence_bert_config.json").read_bytes())["max_seq_length"])
        self.dimension = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config["layer_norm_eps"])
        self._padding = int(config["pad_token_id"])
        self._weights: dict[str, torch.Tensor] = load_file(folder / "model.safetensors")
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.window)
        self._readers = ThreadPoolExecutor(torch.get_num_threads(), initializer=partial(torch.set_num_threads, 1))

    @cached_property
    def needs_full_batches(self) -> bool:
        return not all(map(self._same_bits, range(STEP, TOKENS // 2 + 1, STEP)))

    def _same_bits(self, length: int) -> bool:
        """Whether a text of so many word pieces has the same vector alone, and in a batch that lacks a row."""
        import numpy as np

        rows = TOKENS // length
        batches = [Batch([SENTENCE] * number, length) for number in (rows, rows - 1, 1)]
        whole, *fewer = self.embedded(batches)
        return all(np.array_equal(found, whole[: len(found)]) for found in fewer)

    def pieces(self, texts: Sequence[str]) -> list[int]:
        self._tokenizer.no_truncation()
        try:
            return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        finally:
            self._tokenizer.enable_truncation(self.window)

    def embedded(self, batches: Sequence[Batch]) -> Iterable[Vectors]:
        return self._readers.map(self._embedded, batches)

    def _embedded(self, batch: Batch) -> Vectors:
        import torch

        ids = torch.full((len(batch.texts), batch.length), self._padding)
        mask = torch.zeros((len(batch.texts), batch.length), dtype=torch.bool)
        for row, encoding in enumerate(self._tokenizer.encode_batch_fast(batch.texts)):
            ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
            mask[row, : len(encoding.ids)] = True
        with torch.inference_mode():
            states = self._read(ids, mask)
            read = mask.unsqueeze(-1).float()
            means = (states * read).sum(1) / read.sum(1).clamp(min=1e-9)
            unit: Vectors = torch.nn.functional.normalize(torch.nn.functional.normalize(means)).numpy()
        return unit

    def _read(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last layer's state of every word piece."""
        from torch.nn.functional import embedding, gelu, scaled_dot_product_attention

        rows, length = ids.shape
        places = self._weights["embeddings.position_embeddings.weight"][:length]
        kinds = self._weights["embeddings.token_type_embeddings.weight"][0]
        states = embedding(ids, self._weights["embeddings.word_embeddings.weight"]) + kinds + places
        states = self._normed("embeddings.LayerNorm", states)
        seen = mask[:, None, None, :]
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"

            def heads(name: str, states: torch.Tensor = states, layer: str = layer) -> torch.Tensor:
                split = self._linear(f"{layer}.attention.self.{name}", states).view(rows, length, self._heads, -1)
                return split.transpose(1, 2)

            mixed = scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), attn_mask=seen)
            mixed = mixed.transpose(1, 2).reshape(rows, length, self.dimension)
            attended = self._linear(f"{layer}.attention.output.dense", mixed)
            states = self._normed(f"{layer}.attention.output.LayerNorm", attended + states)
            inner = gelu(self._linear(f"{layer}.intermediate.dense", states))
            states = self._normed(f"{layer}.output.LayerNorm", self._linear(f"{layer}.output.dense", inner) + states)
        return states

    def _linear(self, name: str, states: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import linear

        return linear(states, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normed(self, name: str, states: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(states, (self.dimension,), weight, bias, self._epsilon)
