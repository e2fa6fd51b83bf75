"""What the store asks of a vector index. The index is a projection of the ledger and may be thrown away.

Rules kept here
- A point is one rectangle (``fold.py``) of one passage, named by the passage's content and the rectangle's place: the
  same in every engine. Its bounds are integers beside each other, so "valid on this day, as recorded at that number"
  is a handful of range conditions; open ends are far numbers, not nulls.
- The rectangles of a version never overlap in recorded time, and every search names one event. So a search finds a
  passage once, at most.
- A point carries ``seq``, the last event that changed it. A write never takes the place of a later state, so writes
  may be repeated, or arrive out of order.
- A point carries its passage's text, and the title it is searched under, for readers that have only the index.
- Results are sorted by score descending, then passage id; a tie at the cut is settled by asking for more until it
  ends, because engines order equal scores as they like.
- Search by words is always exact. Search by meaning is exact, or where the manifest says so approximate; then a search
  that comes back short is made again exactly, so that a filter never leaves out what is there.
- Words come weighted (``words.py``): an engine multiplies and adds, and knows no rarity.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from evitrail.evidence_store.fold import Validity, Version
from evitrail.evidence_store.grading.grade import rank
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.index.embed import Vectors
from evitrail.evidence_store.index.manifest import IndexManifest

Payload = dict[str, Any]

DENSE = "dense"
LEXICAL = "bm25"
EPOCH = date(1970, 1, 1).toordinal()
OPEN_DAY = date.max.toordinal() - EPOCH
OPEN_SEQ = 2**52  # engines compare numbers as doubles
PLACE = ["ref", "part", "start", "end"]
"""What a search asks back."""
RECTANGLE = ("vf", "vt", "tf", "tt", "retracted", "newest", "published", "certainty", "nth")
"""What a point says of its rectangle: valid from and to, recorded from and to, standing, certainty (4 high … 1, 0
unrated), and which of its version's rectangles it is, from 0."""
_POINTS = uuid.uuid5(uuid.NAMESPACE_URL, "evitrail/passage")
_SPARE = 16


class Sparse(NamedTuple):
    """Term weights by term number."""

    indices: list[int]
    values: list[float]


class Point(NamedTuple):
    """One rectangle of a passage as an engine stores it."""

    id: str
    dense: Vectors
    sparse: Sparse
    payload: Payload


class IndexHit(NamedTuple):
    """A passage an engine found."""

    ref: str
    part: int
    start: int
    end: int
    score: float


class Where(NamedTuple):
    """Which passages a search may see."""

    seq: int
    """Recorded by this event."""
    valid: bool = False
    """Only what counts: not retracted, and in force on ``day`` or, without a day, the newest of its lineage."""
    day: int | None = None
    without: tuple[str, ...] = ()
    """Versions left out."""
    unpublished: bool = False
    """Drafts and what was withdrawn, too."""
    also: tuple[str, ...] = ()
    """Versions that count whatever is recorded of them, where only what counts is asked for."""


class VectorIndex(Protocol):
    """One store's passages, searchable by meaning and by words."""

    @property
    def fresh(self) -> bool:
        """Whether it holds nothing: opening made it, or found that its passages are gone."""
        ...

    @property
    def build(self) -> str:
        """Which build of its graph is searched, another after each write; empty where search is exact."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Put these points in place, whole, but for those that are there in a later state."""
        ...

    def settle(self) -> None:
        """What was written is all there for now: build what makes searching it quick."""
        ...

    def search_dense(self, vector: Vectors, k: int, where: Where, *, exact: bool = True) -> list[IndexHit]:
        """The ``k`` passages nearest in meaning; not ``exact``, by the index's graph where it has one."""
        ...

    def search_sparse(self, vector: Sparse, k: int, where: Where) -> list[IndexHit]:
        """The ``k`` passages that share the weightiest words; those that share none are not found."""
        ...

    def scroll(self) -> Iterator[tuple[str, Payload]]:
        """Every point's id and payload."""
        ...

    def count(self) -> int:
        """How many passages there are."""
        ...

    def clear(self) -> None:
        """Drop every point."""
        ...

    def beside(self, manifest: IndexManifest) -> VectorIndex:
        """Another index of this store, built otherwise, while this one is searched; one begun earlier goes on."""
        ...

    def give_way(self, other: VectorIndex) -> None:
        """Let that index take this one's place, and drop this one; the place's manifest must name it by now."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def point_id(version: Version, part: int, span: TextSpan, nth: int = 0) -> str:
    """The point's name from its content: the version's name, where in it the passage stands, and which rectangle."""
    return str(uuid.uuid5(_POINTS, f"{version.id}#{part}[{span.start}:{span.end}]~{nth}"))


def payloads(version: Version, part: int, span: TextSpan) -> list[tuple[str, Payload]]:
    """The passage's points, one for each rectangle: id, and all that an engine needs to filter and to name them."""
    evidence = version.evidence
    passage = {
        "ref": evidence.ref,
        "lineage": evidence.id,
        "part": part,
        "start": span.start,
        "end": span.end,
        "kind": evidence.kind,
        "title": evidence.title,
        "text": evidence.text[span.start : span.end],
    }
    return [
        (point_id(version, part, span, nth), {**passage, **rectangle(row, nth)}) for nth, row in enumerate(version.rows)
    ]


def rectangle(row: Validity, nth: int = 0) -> Payload:
    """A rectangle as integers, and the last event that changed it."""
    return {
        "vf": day_number(row.valid_from),
        "vt": OPEN_DAY if row.valid_to is None else day_number(row.valid_to),
        "tf": row.seq_from,
        "tt": OPEN_SEQ if row.seq_to is None else row.seq_to,
        "retracted": int(row.retracted),
        "newest": int(row.newest),
        "published": int(row.published),
        "certainty": rank(row.grade),
        "nth": nth,
        "seq": row.seq_from if row.seq_to is None else row.seq_to,
    }


def by_seq(points: Sequence[Point]) -> dict[int, list[str]]:
    """The points' ids by the last event they know of."""
    groups: dict[int, list[str]] = {}
    for point in points:
        groups.setdefault(point.payload["seq"], []).append(point.id)
    return groups


class Bound(NamedTuple):
    """One condition on a point's rectangle: ``low <= key <= high``."""

    key: str
    low: int | None = None
    high: int | None = None


def known(where: Where) -> list[Bound]:
    """The conditions on what the search may see at all."""
    found = [Bound("tf", high=where.seq), Bound("tt", low=where.seq + 1)]
    return found if where.unpublished else [*found, Bound("published", low=1)]


def counted(where: Where) -> list[Bound]:
    """The conditions on what counts, where only that is asked for; ``also`` need not meet them."""
    if not where.valid:
        return []
    if where.day is None:
        return [Bound("retracted", high=0), Bound("newest", low=1)]
    return [Bound("retracted", high=0), Bound("vf", high=where.day), Bound("vt", low=where.day + 1)]


FIRST = Bound("nth", high=0)
"""Each passage once, whatever was recorded of it."""


def nearest(search: Callable[[int, bool], Sequence[IndexHit]], k: int, *, exact: bool) -> list[IndexHit]:
    """The best ``k`` of a search that is told how many to find and whether exactly; where a graph falls short, exactly.

    A graph is walked along its edges. Where few of the points count, the walk may end before it has found them all.
    """

    def found(limit: int) -> Sequence[IndexHit]:
        hits = search(limit, exact)
        return hits if exact or len(hits) >= limit else search(limit, True)

    return best(found, k)


def best(search: Callable[[int], Sequence[IndexHit]], k: int) -> list[IndexHit]:
    """The best ``k`` in our order, whatever order the engine gives to equal scores."""
    limit = k + _SPARE
    while True:
        found = search(limit)
        cut = len(found) == limit and k > 0 and found[k - 1].score == found[-1].score
        if not cut:
            return sorted(found, key=lambda hit: (-hit.score, f"{hit.ref}#{hit.part}"))[:k]
        limit *= 2
