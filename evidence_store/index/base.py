"""What the store asks of a vector index. The index is a projection of the ledger and may be thrown away.

Rules kept here
- A point is one passage, named by its content: the same passage has the same id in every engine.
- A point carries its version's rectangles (``fold.py``) as integers, so that "valid on this day, as
  recorded at that number" is one nested condition; open ends are far numbers, not nulls.
- A point carries ``seq``, the last event that changed it. A write never takes the place of a later state, so writes
  may be repeated, or arrive out of order.
- A point carries its passage's text, and the title it is searched under, for readers that have only the index.
- Search is exact. Results are sorted by score descending, then passage id; a tie at the cut is
  settled by asking for more until it ends, because engines order equal scores as they like.
- Term statistics (IDF) are taken over the passages the search may see, so what is recorded
  later never moves an earlier snapshot's scores.
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
from evitrail.traces.record import Record, content_id

Payload = dict[str, Any]
Rows = list[dict[str, int]]

DENSE = "dense"
LEXICAL = "bm25"
EPOCH = date(1970, 1, 1).toordinal()
OPEN_DAY = date.max.toordinal() - EPOCH
OPEN_SEQ = 2**52  # engines compare numbers as doubles
PLACE = ["ref", "part", "start", "end"]
"""What a search asks back."""
RECTANGLE = ("vf", "vt", "tf", "tt", "retracted", "newest", "published", "certainty")
"""What a rectangle says: valid from and to, recorded from and to, standing, and certainty (4 high … 1, 0 unrated)."""
PAYLOAD = "3"
"""The form that is written now: with ``seq``, ``title`` and ``text``."""
_POINTS = uuid.uuid5(uuid.NAMESPACE_URL, "evitrail/passage")
_SPARE = 16


class IndexManifest(Record, stored_as="Manifest"):
    """What an index was built with; two indexes with equal manifests give equal results."""

    engine: str
    engine_version: str
    model: str
    dimension: int
    chunker: str
    lexical: str
    payload: str = "1"
    """The form of what points carry; absent in the first."""
    revision: str = ""
    """Which of the models that go by that name; empty where the encoder does not say."""

    @property
    def short(self) -> str:
        """Eight digits of its content's name, to tell indexes of one store apart."""
        return content_id(self).partition(":")[2][:8]


class Sparse(NamedTuple):
    """Term weights by term number."""

    indices: list[int]
    values: list[float]


class Point(NamedTuple):
    """A passage as an engine stores it."""

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


class VectorIndex(Protocol):
    """One store's passages, searchable by meaning and by words."""

    @property
    def fresh(self) -> bool:
        """Whether opening it made it, so that it holds nothing yet."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Put these points in place, whole, but for those that are there in a later state."""
        ...

    def set_rows(self, changes: Sequence[tuple[Sequence[str], Rows]]) -> None:
        """Replace the rectangles of the points with these ids, but for those that are there in a later state."""
        ...

    def search_dense(self, vector: Vectors, k: int, where: Where) -> list[IndexHit]:
        """The ``k`` passages nearest in meaning."""
        ...

    def search_sparse(self, vector: Sparse, k: int, where: Where) -> list[IndexHit]:
        """The ``k`` passages that share the weightiest words; those that share none are not found."""
        ...

    def scroll(self) -> Iterator[tuple[str, Payload]]:
        """Every point's id and payload."""
        ...

    def count(self) -> int:
        """How many points there are."""
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


def point_id(version: Version, part: int, span: TextSpan) -> str:
    """The passage's name from its content: the version's name and where in it the passage stands."""
    return str(uuid.uuid5(_POINTS, f"{version.id}#{part}[{span.start}:{span.end}]"))


def payload(version: Version, part: int, span: TextSpan) -> Payload:
    """All an engine needs to filter by and to name what it found, and what another reader shows of it."""
    evidence = version.evidence
    known = rows(version.rows)
    return {
        "ref": evidence.ref,
        "lineage": evidence.id,
        "part": part,
        "start": span.start,
        "end": span.end,
        "kind": evidence.kind,
        "title": evidence.title,
        "text": evidence.text[span.start : span.end],
        **state(known),
    }


def rows(known: Sequence[Validity]) -> Rows:
    """Rectangles as integers, one dict each."""
    return [
        {
            "vf": day_number(row.valid_from),
            "vt": OPEN_DAY if row.valid_to is None else day_number(row.valid_to),
            "tf": row.seq_from,
            "tt": OPEN_SEQ if row.seq_to is None else row.seq_to,
            "retracted": int(row.retracted),
            "newest": int(row.newest),
            "published": int(row.published),
            "certainty": rank(row.grade),
        }
        for row in known
    ]


def state(known: Rows) -> Payload:
    """The part of a payload that later events change: the rectangles, and the last event they know of."""
    closed = [row["tt"] for row in known if row["tt"] != OPEN_SEQ]
    return {"rows": known, "seq": max([row["tf"] for row in known] + closed)}


def by_seq(points: Sequence[Point]) -> dict[int, list[str]]:
    """The points' ids by the last event they know of."""
    groups: dict[int, list[str]] = {}
    for point in points:
        groups.setdefault(point.payload["seq"], []).append(point.id)
    return groups


class Bound(NamedTuple):
    """One condition on a rectangle: ``low <= key <= high``."""

    key: str
    low: int | None = None
    high: int | None = None


def bounds(where: Where) -> list[Bound]:
    """The conditions that one and the same rectangle must meet."""
    found = [Bound("tf", high=where.seq), Bound("tt", low=where.seq + 1)]
    if not where.unpublished:
        found.append(Bound("published", low=1))
    if where.valid:
        found.append(Bound("retracted", high=0))
        if where.day is None:
            found.append(Bound("newest", low=1))
        else:
            found += [Bound("vf", high=where.day), Bound("vt", low=where.day + 1)]
    return found


def best(search: Callable[[int], Sequence[IndexHit]], k: int) -> list[IndexHit]:
    """The best ``k`` in our order, whatever order the engine gives to equal scores."""
    limit = k + _SPARE
    while True:
        found = search(limit)
        cut = len(found) == limit and k > 0 and found[k - 1].score == found[-1].score
        if not cut:
            return sorted(found, key=lambda hit: (-hit.score, f"{hit.ref}#{hit.part}"))[:k]
        limit *= 2
