"""The packaged MiniLM on torch alone: to import sentence-transformers takes longer than most commands do.

Rules kept here
- To the bit what sentence-transformers makes of the same folder, so an index built with either fits the other.
- A BERT with its mean of word vectors, no other network: Devlin et al. 2019, Reimers and Gurevych 2019.

    network = MiniLM.read(folder)
    words = network.tokenizer(["Aspirin lowers stroke risk."], return_tensors="pt")
    network(words)["sentence_embedding"].shape == (1, 384)

It is called as sentence-transformers' own model is, in the few ways that ``embed.py`` needs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

LEAST = 1e-9
"""Words that a text without any counts as having."""


@dataclass(frozen=True)
class Words:
    """Cuts texts into word pieces."""

    pieces: Tokenizer
    window: int

    def __call__(
        self,
        texts: Sequence[str],
        *,
        max_length: int | None = None,
        padding: str | None = None,
        truncation: bool = True,
        return_tensors: str | None = None,
    ) -> dict[str, Any]:
        """The numbers of the pieces: as lists, or as tensors (texts, max_length) with the mask of what is a piece."""
        limit = max_length or self.window
        self.pieces.enable_truncation(limit)
        cut = [found.ids for found in self.pieces.encode_batch(list(texts))]
        if return_tensors is None:
            return {"input_ids": cut}
        import torch

        length = limit if padding == "max_length" else max(map(len, cut))
        return {
            "input_ids": torch.tensor([ids + [0] * (length - len(ids)) for ids in cut]),
            "attention_mask": torch.tensor([[1] * len(ids) + [0] * (length - len(ids)) for ids in cut]),
        }


@dataclass(frozen=True)
class MiniLM:
    """The network and its words."""

    tokenizer: Words
    max_seq_length: int
    shape: Mapping[str, Any] = field(repr=False)
    """``config.json``."""
    weights: Mapping[str, Tensor] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> MiniLM:
        """From its files; raises ``OSError`` where one is not there."""
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        shape = json.loads((folder / "config.json").read_text("utf-8"))
        window = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))["max_seq_length"]
        weights = load_file(folder / "model.safetensors")
        pieces = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
        pieces.no_padding()
        return cls(Words(pieces, window), window, shape, weights)

    def get_embedding_dimension(self) -> int:
        return int(self.shape["hidden_size"])

    def __call__(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """``sentence_embedding``: float32 (texts, dimension), each of length 1."""
        from torch import clamp
        from torch.nn.functional import normalize

        mask = features["attention_mask"]
        states = self._states(features["input_ids"], mask)
        counted = mask.unsqueeze(-1).expand(states.shape).to(states.dtype)
        mean = (states * counted).sum(1) / clamp(counted.sum(1), min=LEAST)
        return {"sentence_embedding": normalize(mean, dim=1)}

    def _states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """A vector for each piece, (texts, length, dimension)."""
        from torch.nn.functional import embedding

        weights, length = self.weights, ids.shape[1]
        states = embedding(ids, weights["embeddings.word_embeddings.weight"])
        states = states + weights["embeddings.token_type_embeddings.weight"][0]
        states = states + weights["embeddings.position_embeddings.weight"][:length]
        states = self._normed(states, "embeddings.LayerNorm")
        seen = None if mask.all() else mask[:, None, None, :].bool().expand(len(ids), 1, length, length)
        for number in range(self.shape["num_hidden_layers"]):
            states = self._layer(states, seen, f"encoder.layer.{number}")
        return states

    def _layer(self, states: Tensor, seen: Tensor | None, name: str) -> Tensor:
        from torch.nn.functional import gelu, scaled_dot_product_attention

        texts, length, _ = states.shape
        heads = self.shape["num_attention_heads"]
        query, key, value = (
            self._linear(states, f"{name}.attention.self.{part}").view(texts, length, heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        said = scaled_dot_product_attention(query, key, value, attn_mask=seen).transpose(1, 2).reshape(states.shape)
        states = self._normed(
            self._linear(said, f"{name}.attention.output.dense") + states, f"{name}.attention.output.LayerNorm"
        )
        wide = gelu(self._linear(states, f"{name}.intermediate.dense"))
        return self._normed(self._linear(wide, f"{name}.output.dense") + states, f"{name}.output.LayerNorm")

    def _linear(self, states: Tensor, name: str) -> Tensor:
        from torch.nn.functional import linear

        return linear(states, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _normed(self, states: Tensor, name: str) -> Tensor:
        from torch.nn.functional import layer_norm

        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return layer_norm(states, (states.shape[-1],), weight, bias, self.shape["layer_norm_eps"])
