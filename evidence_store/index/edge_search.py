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
- The engine is asked once for each filter how many points it leaves; the estimate is kept until the next write.

    scanned(shard, query, 10, where, estimates)     # exact
    walked(shard, query, 10, where, estimates)      # approximate; it may come short
"""

from __future__ import annotations

from collections.abc import Callable

from evitrail.evidence_store.index.base import PLACE, Where
from evitrail.evidence_store.index.edge_filter import among, qe, seen_by, spared_by

EF = 192
"""Candidates of a graph search, at least; as ``APPROXIMATE`` in ``manifest.py`` names it."""
FEW = 1 / 20
"""The share of points up to which it is quicker to begin with those that a filter leaves."""
KEPT = 1000
"""Estimates kept: one for each day, event and exclusion that is searched."""
SCANNED_A_STEP = 10
"""Points that are compared in about the time of one more candidate of a graph search (measured 8.5, where a filter
leaves few); rounded up, since comparing them misses none."""
_EXACT = qe.SearchParams(exact=True)


class Estimates:
    """How many points filters leave, as the engine estimates; it is asked once, until something is written."""

    def __init__(self) -> None:
        self._known: dict[Where | None, int] = {}

    def held(self, shard: qe.EdgeShard) -> int:
        """How many points there are."""
        return self._estimate(shard, None)

    def left(self, shard: qe.EdgeShard, where: Where) -> int:
        """How many a filter leaves."""
        return self._estimate(shard, where)

    def forget(self) -> None:
        """Something is written: what was estimated before no longer counts."""
        self._known.clear()

    def _estimate(self, shard: qe.EdgeShard, where: Where | None) -> int:
        if (known := self._known.get(where)) is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = shard.count(qe.CountRequest(filter=seen_by(where) if where else None, exact=False))
            self._known[where] = known
        return known


Search = Callable[[qe.EdgeShard, qe.Query, int, Where, Estimates], list[qe.ScoredPoint]]


def scanned(
    shard: qe.EdgeShard, query: qe.Query, limit: int, where: Where, estimates: Estimates
) -> list[qe.ScoredPoint]:
    """The best of all points that pass the filter."""
    few = estimates.left(shard, where) <= FEW * estimates.held(shard)
    return _asked(shard, query, limit, seen_by(where) if few else spared_by(where))


def walked(
    shard: qe.EdgeShard, query: qe.Query, limit: int, where: Where, estimates: Estimates
) -> list[qe.ScoredPoint]:
    """The best of the points that pass the filter, among the candidates of a graph search; it may return too few."""
    left = max(1, estimates.left(shard, where))
    width = max(EF, 2 * limit * estimates.held(shard) // left)
    if left <= SCANNED_A_STEP * width:
        return scanned(shard, query, limit, where, estimates)
    near = shard.query(qe.QueryRequest(width, query=query, params=qe.SearchParams(hnsw_ef=width)))
    return _asked(shard, query, limit, among((point.id for point in near), spared_by(where)))


def _asked(shard: qe.EdgeShard, query: qe.Query, limit: int, counted: qe.Filter) -> list[qe.ScoredPoint]:
    request = qe.QueryRequest(limit, query=query, filter=counted, with_payload=PLACE, params=_EXACT)
    return shard.query(request)
