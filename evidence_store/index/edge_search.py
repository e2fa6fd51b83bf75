"""How the in-process engine is searched: every point that passes the filter is compared, or a graph is searched.

Rules kept here
- The engine begins with the condition that leaves fewest points and looks at them in the order of that condition's
  field, jumping about among vectors and field indexes. That is quick for few points alone; where a filter leaves more,
  days are given as an exclusion, and points are looked at in the order in which they lie.
- A graph is searched without the filter, and the candidates are filtered afterwards. Restricted to points that pass it,
  the graph falls into unconnected pieces: of 40,000 passages a search of 256 candidates then found 0.88 to 0.98 of the
  ten best, and 0.99 to 1.00 when filtered afterwards.
- A graph search takes as many candidates as yield twice the points that are asked for, by the engine's own estimate of
  what the filter leaves. Where looking at all of them is cheaper, that is done.

    scanned(shard, query, 10, where)        # exact
    walked(shard, query, 10, where)         # approximate; it may come short
"""

from __future__ import annotations

from collections.abc import Callable

from evitrail.evidence_store.index.base import PLACE, Where
from evitrail.evidence_store.index.edge_filter import among, qe, seen_by, spared_by

Search = Callable[[qe.EdgeShard, qe.Query, int, Where], list[qe.ScoredPoint]]
EF = 192
"""Candidates of a graph search, at least; as ``APPROXIMATE`` in ``manifest.py`` names it."""
FEW = 1 / 20
"""The share of points up to which it is quicker to begin with those that a filter leaves."""
SCANNED_A_STEP = 5
"""Points that are compared in the time of one more candidate of a graph search."""
_EXACT = qe.SearchParams(exact=True)


def scanned(shard: qe.EdgeShard, query: qe.Query, limit: int, where: Where) -> list[qe.ScoredPoint]:
    """The best of all points that pass the filter."""
    few = _left(shard, where) <= FEW * _held(shard)
    return _asked(shard, query, limit, seen_by(where) if few else spared_by(where))


def walked(shard: qe.EdgeShard, query: qe.Query, limit: int, where: Where) -> list[qe.ScoredPoint]:
    """The best of the points that pass the filter, among the candidates of a graph search; it may return too few."""
    left = max(1, _left(shard, where))
    width = max(EF, 2 * limit * _held(shard) // left)
    if left <= SCANNED_A_STEP * width:
        return scanned(shard, query, limit, where)
    near = shard.query(qe.QueryRequest(width, query=query, params=qe.SearchParams(hnsw_ef=width)))
    return _asked(shard, query, limit, among((point.id for point in near), spared_by(where)))


def _asked(shard: qe.EdgeShard, query: qe.Query, limit: int, counted: qe.Filter) -> list[qe.ScoredPoint]:
    request = qe.QueryRequest(limit, query=query, filter=counted, with_payload=PLACE, params=_EXACT)
    return shard.query(request)


def _left(shard: qe.EdgeShard, where: Where) -> int:
    """How many points a filter leaves, as the engine estimates."""
    return shard.count(qe.CountRequest(filter=seen_by(where), exact=False))


def _held(shard: qe.EdgeShard) -> int:
    return shard.count(qe.CountRequest(exact=False))
