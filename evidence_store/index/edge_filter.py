"""What a search may see, and what a write may replace, as conditions of the in-process engine.

The only file that imports qdrant_edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evitrail.evidence_store.errors import MissingPackageError
from evitrail.evidence_store.index.base import Bound, Where, counted, known

try:
    import qdrant_edge as qe
except ImportError as error:
    raise MissingPackageError(
        "the store's index needs qdrant-edge-py; run `pip install qdrant-edge-py==0.9.0`"
    ) from error

__all__ = ["among", "not_later", "qe", "ranges", "seen_by", "spared_by"]


def seen_by(where: Where) -> qe.Filter:
    """Which points a search may see."""
    must = ranges(known(where))
    if where.also and (asked := counted(where)):
        must.append(qe.Filter(should=[qe.Filter(must=ranges(asked)), _of(where.also)]))
    else:
        must += ranges(counted(where))
    return qe.Filter(must=must, must_not=[_of(where.without)] if where.without else None)


def spared_by(where: Where) -> qe.Filter:
    """The same points, with the days given as an exclusion: the engine then never begins with the points of a day."""
    if where.also or not where.valid or where.day is None:
        return seen_by(where)
    standing, *days = counted(where)
    spared = [condition for bound in days for condition in _outside(bound)]
    if where.without:
        spared.append(_of(where.without))
    return qe.Filter(must=ranges([*known(where), standing]), must_not=spared)


def among(ids: Iterable[Any], counted: qe.Filter) -> qe.Filter:
    """Which of these points a filter leaves."""
    return qe.Filter(must=[qe.HasIdCondition(set(ids)), counted])


def ranges(bounds: Sequence[Bound]) -> list[Any]:
    """Bounds as the engine's conditions."""
    return [qe.FieldCondition(b.key, range=qe.RangeFloat(gte=b.low, lte=b.high)) for b in bounds]


def _outside(bound: Bound) -> list[Any]:
    """The conditions of which a point meets one where it is out of bounds."""
    ends = [qe.RangeFloat(lt=bound.low)] if bound.low is not None else []
    ends += [qe.RangeFloat(gt=bound.high)] if bound.high is not None else []
    return [qe.FieldCondition(bound.key, range=end) for end in ends]


def _of(refs: Sequence[str]) -> qe.FieldCondition:
    return qe.FieldCondition("ref", match=qe.MatchAny(list(refs)))


def not_later(ids: Mapping[int, Sequence[str]]) -> qe.Filter:
    """Points that are there in no later state than the event they are listed under."""
    groups = [
        qe.Filter(must=[qe.HasIdCondition(set(some)), qe.FieldCondition("seq", range=qe.RangeFloat(lte=seq))])
        for seq, some in ids.items()
    ]
    return qe.Filter(should=list(groups))
