"""What every gate is given, and how it reports.

Rules kept here
- A gate is a pure function of the hits and of what was asked; it never rescores and never invents.
- Every hit that comes in is either kept or dropped; each drop has a rule and a reason in words.
- A remark changes nothing: what is noted is kept.

    def recent(hits, asked):
        def why_not(hit):
            old = hit.passage.header.published.year < 2000
            return Reason("recent.old", "published before 2000") if old else None

        return sift("recent", hits, asked, why_not)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from evitrail.retrieval.base import Dropped, GateReport, Hit, Noted

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

Lone = Literal["hold", "remark"]


@dataclass(frozen=True)
class GateContext:
    """What a gate judges by: the question in words, the store on its day, and where it is asked."""

    query: str
    snapshot: Snapshot
    jurisdiction: str | None = None
    """A country, as ISO 3166-1 has it in two letters; None where any will do."""
    lone: Lone = "hold"
    """What becomes of a stranger that stands alone; see ``corroboration.py``."""


class Reason(NamedTuple):
    """Why a hit is dropped, or what is to be said of one that is kept."""

    rule: str
    why: str


Gate = Callable[[Sequence[Hit], GateContext], tuple[list[Hit], GateReport]]
Judge = Callable[[Hit], Reason | None]


def sift(
    gate: str, hits: Sequence[Hit], asked: GateContext, why_not: Judge, remarks: Iterable[tuple[Hit, Reason]] = ()
) -> tuple[list[Hit], GateReport]:
    """Keep the hits that nothing speaks against; remarks on hits that are dropped are not made."""
    reasons = [(hit, why_not(hit)) for hit in hits]
    kept = [hit for hit, reason in reasons if reason is None]
    names = {hit.passage.id for hit in kept}
    report = GateReport(
        gate=gate,
        kept=tuple(hit.passage.id for hit in kept),
        dropped=tuple(
            Dropped(passage=hit.passage.id, why=reason.why, rule=reason.rule) for hit, reason in reasons if reason
        ),
        noted=tuple(
            Noted(passage=hit.passage.id, why=note.why, rule=note.rule)
            for hit, note in remarks
            if hit.passage.id in names
        ),
        seq=asked.snapshot.seq,
    )
    return kept, report


def by_passage(remarks: Iterable[tuple[Hit, Reason]]) -> list[tuple[Hit, Reason]]:
    """Remarks in the order of their passages' ids, those on one passage by rule."""
    return sorted(remarks, key=lambda remark: (remark[0].passage.id, remark[1]))


def remarks(hits: Iterable[Hit], remark: Judge) -> Iterable[tuple[Hit, Reason]]:
    """Each hit of which there is something to say, with it."""
    return [(hit, note) for hit in hits if (note := remark(hit))]
