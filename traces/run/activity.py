"""The record of one step: the activity, and its typed edges between entities.

Terms are those of W3C PROV-DM: an *activity* used entities and generated one; edges say which entity
was derived, quoted or revised from which. The edges *used*, *wasGeneratedBy*, *wasAssociatedWith* and
*wasInformedBy* follow from the activity itself and are drawn by ``graph.py``; only the others are
recorded, with the character span where there is one.
"""

from __future__ import annotations

from typing import Any, Literal

from evitrail.traces.record import Record

Effect = Literal["pure", "reads_external", "writes_external"]
"""What a step touches: nothing, something outside that it only reads, or something outside that it changes."""

Relation = Literal[
    "wasDerivedFrom",  # PROV-DM 5.2.1
    "wasRevisionOf",  # 5.2.2
    "wasQuotedFrom",  # 5.2.3
    "wasInfluencedBy",  # 5.3.5
    "specializationOf",  # 5.5.1
    "hadMember",  # 5.6.2
]


class Entity(Record):
    """A thing in the provenance graph, named by its content."""

    id: str
    type: str
    label: str
    """What a person reads in its place."""


class Edge(Record):
    """``source`` relation ``target``: a claim *wasDerivedFrom* a passage."""

    relation: Relation
    source: Entity
    target: Entity
    role: str | None = None
    """How, in one word: ``supports``, ``rank 3``, ``grade``."""
    start: int | None = None
    """The character span within the target, where the edge points into a text."""
    end: int | None = None


class Edges(Record, stored_as="Edges"):
    """The edges that one activity stated."""

    edges: tuple[Edge, ...]


class Input(Record):
    """One entity that a step used, and as what."""

    role: str
    id: str
    type: str


class Activity(Record, stored_as="Activity"):
    """One finished step. Times are in the record around it, never in its identity."""

    path: str
    """Its place in the run: ``retrieve[2]`` is the second retrieve, ``retrieve[2]/model[1]`` a step within it."""
    kind: str
    by: str
    """The component that did it, by its repr: PROV's agent."""
    effect: Effect
    parameters: dict[str, Any]
    code: str
    """Fingerprint of the component's source."""
    inputs: tuple[Input, ...]
    key: str
    """Names the work: kind, component, code, parameters and inputs. Equal keys, equal work."""
    output: str
    output_type: str
    edges: str | None
    """Blob with the ``Edges`` it stated."""
    given: bool = False
    """Its output comes from a fork's override, not from the component."""
    reused_from: str | None = None
    """The run that did this work, if it was reused here."""
    milliseconds: float = 0.0
