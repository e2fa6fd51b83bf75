"""Convert lists and edges to flat span attributes, as viewers expect them, and back.

Rules kept here
- A list of objects is one attribute for each field: ``retrieval.documents.3.document.score``.
- Reading returns exactly what was written. What cannot be read as edges stays as attributes: nothing is guessed.

    flat("retrieval.documents", [{"document.id": "a", "document.score": 0.5}])
    rows(attributes, "retrieval.documents")

OpenTelemetry and OpenInference have no attribute for what a claim rests on. evitrail adds names below ``evidence.``:
``evidence.entities.i.entity.*`` and, by the entities' ids, ``evidence.edges.i.edge.*``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from evitrail.traces.run.activity import Edge, Edges, Entity

Value = str | bool | int | float | Sequence[str] | Sequence[bool] | Sequence[int] | Sequence[float]
"""The value of one span attribute."""
Attributes = Mapping[str, Value]

EVITRAIL = "evitrail"
"""Prefix of the attributes that describe a run or step as the journal records it."""
EVIDENCE = "evidence"
"""Prefix of the attributes that hold provenance edges."""
ENTITIES, EDGES = f"{EVIDENCE}.entities", f"{EVIDENCE}.edges"
PLACE = re.compile(r"([0-9]{1,9})\.(.+)", re.DOTALL)
"""An index in a list, and the name of the field there."""


def named(name: str, fields: Mapping[str, Value | None]) -> dict[str, Value]:
    """An object's fields as attributes below a name; a field that is None is skipped."""
    return {f"{name}.{field}": value for field, value in fields.items() if value is not None}


def flat(name: str, rows: Iterable[Mapping[str, Value | None]]) -> dict[str, Value]:
    """A list of objects as attributes below a name."""
    return {at: value for place, row in enumerate(rows) for at, value in named(f"{name}.{place}", row).items()}


def rows(attributes: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects below a name, in order; empty if there is none."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for key, value in attributes.items():
        if key.startswith(f"{name}.") and (at := PLACE.fullmatch(key, len(name) + 1)):
            found[int(at[1])][at[2]] = value
    return [found[place] for place in sorted(found)]


def edge_attributes(edges: Edges) -> dict[str, Value]:
    """The edges of a step as attributes: each entity once, and the edges between entities."""
    entities = {end.id: end for edge in edges.edges for end in (edge.source, edge.target)}
    stated = (named("entity", entity.model_dump()) for entity in entities.values())
    return flat(ENTITIES, stated) | flat(EDGES, map(_row, edges.edges))


def edges_in(attributes: Mapping[str, Any]) -> Edges | None:
    """The edges that a span carries; None if it has none, or none that can be read."""
    try:
        known = (Entity(**_fields(row, "entity.")) for row in rows(attributes, ENTITIES))
        entities = {entity.id: entity for entity in known}
        edges = tuple(_edge(_fields(row, "edge."), entities) for row in rows(attributes, EDGES))
    except (ValidationError, KeyError, TypeError):
        return None
    return Edges(edges=edges) if edges else None


def _row(edge: Edge) -> dict[str, Value]:
    return named("edge", edge.model_dump() | {"source": edge.source.id, "target": edge.target.id})


def _edge(fields: dict[str, Any], entities: Mapping[str, Entity]) -> Edge:
    return Edge(**fields | {end: entities[fields[end]] for end in ("source", "target")})


def _fields(row: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items()}
