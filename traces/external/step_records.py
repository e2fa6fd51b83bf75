"""Turn an external run into the records that a journal keeps of it; nothing is written here.

Rules kept here
- Inputs and outputs are ``Foreign`` values. Retrieved documents are entities, members of the output; if the span
  states edges (``attributes.py``), those are recorded instead. No edge is guessed.
- A document is named by its id and content. One that has neither is named by its place: two of them stay two.
- A span that failed is a failed step. The times of a step are its span's, in its parameters.

    run_records(incoming, interpret).steps
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.traces.external.attributes import EVIDENCE, EVITRAIL, edges_in, rows
from evitrail.traces.external.incoming_run import Foreign, IncomingRun, Interpret, SpanMeaning, kind_of, own_attribute
from evitrail.traces.external.recorded_times import iso_time
from evitrail.traces.record import Record, canonical_json, content_id, sha256
from evitrail.traces.run.activity import Activity, Edge, Edges, Entity, Input

if TYPE_CHECKING:
    from evitrail.traces.external.external_span import ExternalSpan

CODE = "recorded elsewhere"
"""Recorded in place of the fingerprint of a component's source."""
OWN_ATTRIBUTES = tuple(f"{EVITRAIL}.{field}" for field in ("run", "path", "kind", "by", "output", "inputs"))
"""Attributes of a span that evitrail exported which the step's own fields repeat."""


class RunRecords(NamedTuple):
    """What the journal keeps of a run."""

    steps: list[tuple[str, dict[str, Any]]]
    """Type and body of each step's record, in order."""
    output: str
    """The name of the blob that the run ends with."""
    blobs: Mapping[str, Record]
    """Every value that the records name."""


class ImportedSpan(NamedTuple):
    """A span with its interpretation and output."""

    span: ExternalSpan
    meant: SpanMeaning
    kind: str
    output: str
    """The name of the blob that holds the output."""


def run_records(run: IncomingRun, interpret: Interpret) -> RunRecords:
    """The records of a run."""
    builder = _RecordBuilder(interpret)
    spans = [(path, builder.import_span(span)) for path, span in run.tree.steps]  # outputs are named before any is used
    steps = [builder.step(path, imported) for path, imported in spans]
    whole = run.tree.outcome
    output = builder.import_span(whole).output if whole else builder.put(Foreign(kind="trace", value={}))
    return RunRecords(steps, output, builder.blobs)


class _RecordBuilder:
    """Builds the records of one external run."""

    def __init__(self, interpret: Interpret) -> None:
        self.interpret = interpret
        self.blobs: dict[str, Record] = {}
        self.here: dict[str, str] = {}
        """The name of an output in this journal, by its name in the span."""

    def put(self, record: Record) -> str:
        name = content_id(record)
        self.blobs[name] = record
        return name

    def import_span(self, span: ExternalSpan) -> ImportedSpan:
        """Interpret a span and name its output."""
        meant = self.interpret(span.attributes)
        kind = kind_of(span, meant)
        fields = {"value": meant.output, "documents": list(meant.documents) or None, "error": span.error}
        value = {field: content for field, content in fields.items() if content is not None}
        output = self.put(Foreign(kind=kind, value=value))
        if name := own_attribute(span, "output"):
            self.here[name] = output
        return ImportedSpan(span, meant, kind, output)

    def step(self, path: str, imported: ImportedSpan) -> tuple[str, dict[str, Any]]:
        """The type and body of the step's record."""
        span, inputs = imported.span, self.inputs(imported)
        by = own_attribute(span, "by") or span.name or imported.kind
        edges = self.edges(imported)
        body = Activity(
            path=path,
            kind=imported.kind,
            by=by,
            effect="reads_external",
            parameters={"span": span.id, "began": iso_time(span.start), "ended": iso_time(span.end)},
            code=CODE,
            inputs=inputs,
            key=sha256(canonical_json([imported.kind, by, CODE, [[i.role, i.id] for i in inputs]]).encode()),
            output=imported.output,
            output_type="Foreign",
            edges=self.put(edges) if edges.edges else None,
            milliseconds=round((span.end - span.start) / 1e6, 3) if 0 < span.start <= span.end else 0.0,
        ).model_dump(mode="json")
        return ("activity.end", body) if span.error is None else ("activity.error", {**body, "error": span.error})

    def inputs(self, imported: ImportedSpan) -> tuple[Input, ...]:
        """The outputs of other steps that the span used, its own input, and its other attributes."""
        used = rows(imported.span.attributes, f"{EVITRAIL}.inputs")
        known = [(str(row.get("input.role")), self.here.get(str(row.get("input.id")))) for row in used]
        again = imported.span.attributes.get(f"{EVITRAIL}.code") == CODE  # ours, of a run that was imported before
        own = (EVITRAIL,) if again else OWN_ATTRIBUTES
        said = (*own, EVIDENCE) if edges_in(imported.span.attributes) else own
        rest = {
            a: v for a, v in imported.meant.rest.items() if not any(f"{a}.".startswith(f"{name}.") for name in said)
        }
        given = {"input": imported.meant.given, "attributes": rest or None}
        values = {role: Foreign(kind=imported.kind, value=value) for role, value in given.items() if value is not None}
        stored = [(role, self.put(value)) for role, value in values.items()]
        return tuple(Input(role=role, id=blob, type="Foreign") for role, blob in (*known, *stored) if blob)

    def edges(self, imported: ImportedSpan) -> Edges:
        """The edges that the span states, with outputs renamed for this journal; else edges to its documents."""
        if stated := edges_in(imported.span.attributes):
            return Edges(edges=tuple(map(self.edge, stated.edges)))
        whole = Entity(id=imported.output, type="Foreign", label=imported.span.name)
        found = (
            Edge(relation="hadMember", source=whole, target=_entity(document, rank, whole), role=f"rank {rank}")
            for rank, document in enumerate(imported.meant.documents, start=1)
        )
        return Edges(edges=tuple(found))

    def edge(self, edge: Edge) -> Edge:
        ends = {end: getattr(edge, end) for end in ("source", "target")}
        here = {end: e.model_copy(update={"id": self.here.get(e.id, e.id)}) for end, e in ends.items()}
        return edge.model_copy(update=here)


def _entity(document: Mapping[str, Any], rank: int, found_in: Entity) -> Entity:
    """A document, named by its content, or by its place in the output if it has none."""
    content = {field: document[field] for field in ("id", "content") if document.get(field) not in (None, "")}
    label = str(document.get("id") or document.get("content") or f"document {rank}, without id and content")
    place = content or {"found_in": found_in.id, "rank": rank}
    return Entity(id=content_id(Foreign(kind="document", value=place)), type="Passage", label=label)
