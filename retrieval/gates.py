"""Clean-evidence gates: each lets hits through or holds them back, and says which and why.

Rules kept here
- A gate is a pure function of the hits and the snapshot; it never rescores and never invents.
- Every hit that comes in is either kept or dropped with a reason in words.
- Order of the gates: status and day (what may be used at all), relevance, lineage (each work once),
  certainty (what to believe first), and last the smallest set that suffices.
- Low certainty orders; it excludes only beside something much surer on the same question. Often it is
  all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evidence_store.grade import LEVELS, rank
from evidence_store.model import Header
from evidence_store.snapshot import Snapshot
from retrieval.base import Dropped, GateReport, Hit

NEAR = 5
"""How many of the most relevant hits are taken to be about the question."""
ENOUGH = 3
"""How many sources a careful reader needs once they are current, on topic and in order of certainty."""
MUCH_SURER = 2
"""Levels of certainty between two sources from which the weaker one is left out."""

Gate = Callable[[Sequence[Hit], Snapshot], tuple[list[Hit], GateReport]]


def as_of(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[list[Hit], GateReport]:
    """Only what was in force on the day the question is asked of."""
    day = snapshot.as_of

    def why_not(hit: Hit) -> str | None:
        header = hit.passage.header
        status = snapshot.status(header.ref)
        if status in ("not_yet", "expired", "superseded"):
            return f"{status.replace('_', ' ')} on {day or 'the newest day'}: valid {_validity(header)}"
        return None

    return _sift("as_of", hits, why_not)


def retracted(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[list[Hit], GateReport]:
    """Nothing that its publisher, or the store's curators, took back."""

    def why_not(hit: Hit) -> str | None:
        status = snapshot.status(hit.passage.ref)
        return status if status in ("retracted", "withdrawn") else None

    return _sift("retracted", hits, why_not)


def near(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[list[Hit], GateReport]:
    """Only what is about the question: the first few by relevance."""
    first = {hit.passage.id for hit in sorted(hits, key=lambda h: h.rank)[:NEAR]}

    def why_not(hit: Hit) -> str | None:
        return None if hit.passage.id in first else f"not among the {NEAR} most relevant that are left"

    return _sift("near", hits, why_not)


def lineage(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[list[Hit], GateReport]:
    """Each work once: of several versions or passages of one lineage, the newest version's best."""
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda h: (-h.passage.header.valid_from.toordinal(), h.rank)):
        best.setdefault(hit.passage.header.id, hit)

    def why_not(hit: Hit) -> str | None:
        kept = best[hit.passage.header.id]
        return None if hit is kept else f"same lineage as {kept.passage.id}, which is newer or ranked higher"

    return _sift("lineage", hits, why_not)


def certainty(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[list[Hit], GateReport]:
    """Surest first: by GRADE certainty, unrated last; equals keep their rank. Drops nothing."""
    ordered = sorted(hits, key=lambda h: (-rank(h.passage.header.grade), h.rank, h.passage.id))
    return ordered, GateReport(gate="certainty", kept=tuple(h.passage.id for h in ordered), dropped=())


def sufficient(hits: Sequence[Hit], snapshot: Snapshot) -> tuple[list[Hit], GateReport]:
    """The smallest set that suffices: nothing much less sure than the surest, and no more than a few."""
    surest = max((rank(h.passage.header.grade) for h in hits), default=0)
    enough = {h.passage.id for h in hits[:ENOUGH]}

    def why_not(hit: Hit) -> str | None:
        level = rank(hit.passage.header.grade)
        if surest - level >= MUCH_SURER:
            return f"certainty {_level(level)} beside {_level(surest)} on the same question"
        return None if hit.passage.id in enough else f"{ENOUGH} surer or more relevant sources suffice"

    return _sift("sufficient", hits, why_not)


def _level(level: int) -> str:
    return LEVELS[level - 1].replace("_", " ") if level else "unrated"


def _sift(gate: str, hits: Sequence[Hit], why_not: Callable[[Hit], str | None]) -> tuple[list[Hit], GateReport]:
    reasons = [(hit, why_not(hit)) for hit in hits]
    kept = [hit for hit, reason in reasons if reason is None]
    dropped = tuple(Dropped(passage=hit.passage.id, why=reason) for hit, reason in reasons if reason is not None)
    return kept, GateReport(gate=gate, kept=tuple(h.passage.id for h in kept), dropped=dropped)


def _validity(header: Header) -> str:
    return f"{header.valid_from} to {header.valid_to or 'now'}"


GATES: dict[str, Gate] = {
    "retracted": retracted,
    "as_of": as_of,
    "near": near,
    "lineage": lineage,
    "certainty": certainty,
    "sufficient": sufficient,
}
"""In the order they are passed."""
