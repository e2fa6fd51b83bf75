"""Edges between versions: what took over from what, and what contradicts what.

Rules kept here
- Pure: whether an edge may be recorded is decided from it and what is known.
- Supersession is many-to-many and typed: a recommendation may be split in two, two may be merged into one. What is
  amended or reaffirmed goes on; any other kind ends on the day the edge takes effect.
- Nothing takes over from itself, by whatever way round.
- A contradiction has a scope and a type, and stays unresolved until somebody says why it is not. Most of what looks
  like one is another population, or a version that was superseded.

    Supersession(kind="splits", old=("colon@2016",), new=("colon-45@2021", "colon-50@2021"), effective=day)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from evitrail.evidence_store.ledger.event import CLOSED, DISPUTED, SUPERSEDED, Draft, Event
from evitrail.evidence_store.model import Header
from evitrail.traces.record import Record, content_id

Ref = str
EDGE = "edge:"
"""How the subjects of such events begin."""
Kind = Literal["replaces", "splits", "merges", "narrows", "broadens", "amends", "withdraws", "reaffirms"]
GOES_ON: frozenset[Kind] = frozenset({"amends", "reaffirms"})
"""Kinds after which the older version still holds."""

Type = Literal[
    "opposite_direction",
    "magnitude",
    "strength_only",
    "applicability",
    "different_population",
    "superseded",
]
REAL: frozenset[Type] = frozenset({"opposite_direction", "magnitude"})
"""Types in which one of the two must be wrong; in the others both may be right."""
Resolution = Literal["a", "b", "both_in_context", "unresolved"]


class Supersession(Record, stored_as="Supersession"):
    """Versions that took over from others."""

    kind: Kind
    old: tuple[Ref, ...] = Field(min_length=1)
    new: tuple[Ref, ...] = ()
    effective: date
    stated_by: Literal["source", "curator"] = "source"
    """Whether the publisher says so, or somebody here concluded it."""
    note: str = ""

    @property
    def id(self) -> str:
        return f"{EDGE}{content_id(self)}"

    @model_validator(mode="after")
    def _has_its_sides(self) -> Supersession:
        for side, refs in (("old", self.old), ("new", self.new)):
            if len(set(refs)) != len(refs):
                raise ValueError(f"{side}: expected each version once, got {', '.join(refs)}")
        old, new = len(self.old), len(self.new)
        expected, fits = {
            "withdraws": ("no new version", new == 0),
            "reaffirms": ("new versions or none", True),  # somebody looked again and left it as it was
            "splits": ("one old version and several new", old == 1 and new > 1),
            "merges": ("several old versions and one new", old > 1 and new == 1),
        }.get(self.kind, ("new versions", new > 0))
        if not fits:
            raise ValueError(f"{self.kind}: expected {expected}, got {old} old and {new} new")
        return self


class Contradiction(Record):
    """Two versions that say different things about the same question."""

    a: Ref
    b: Ref
    scope: str = Field(min_length=1)
    """What they disagree about: population, outcome, dose, time."""
    type: Type
    detector: str = Field(min_length=1)
    """Who or what found it."""
    resolution: Resolution = "unresolved"
    reason: str = ""
    """Why it is resolved so."""

    @property
    def id(self) -> str:
        """The same whichever stands first, and whatever became of it."""
        a, b = sorted((self.a, self.b))
        return f"{EDGE}{content_id(_Pair(a=a, b=b, scope=self.scope, detector=self.detector))}"

    def other(self, ref: Ref) -> Ref:
        """The version on the other side."""
        return self.b if ref == self.a else self.a

    @property
    def preferred(self) -> Ref | None:
        """The version to go by, where that was decided."""
        return {"a": self.a, "b": self.b}.get(self.resolution)

    @model_validator(mode="after")
    def _says_why(self) -> Contradiction:
        if self.a == self.b:
            raise ValueError(f"expected two versions, got {self.a!r} twice")
        if self.resolution != "unresolved" and not self.reason.strip():
            raise ValueError(f"resolution {self.resolution!r} needs a reason, got {self.reason!r}")
        return self


class _Pair(Record, stored_as="_Pair"):
    a: Ref
    b: Ref
    scope: str
    detector: str


def superseding(
    edge: Supersession, known: Mapping[Ref, Header], successors: Callable[[Ref], Iterable[Header]]
) -> tuple[list[str], list[Draft]]:
    """Why the edge cannot be recorded, each in a line, and the events that record it: itself, and what it ends."""
    faults = [*_unknown((*edge.old, *edge.new), known)]
    if not faults:
        faults += _circles(edge, successors)
        faults += _untimely(edge, known)
    events = [Draft(type=SUPERSEDED, subject=edge.id, body=edge.model_dump(mode="json"))]
    if edge.kind not in GOES_ON and not faults:
        body = {"valid_to": edge.effective.isoformat(), "by": ", ".join(edge.new)}
        ends = [ref for ref in edge.old if (end := known[ref].valid_to) is None or end > edge.effective]
        events += [Draft(type=CLOSED, subject=ref, body=body) for ref in ends]
    return faults, events


def disputing(edge: Contradiction, known: Mapping[Ref, Header]) -> tuple[list[str], list[Draft]]:
    """Why the contradiction cannot be recorded, each in a line, and the event that records it or what became of it."""
    return [*_unknown((edge.a, edge.b), known)], [
        Draft(type=DISPUTED, subject=edge.id, body=edge.model_dump(mode="json"))
    ]


def lineage_events(events: Callable[[str], Iterable[Event]], lineage: str) -> list[Event]:
    """Everything that happened to a lineage, in the order it was recorded; ``events`` gives those about a prefix."""
    edges = (event for event in events(EDGE) if _names(event, lineage))
    return sorted([*events(f"{lineage}@"), *edges], key=lambda event: event.seq)


def _names(event: Event, lineage: str) -> bool:
    """Whether the event records an edge of a version of this lineage."""
    edge = event.body.get("content", event.body)  # the first where the edge was held
    refs = (*edge.get("old", ()), *edge.get("new", ()), edge.get("a", ""), edge.get("b", ""))
    return event.subject.startswith(EDGE) and any(ref.partition("@")[0] == lineage for ref in refs)


def _unknown(refs: tuple[Ref, ...], known: Mapping[Ref, Header]) -> Iterator[str]:
    for ref in refs:
        if ref not in known:
            yield f"expected a version the store holds, got {ref!r}; see `evitrail store list`"


def _circles(edge: Supersession, successors: Callable[[Ref], Iterable[Header]]) -> Iterator[str]:
    """Each old version that takes over, by some way, from a new one."""
    for ref in edge.new:
        ahead, seen = [ref], {ref}
        while ahead:
            for header in successors(ahead.pop()):
                if header.ref not in seen:
                    seen.add(header.ref)
                    ahead.append(header.ref)
        for old in edge.old:
            if old in seen:
                said = f"{old!r} would supersede itself" if old == ref else f"{old!r} takes over from {ref!r} already"
                yield f"{said}: expected no circle; take it out of one side"


def _untimely(edge: Supersession, known: Mapping[Ref, Header]) -> Iterator[str]:
    if edge.kind in GOES_ON:
        return
    for ref in edge.old:
        if known[ref].valid_from >= edge.effective:
            begins = f"expected it to begin before {edge.effective}, got {known[ref].valid_from}"
            yield f"{ref!r} would end before it holds: {begins}; correct the effective day"
    for ref in edge.new:
        if known[ref].valid_from > edge.effective:
            begins = f"expected it to hold by {edge.effective}, got {known[ref].valid_from}"
            yield f"{ref!r} cannot take over yet: {begins}; correct the effective day"
