"""A sentence-transformers model of 32 dimensions and few words, its weights drawn by lot: made in a moment.

Embedder(str(tiny_encoder(folder, ("aspirin", "stroke"), seed=1)))
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def tiny_encoder(folder: Path, words: Sequence[str], seed: int = 0) -> Path:
    """The model's folder, made."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words)))
    torch.manual_seed(seed)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words) + 5, max_position_embeddings=64, **shape)).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    whole = SentenceTransformer(modules=[(bert := Transformer(str(folder))), Pooling(bert.get_embedding_dimension())])
    whole.save(str(folder))
    return folder
