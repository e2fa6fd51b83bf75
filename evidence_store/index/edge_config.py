"""What an in-process index is made with: vectors, a graph where it has one, and the fields that are filtered by."""

from __future__ import annotations

from typing import Any

from evitrail.evidence_store.index.base import DENSE, LEXICAL, RECTANGLE
from evitrail.evidence_store.index.edge_filter import qe
from evitrail.evidence_store.index.manifest import IndexManifest

M, EF_CONSTRUCT = 32, 200
"""HNSW's numbers, as ``APPROXIMATE`` in ``manifest.py`` names them."""
GRAPH_FROM = 10_000
"""Kilobytes of vectors from which on a graph is built of them; fewer are all looked at."""
SEGMENTS = 4
"""Segments that the engine aims at where search is exact: each core looks through one at a time."""
SEGMENT_SIZE = 512_000
"""Kilobytes of vectors in one of them at most, so a large index has more of them; each takes time to open."""

INDEXED: dict[str, Any] = {
    "ref": qe.KeywordIndexParams(enable_hnsw=False, on_disk=True),
    **{
        key: qe.IntegerIndexParams(range=True, lookup=False, enable_hnsw=False, on_disk=True)
        for key in RECTANGLE
        if key != "certainty"  # no search of ours asks for it
    },
}
"""Fields with an index of their own."""


def config_of(manifest: IndexManifest) -> qe.EdgeConfig:
    """The engine's configuration. Vectors are of length 1, so their dot product is the cosine.

    A graph is not parted: a search would walk each part.
    """
    exact = manifest.mode == "exact"
    graph = qe.HnswIndexConfig(0, 0, 0) if exact else qe.HnswIndexConfig(M, EF_CONSTRUCT, GRAPH_FROM)
    optimizers = qe.EdgeOptimizersConfig(
        indexing_threshold=GRAPH_FROM,
        default_segment_number=SEGMENTS if exact else None,
        max_segment_size=SEGMENT_SIZE if exact else None,
    )
    return qe.EdgeConfig(
        vectors={DENSE: qe.EdgeVectorParams(size=manifest.dimension, distance=qe.Distance.Dot)},
        sparse_vectors={LEXICAL: qe.EdgeSparseVectorParams(on_disk=True)},
        hnsw_config=graph,
        optimizers=optimizers,
        wal_enabled=True,
    )
