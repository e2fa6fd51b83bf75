"""The packaged MiniLM, run with torch and tokenizers alone: sentence-transformers takes seconds to load.

Rules kept here
- Its vectors are those of sentence-transformers (a test compares them): the same word pieces, layers, mean over the
  pieces of a text, and length 1.
- It reads what the package holds and fetches nothing.
- Batches are spread over as many threads as torch would use for one. Each is read by one thread alone, so that none
  waits for another; the bits are the same.
- Attention looks at one text at a time, all else at one word piece at a time. So padding is left out of all but the
  attention, as long as a row's product does not depend on how many rows are multiplied with it. Whether that holds on
  this machine is tried when a model is loaded, by the threads that read (``needs_full_batches``). The bits are the same
  either way.

    model = MiniLM(Path(MODEL_DIR))
    [found.shape for found in model.embedded([Batch(["Aspirin lowers stroke risk."], 16)])] == [(1, 384)]

Only this one model is written out here. Any other is sentence-transformers' own (``embed.py``).
The layers are those of BERT (Devlin et al. 2019, arXiv:1810.04805, section 3); the pooling is the model card's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evitrail.evidence_store.index.embed import TOGETHER, Batch

if TYPE_CHECKING:
    import torch

    from evitrail.evidence_store.index.embed import Vectors

FILLED = 16
"""Rows are multiplied in multiples of this: the last few of another number are multiplied in another way."""
TRIED = (16, 32, 48, 80, 128, 144, 272)
"""Numbers of rows that are compared with ``TOGETHER`` of them."""


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
        for number in range(self._layers):  # one product in place of three
            own = f"encoder.layer.{number}.attention.self"
            for kind in ("weight", "bias"):
                three = [self._weights.pop(f"{own}.{name}.{kind}") for name in ("query", "key", "value")]
                self._weights[f"{own}.{kind}"] = torch.cat(three)
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.window)
        self._readers = ThreadPoolExecutor(torch.get_num_threads(), initializer=partial(torch.set_num_threads, 1))
        multiplied = ("attention.self", "attention.output.dense", "intermediate.dense", "output.dense")
        names = [f"encoder.layer.0.{name}" for name in multiplied]
        self.needs_full_batches = not all(self._readers.map(self._any_number_of_rows, names))

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
        """The last layer's state of every word piece, (rows, length, dimension); zeros for padding left out."""
        from torch.nn.functional import embedding, gelu, scaled_dot_product_attention

        rows, length = ids.shape
        read = self._places(mask)
        states = embedding(ids.flatten()[read], self._weights["embeddings.word_embeddings.weight"])
        states = states + self._weights["embeddings.token_type_embeddings.weight"][0]
        states = states + self._weights["embeddings.position_embeddings.weight"][read % length]
        states = self._normed("embeddings.LayerNorm", states)
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            three = _spread(self._linear(f"{layer}.attention.self", states), read, rows * length)
            query, key, value = three.view(rows, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
            mixed = mixed.transpose(1, 2).reshape(rows * length, self.dimension)[read]
            attended = self._linear(f"{layer}.attention.output.dense", mixed)
            states = self._normed(f"{layer}.attention.output.LayerNorm", attended + states)
            inner = gelu(self._linear(f"{layer}.intermediate.dense", states))
            states = self._normed(f"{layer}.output.LayerNorm", self._linear(f"{layer}.output.dense", inner) + states)
        return _spread(states, read, rows * length).view(rows, length, self.dimension)

    def _places(self, mask: torch.Tensor) -> torch.Tensor:
        """Which places of a batch are read, counted over its rows: the texts', and some padding to fill up."""
        pieces = mask.flatten().clone()
        padding = (~pieces).nonzero()[:, 0]
        filling = len(padding) if self.needs_full_batches else -int(pieces.sum()) % FILLED
        pieces[padding[:filling]] = True
        return pieces.nonzero()[:, 0]

    def _any_number_of_rows(self, name: str) -> bool:
        """Whether a row is multiplied to the same bits on this machine, however many rows are multiplied with it."""
        import torch

        size = self._weights[f"{name}.weight"].shape[1]
        rows = torch.arange(TOGETHER * size, dtype=torch.float32).sin().view(TOGETHER, size)
        whole = self._linear(name, rows)
        return all(torch.equal(self._linear(name, rows[:number]), whole[:number]) for number in TRIED)

    def _linear(self, name: str, states: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import linear

        return linear(states, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normed(self, name: str, states: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(states, (self.dimension,), weight, bias, self._epsilon)


def _spread(found: torch.Tensor, places: torch.Tensor, number: int) -> torch.Tensor:
    """These rows at their places among so many, the others zero."""
    spread = found.new_zeros(number, found.shape[1])
    spread[places] = found
    return spread
