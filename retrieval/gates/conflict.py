"""What contradicts what, among the hits that are left.

Rules kept here
- Only a contradiction on record that a person resolved drops: the version that was not preferred, with the reason that
  was recorded. One that is unresolved, or in which both hold in their context, leaves both with a remark.
- A version that gives way to one itself overruled among these hits stays, with a remark: a circle of decisions, each
  about a scope of its own, must not leave nothing.
- A pair that nobody has looked at is suspected where one speaks for and the other against what is claimed, on one
  subject. That is read from words alone (``retrieval/stance.py``), so it is remarked on and never drops.
- Most of what looks like a contradiction is a later version or another population; the type says so.

Pairs are made of the hits that are left, a handful once what is near was kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from evitrail.evidence_store.curation.relations import Contradiction, Type
from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.content import same_subject
from evitrail.retrieval.facets import clash
from evitrail.retrieval.gates.base import GateContext, Reason, by_passage, sift
from evitrail.retrieval.gates.population import studied
from evitrail.retrieval.stance import Stance, claimed, stance

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

SURE = 0.5
"""The share a stance must have before a conflict is suspected for it."""


def conflict(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Nothing that gave way to another hit on record; what may contradict another is noted."""
    recorded = _recorded(hits, asked.snapshot)
    overruled = {edge.other(edge.preferred) for edge in recorded if edge.preferred}
    lost = {edge.other(edge.preferred): edge for edge in recorded if edge.preferred and edge.preferred not in overruled}

    def why_not(hit: Hit) -> Reason | None:
        edge = lost.get(hit.passage.ref)
        if edge is None:
            return None
        return Reason(
            "conflict.resolved", f"{_readable(edge.type)} on {edge.scope}: {edge.preferred} holds; {edge.reason}"
        )

    left = [hit for hit in hits if hit.passage.ref not in lost]
    remarks = [*_on_record(left, recorded), *_suspected(left, recorded, asked)]
    return sift("conflict", hits, asked, why_not, by_passage(remarks))


def suspected_type(a: Header, b: Header, snapshot: Snapshot) -> Type:
    """What a pair on one subject with opposite stances most likely is."""
    if a.id == b.id or a.supersedes == b.ref or b.supersedes == a.ref:
        return "superseded"
    if "superseded" in (snapshot.status(a.ref), snapshot.status(b.ref)):
        return "superseded"
    if clash(studied(a), studied(b)):
        return "different_population"
    return "opposite_direction"


def _recorded(hits: Sequence[Hit], snapshot: Snapshot) -> list[Contradiction]:
    """The contradictions on record between two hits, each once, in the order of their names."""
    refs = {hit.passage.ref for hit in hits}
    edges = {edge.id: edge for ref in refs for edge in snapshot.disputes(ref) if edge.other(ref) in refs}
    return [edges[name] for name in sorted(edges)]


def _on_record(hits: Sequence[Hit], recorded: Sequence[Contradiction]) -> Iterator[tuple[Hit, Reason]]:
    refs = {hit.passage.ref for hit in hits}
    for edge in recorded:
        if not {edge.a, edge.b} <= refs:
            continue
        outcome = "both hold in their context" if edge.resolution == "both_in_context" else "unresolved"
        if edge.preferred:
            outcome = f"{edge.preferred} holds, but gives way to another itself"
        rule = f"conflict.{edge.resolution if not edge.preferred else 'overruled'}"
        for hit in (hit for hit in hits if hit.passage.ref in (edge.a, edge.b)):
            other = edge.other(hit.passage.ref)
            why = f"contradicts {other} on {edge.scope} ({_readable(edge.type)}): {outcome}"
            yield hit, Reason(rule, f"{why}; {edge.reason}" if edge.reason else why)


def _suspected(
    hits: Sequence[Hit], recorded: Sequence[Contradiction], asked: GateContext
) -> Iterator[tuple[Hit, Reason]]:
    claim = claimed(asked.query)
    known = {frozenset((edge.a, edge.b)) for edge in recorded}
    stances = {hit.passage.id: stance(claim, hit.passage) for hit in hits} if claim else {}
    for one, other in combinations(hits if claim else (), 2):
        a, b = one.passage, other.passage
        found = _type(a.header, b.header, stances[a.id], stances[b.id], asked.snapshot)
        if found is None or frozenset((a.ref, b.ref)) in known or not same_subject(a.header, b.header):
            continue
        for hit, mate in ((one, b), (other, a)):
            verdict = stances[hit.passage.id].verdict
            yield hit, Reason(f"conflict.suspected.{found}", f"speaks {verdict}, beside {mate.id}: {_readable(found)}?")


def _type(a: Header, b: Header, one: Stance, other: Stance, snapshot: Snapshot) -> Type | None:
    """What the pair is suspected of; None where it agrees, or too little speaks for a stance."""
    if min(one.share, other.share) < SURE or "not_about" in (one.verdict, other.verdict):
        return None
    if one.verdict != other.verdict:
        return suspected_type(a, b, snapshot)
    strengths = {header.grade.strength for header in (a, b) if header.grade and header.grade.strength}
    return "strength_only" if len(strengths) > 1 else None


def _readable(type: Type) -> str:
    return type.replace("_", " ")
