"""The packaged MiniLM, run with torch and tokenizers alone: sentence-transformers takes seconds to load.

Rules kept here
- Its vectors are those of sentence-transformers (a test compares them): the same word pieces, layers, mean over the
  pieces of a text, and length 1.
- Word pieces of many texts stand one after another, one a row, without padding. Attention looks at one text at a time,
  all else at one row at a time. So a text's vector is the same to the bit in any company, as long as a row's product
  does not depend on how many rows are multiplied with it. Whether that holds is checked when the model is loaded;
  where it does not, rows are multiplied ``BLOCK`` at a time, which always has the same shape.
- Texts are spread over as many threads as torch would use for one product. Each text is read by one thread alone, so
  that none waits for another.
- It reads what the package holds and fetches nothing.

    model = MiniLM(Path(MODEL_DIR))
    model.encode(["Aspirin lowers stroke risk."]).shape == (1, 384)

Only this one model is written out here. Any other is sentence-transformers' own (``sentence_model.py``).
The layers are those of BERT (Devlin et al. 2019, arXiv:1810.04805, section 3); the pooling is the model card's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from evitrail.evidence_store.index.embed import Vectors

TOGETHER = 256
"""Rows that pass through the layers together, at most: what a processor's cache holds, and the longest text."""
FILLED = 16
"""Rows are filled up to a multiple of this: the last few of another number are multiplied in another way."""
BLOCK = 64
"""Rows that are multiplied at a time where their number matters: enough to be fast, few enough that a query is too."""
CHECKED = (16, 32, 48, 80, 144)
"""Numbers of rows that are compared with ``TOGETHER``."""


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
        parts = ("attention.self", "attention.output.dense", "intermediate.dense", "output.dense")
        multiplied = [self._weights[f"encoder.layer.0.{part}.weight"] for part in parts]
        alike = all(self._readers.map(any_number_of_rows, multiplied))
        self._block, self._filled = (TOGETHER, FILLED) if alike else (BLOCK, BLOCK)

    def pieces(self, texts: Sequence[str]) -> list[int]:
        self._tokenizer.no_truncation()
        try:
            return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        finally:
            self._tokenizer.enable_truncation(self.window)

    def encode(self, texts: Sequence[str]) -> Vectors:
        import torch
        from torch.nn.functional import normalize

        read = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        means = torch.cat([*self._readers.map(self._means, _groups(read))])
        unit: Vectors = normalize(normalize(means)).numpy()
        return unit

    def _means(self, texts: Sequence[list[int]]) -> torch.Tensor:
        """The mean of each text's states after the last layer."""
        import torch

        lengths = [len(ids) for ids in texts]
        filling = -sum(lengths) % self._filled
        ids = torch.tensor([piece for ids in texts for piece in ids] + [self._padding] * filling)
        places = torch.tensor([place for length in lengths for place in range(length)] + [0] * filling)
        empty = torch.zeros(filling, self.dimension)
        with torch.inference_mode():
            states = self._embedded(ids, places)
            for number in range(self._layers):
                layer = f"encoder.layer.{number}"
                projected = self._linear(f"{layer}.attention.self", states)
                mixed = map(self._mixed, torch.split(projected[: sum(lengths)], lengths))
                states = self._transformed(layer, states, torch.cat([*mixed, empty]))
            return torch.stack([text.mean(0) for text in torch.split(states[: sum(lengths)], lengths)])

    def _embedded(self, ids: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import embedding

        words = embedding(ids, self._weights["embeddings.word_embeddings.weight"])
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        where = embedding(places, self._weights["embeddings.position_embeddings.weight"])
        return self._normed("embeddings.LayerNorm", words + kind + where)

    def _mixed(self, projected: torch.Tensor) -> torch.Tensor:
        """What the word pieces of one text take from one another, by their queries, keys and values."""
        from torch.nn.functional import scaled_dot_product_attention

        query, key, value = projected.view(1, len(projected), 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        return scaled_dot_product_attention(query, key, value)[0].transpose(0, 1).reshape(len(projected), -1)

    def _transformed(self, layer: str, states: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        """The states after a layer, by those before it and what attention took."""
        from torch.nn.functional import gelu

        attended = self._linear(f"{layer}.attention.output.dense", mixed)
        states = self._normed(f"{layer}.attention.output.LayerNorm", attended + states)
        inner = gelu(self._linear(f"{layer}.intermediate.dense", states))
        return self._normed(f"{layer}.output.LayerNorm", self._linear(f"{layer}.output.dense", inner) + states)

    def _linear(self, name: str, states: torch.Tensor) -> torch.Tensor:
        import torch
        from torch.nn.functional import linear

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return torch.cat([linear(rows, weight, bias) for rows in torch.split(states, self._block)])

    def _normed(self, name: str, states: torch.Tensor) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(states, (self.dimension,), weight, bias, self._epsilon)


def _groups(texts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """The texts in their order, ``TOGETHER`` word pieces at a time at most."""
    group: list[list[int]] = []
    for ids in texts:
        if group and sum(map(len, group)) + len(ids) > TOGETHER:
            yield group
            group = []
        group.append(ids)
    yield group


def any_number_of_rows(weight: torch.Tensor) -> bool:
    """Whether a row is multiplied to the same bits on this machine, however many rows are multiplied with it."""
    import torch
    from torch.nn.functional import linear

    rows = torch.arange(TOGETHER * weight.shape[1], dtype=torch.float32).sin().view(TOGETHER, -1)
    whole = linear(rows, weight)
    return all(torch.equal(linear(rows[:number], weight), whole[:number]) for number in CHECKED)
