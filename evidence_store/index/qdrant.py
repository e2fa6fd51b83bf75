"""Qdrant by its client: a folder, memory (``:memory:``), or a server at an address.

Rules kept here
- The same promises as the in-process engine (``base.py``), checked by the same tests.
- A server's address ends in the collection's name (``evitrail`` when it does not); one store, one collection.
- The folder form searches in Python and is made for small sets; it takes one search at a time.

The only file that imports qdrant_client.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evidence_store.embed import Vectors
from evidence_store.errors import MissingPackageError, StoreError
from evidence_store.index.base import (
    DENSE,
    LEXICAL,
    PLACE,
    RECTANGLE,
    Found,
    Manifest,
    Payload,
    Point,
    Rows,
    Sparse,
    Where,
    best,
    bounds,
)

try:
    from qdrant_client import QdrantClient, models
    from qdrant_client.http.exceptions import ApiException
except ImportError as error:
    raise MissingPackageError("a Qdrant index needs qdrant-client; run `pip install qdrant-client`") from error

COLLECTION = "evitrail"
_PAGE = 1000


class QdrantIndex:
    """A collection in a folder, in memory or on a server."""

    def __init__(self, location: str, manifest: Manifest) -> None:
        self._manifest = manifest
        self._client, self._collection, self._remote = _connected(location)
        # Local mode keeps plain Python state, which two threads may not walk at once.
        self._lock: AbstractContextManager[Any] = nullcontext() if self._remote else threading.RLock()
        try:
            self.fresh = not self._client.collection_exists(self._collection)
        except (ApiException, OSError) as error:
            said = f"expected a Qdrant server at {location!r}, got {error}; start it or correct the address"
            raise StoreError(said) from error
        if self.fresh:
            self._make()

    def upsert(self, points: Sequence[Point]) -> None:
        batch = [
            models.PointStruct(
                id=point.id,
                vector={DENSE: point.dense.tolist(), LEXICAL: _sparse(point.sparse)},
                payload=point.payload,
            )
            for point in points
        ]
        with self._lock:
            self._client.upsert(self._collection, batch, wait=True)

    def set_rows(self, changes: Sequence[tuple[Sequence[str], Rows]]) -> None:
        operations = [
            models.SetPayloadOperation(set_payload=models.SetPayload(payload={"rows": rows}, points=list(ids)))
            for ids, rows in changes
        ]
        with self._lock:
            self._client.batch_update_points(self._collection, operations, wait=True)

    # Local mode always searches exactly, and warns when told to.

    def search_dense(self, vector: Vectors, k: int, where: Where) -> list[Found]:
        params = models.SearchParams(exact=self._remote)
        return best(lambda limit: self._search(vector.tolist(), DENSE, limit, where, params), k)

    def search_sparse(self, vector: Sparse, k: int, where: Where) -> list[Found]:
        if not vector.indices:
            return []
        params = models.SearchParams(exact=self._remote, idf=models.IdfCorpusParams(corpus=_filter(where)))
        return best(lambda limit: self._search(_sparse(vector), LEXICAL, limit, where, params), k)

    def _search(self, query: Any, using: str, limit: int, where: Where, params: models.SearchParams) -> list[Found]:
        with self._lock:
            points = self._client.query_points(
                self._collection,
                query=query,
                using=using,
                limit=limit,
                query_filter=_filter(where),
                search_params=params,
                with_payload=PLACE,
            ).points
        return [_found(point.payload, point.score) for point in points]

    def scroll(self) -> Iterator[tuple[str, Payload]]:
        offset: Any = None
        while True:
            with self._lock:
                points, offset = self._client.scroll(self._collection, limit=_PAGE, offset=offset, with_payload=True)
            yield from ((str(point.id), point.payload or {}) for point in points)
            if offset is None:
                return

    def count(self) -> int:
        with self._lock:
            return self._client.count(self._collection, exact=True).count

    def clear(self) -> None:
        with self._lock:
            self._client.delete_collection(self._collection)
            self._make()

    def close(self) -> None:
        self._client.close()

    def _make(self) -> None:
        self._client.create_collection(
            self._collection,
            vectors_config={DENSE: models.VectorParams(size=self._manifest.dimension, distance=models.Distance.DOT)},
            sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            hnsw_config=models.HnswConfigDiff(m=0),  # search is exact, so no graph is built
            metadata=self._manifest.model_dump(mode="json"),
        )
        if self._remote:  # local mode has no payload indexes and warns about each
            for key, params in _INDEXED.items():
                self._client.create_payload_index(self._collection, key, params, wait=True)


def _connected(location: str) -> tuple[QdrantClient, str, bool]:
    if location == ":memory:":
        return QdrantClient(location), COLLECTION, False
    if location.startswith(("http://", "https://")):
        parts = urlsplit(location)
        return QdrantClient(url=f"{parts.scheme}://{parts.netloc}"), parts.path.strip("/") or COLLECTION, True
    try:
        # Every use is under one lock, so SQLite may be used from the thread that holds it.
        return QdrantClient(path=location, force_disable_check_same_thread=True), COLLECTION, False
    except RuntimeError as error:
        raise StoreError(f"{Path(location)}: the index is open in another process; close that one first") from error


_INDEXED: dict[str, Any] = {
    "ref": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, enable_hnsw=False),
    **{
        f"rows[].{key}": models.IntegerIndexParams(
            type=models.IntegerIndexType.INTEGER, range=True, enable_hnsw=False, nested="rows"
        )
        for key in RECTANGLE
    },
}


def _filter(where: Where) -> models.Filter:
    ranges = [models.FieldCondition(key=b.key, range=models.Range(gte=b.low, lte=b.high)) for b in bounds(where)]
    nested = models.Nested(key="rows", filter=models.Filter(must=list(ranges)))
    unseen = models.FieldCondition(key="ref", match=models.MatchAny(any=list(where.without)))
    return models.Filter(must=[models.NestedCondition(nested=nested)], must_not=[unseen] if where.without else None)


def _sparse(vector: Sparse) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices, values=vector.values)


def _found(payload: Payload | None, score: float) -> Found:
    assert payload is not None  # asked for in the request
    return Found(payload["ref"], payload["part"], payload["start"], payload["end"], score)
