"""Hybrid retrieval: two rankings fused by reciprocal rank (Cormack, Clarke and Büttcher, SIGIR 2009).

The fusion is ours because an engine's own orders ties at random; here ties fall to the passage id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evitrail.evidence_store.model import Passage
from evitrail.retrieval.base import Hit, Retrieved, Retriever
from evitrail.retrieval.bm25 import BM25
from evitrail.retrieval.dense import Dense

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

K = 60
"""The constant of the paper: how little a first place counts more than a second."""


@dataclass(frozen=True)
class Hybrid:
    """Dense and lexical retrieval, each as deep as ``depth``, fused by rank."""

    depth: int = 50
    valid_only: bool = False

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        parts: list[Retriever] = [Dense(valid_only=self.valid_only), BM25(valid_only=self.valid_only)]
        rankings = [part.search(query, snapshot, max(k, self.depth)).hits for part in parts]
        return Retrieved(query=query, hits=fuse(rankings, ("dense", "BM25"), k))


def fuse(rankings: list[tuple[Hit, ...]], names: tuple[str, ...], k: int) -> tuple[Hit, ...]:
    """Reciprocal rank fusion: a passage scores the sum of 1 / (60 + rank) over the rankings it is in."""
    passages: dict[str, Passage] = {}
    places: dict[str, list[tuple[str, int]]] = {}
    for name, hits in zip(names, rankings, strict=True):
        for hit in hits:
            key = hit.passage.id
            passages[key] = hit.passage
            places.setdefault(key, []).append((name, hit.rank))
    scores = {key: sum(1 / (K + rank) for _, rank in found) for key, found in places.items()}
    best = sorted(scores, key=lambda key: (-scores[key], key))[:k]
    return tuple(
        Hit(passage=passages[key], score=scores[key], rank=rank, why=_why(places[key]))
        for rank, key in enumerate(best, start=1)
    )


def _why(places: list[tuple[str, int]]) -> str:
    return " and ".join(f"{name} rank {rank}" for name, rank in places)
