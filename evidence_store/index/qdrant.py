"""Qdrant by its client: a folder, memory (``:memory:``), or a server or cluster at an address (``layout.py``).

Rules kept here
- The same promises as the in-process engine (``base.py``), checked by the same tests.
- One store, one name. The name is an alias, of the collection ``NAME-<eight digits of the manifest>``. Other readers
  search the alias; we name the collection, because vectors of two models must never be compared.
- An index built beside it is a second collection. One call switches the alias, then the first is dropped. Where it
  was broken off before the switch, the next opening makes it; after it, the first is left behind, unsearched.
- A name that serves another store's collection is refused.
- On a server, payload indexes are made before the first point, and strict mode refuses what would go without one.
- The folder form searches in Python and is made for small sets; it takes one search at a time.

Only ``connection.py`` imports qdrant_client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.index.base import (
    DENSE,
    FIRST,
    LEXICAL,
    PLACE,
    RECTANGLE,
    Bound,
    IndexHit,
    Payload,
    Point,
    Sparse,
    VectorIndex,
    Where,
    best,
    by_seq,
    counted,
    known,
)
from evitrail.evidence_store.index.connection import QdrantConnection, models
from evitrail.evidence_store.index.embed import Vectors
from evitrail.evidence_store.index.manifest import IndexManifest

_PAGE = 1000


class QdrantIndex:
    """A collection in a folder, in memory or on a server."""

    def __init__(self, connection: QdrantConnection, manifest: IndexManifest, beside: bool = False) -> None:
        self._connection = connection
        self._manifest = manifest
        self._place = connection.place
        self._collection = f"{self._place.name}-{manifest.short}"
        self._aside = beside
        with connection.client() as client:
            self.fresh = not client.collection_exists(self._collection)
            served = connection.served()
            if served != self._collection and self.fresh and not beside:
                self._must_be_free(served)
            if self.fresh:
                self._make()
            else:
                self.fresh = self._is_empty()
            self._index()
            if served != self._collection and not beside:
                self._serve(served)

    @property
    def build(self) -> str:
        return ""  # always searched exactly

    def upsert(self, points: Sequence[Point]) -> None:
        batch = [
            models.PointStruct(
                id=point.id,
                vector={DENSE: point.dense.tolist(), LEXICAL: _sparse(point.sparse)},
                payload=point.payload,
            )
            for point in points
        ]
        with self._connection.client() as client:
            client.upsert(self._collection, batch, wait=True, update_filter=_not_later(by_seq(points)))

    def settle(self) -> None:
        """Nothing: the folder form builds nothing, and a server does by itself."""

    # Local mode always searches exactly, and warns when told to.

    def search_dense(self, vector: Vectors, k: int, where: Where, *, exact: bool = True) -> list[IndexHit]:
        params = models.SearchParams(exact=self._place.remote)
        return best(lambda limit: self._search(vector.tolist(), DENSE, limit, where, params), k)

    def search_sparse(self, vector: Sparse, k: int, where: Where) -> list[IndexHit]:
        if not vector.indices:
            return []
        params = models.SearchParams(exact=self._place.remote)
        return best(lambda limit: self._search(_sparse(vector), LEXICAL, limit, where, params), k)

    def _search(self, query: Any, using: str, limit: int, where: Where, params: models.SearchParams) -> list[IndexHit]:
        with self._connection.client() as client:
            points = client.query_points(
                self._collection,
                query=query,
                using=using,
                limit=limit,
                query_filter=seen_by(where),
                search_params=params,
                with_payload=PLACE,
            ).points
        return [_index_hit(point.payload, point.score) for point in points]

    def scroll(self) -> Iterator[tuple[str, Payload]]:
        offset: Any = None
        while True:
            with self._connection.client() as client:
                points, offset = client.scroll(self._collection, limit=_PAGE, offset=offset, with_payload=True)
            yield from ((str(point.id), point.payload or {}) for point in points)
            if offset is None:
                return

    def count(self) -> int:
        with self._connection.client() as client:
            once = models.Filter(must=_ranges([FIRST]))
            return client.count(self._collection, count_filter=once, exact=True).count

    def clear(self) -> None:
        with self._connection.client() as client:
            client.delete_collection(self._collection)  # and with it the alias
            self._make()
            self._index()
            self._serve(None)

    def beside(self, manifest: IndexManifest) -> QdrantIndex:
        if manifest == self._manifest:
            raise StoreError(f"{self._collection}: expected another manifest than it was built with; use reindex")
        return QdrantIndex(self._connection, manifest, beside=True)

    def give_way(self, other: VectorIndex) -> None:
        assert isinstance(other, QdrantIndex)  # made by ``beside``
        other._serve(self._collection)
        other._aside = False

    def close(self) -> None:
        if not self._aside:  # the connection is that of the index in place
            self._connection.close()

    def _is_empty(self) -> bool:
        with self._connection.client() as client:
            points, _ = client.scroll(self._collection, limit=1, with_payload=False)
        return not points

    def _make(self) -> None:
        layout = self._place.layout
        cold = models.Memory.COLD if layout.on_disk else None
        dense = models.VectorParams(size=self._manifest.dimension, distance=models.Distance.DOT, memory=cold)
        sparse = models.SparseVectorParams(index=models.SparseIndexParams(memory=cold))
        with self._connection.client() as client:
            client.create_collection(
                self._collection,
                vectors_config={DENSE: dense},
                sparse_vectors_config={LEXICAL: sparse},
                hnsw_config=models.HnswConfigDiff(m=0),  # search is exact, so no graph is built
                shard_number=layout.shards,
                replication_factor=layout.replicas,
                write_consistency_factor=layout.writes,
                payload=models.PayloadStorageParams(memory=cold),
                strict_mode_config=models.StrictModeConfig(
                    enabled=True,
                    max_query_limit=layout.limit,
                    unindexed_filtering_retrieve=False,
                    unindexed_filtering_update=False,
                    search_allow_exact=True,
                ),
                metadata=self._manifest.model_dump(mode="json"),
            )

    def _index(self) -> None:
        if not self._place.remote:
            return  # local mode has no payload indexes and warns about each
        with self._connection.client() as client:
            made = client.get_collection(self._collection).payload_schema
            for key, params in _INDEXED.items():
                if key not in made:
                    client.create_payload_index(self._collection, key, params, wait=True)

    def _must_be_free(self, served: str | None) -> None:
        """The name must be free: neither another store's nor that of a collection itself."""
        name = self._place.name
        with self._connection.client() as client:
            if served is not None or client.collection_exists(name):
                said = f"{self._place.url}: {name!r} is already the name of {served or 'a collection made otherwise'}"
                raise StoreError(f"{said}; name another, or delete that one")

    def _serve(self, before: str | None) -> None:
        """Have the name mean this collection, and drop the one that it meant before."""
        name = self._place.name
        create = models.CreateAlias(collection_name=self._collection, alias_name=name)
        switch: list[Any] = [models.CreateAliasOperation(create_alias=create)]
        if before is not None:
            switch.insert(0, models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=name)))
        with self._connection.client() as client:
            client.update_collection_aliases(switch)
            if before is not None:
                client.delete_collection(before)


_WHOLE: dict[str, Any] = {"type": models.IntegerIndexType.INTEGER, "range": True, "enable_hnsw": False}
_INDEXED: dict[str, Any] = {
    **{
        key: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, enable_hnsw=False)
        for key in ("ref", "lineage", "kind")
    },
    "seq": models.IntegerIndexParams(**_WHOLE),
    **{key: models.IntegerIndexParams(**_WHOLE) for key in RECTANGLE},
}


def seen_by(where: Where) -> models.Filter:
    """Which points a search may see, for whoever searches the collection with a client of their own."""
    must = _ranges(known(where))
    if where.also and (asked := counted(where)):
        must.append(models.Filter(should=[models.Filter(must=_ranges(asked)), _of(where.also)]))
    else:
        must += _ranges(counted(where))
    return models.Filter(must=must, must_not=[_of(where.without)] if where.without else None)


def _ranges(bounds: Sequence[Bound]) -> list[Any]:
    return [models.FieldCondition(key=b.key, range=models.Range(gte=b.low, lte=b.high)) for b in bounds]


def _of(refs: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key="ref", match=models.MatchAny(any=list(refs)))


def _not_later(ids: Mapping[int, Sequence[str]]) -> models.Filter:
    """Points that are there in no later state than the event they are listed under."""
    groups = [
        models.Filter(
            must=[
                models.HasIdCondition(has_id=list(some)),
                models.FieldCondition(key="seq", range=models.Range(lte=seq)),
            ]
        )
        for seq, some in ids.items()
    ]
    return models.Filter(should=list(groups))


def _sparse(vector: Sparse) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices, values=vector.values)


def _index_hit(payload: Payload | None, score: float) -> IndexHit:
    assert payload is not None  # asked for in the request
    return IndexHit(payload["ref"], payload["part"], payload["start"], payload["end"], score)
