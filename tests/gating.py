"""Hits to pass through one gate, and what became of them.

kept, why = passed("as_of", snapshot, "aspirin@1", "aspirin@2")
"""

from __future__ import annotations

from typing import NamedTuple

from evitrail.evidence_store import Snapshot
from evitrail.retrieval import GateReport, Hit
from evitrail.retrieval.base import ranked
from evitrail.retrieval.gates import GATES, GateContext

QUERY = "does aspirin lower the risk of stroke in adults"


class Passed(NamedTuple):
    """What a gate let through, in order, and its words on each that it dropped."""

    kept: list[str]
    why: dict[str, str]


def hits(snapshot: Snapshot, *refs: str) -> tuple[Hit, ...]:
    """Each version's first passage, ranked in the order given."""
    return ranked(((snapshot.passages(ref)[0], -float(n), "as given") for n, ref in enumerate(refs)), len(refs))


def report(gate: str, snapshot: Snapshot, *refs: str, query: str = QUERY, place: str | None = None) -> GateReport:
    """What the gate reports of these versions, asked of such a place."""
    kept, told = GATES[gate](hits(snapshot, *refs), GateContext(query, snapshot, place))
    assert told.gate == gate
    assert told.seq == snapshot.seq
    assert told.kept == tuple(hit.passage.id for hit in kept)
    accounted = [*told.kept, *(d.passage for d in told.dropped)]
    assert sorted(accounted) == sorted(f"{ref}#0" for ref in refs)
    return told


def passed(gate: str, snapshot: Snapshot, *refs: str, query: str = QUERY, place: str | None = None) -> Passed:
    """The same in a test's words."""
    told = report(gate, snapshot, *refs, query=query, place=place)
    return Passed([ref_of(name) for name in told.kept], {ref_of(d.passage): d.why for d in told.dropped})


def rules(told: GateReport) -> dict[str, str]:
    """The rule for each version that was dropped or remarked on."""
    return {ref_of(one.passage): one.rule for one in (*told.dropped, *told.noted)}


def ref_of(passage: str) -> str:
    """The version a passage is cut from."""
    return passage.partition("#")[0]
