"""Write external runs to a journal, marked as such.

Rules kept here
- Inputs and outputs are ``Foreign`` values. Retrieved documents are entities, members of the output; if the span
  states edges (``attributes.py``), those are recorded instead. No edge is guessed.
- A span that failed is a failed step. The file is complete, so the run has ended.
- All runs are imported, or none. A run that is in the journal already is not imported again.
- The journal's times say when a run was imported. The original times are in the steps' parameters.

    with Journal.open(path) as journal:
        import_runs(journal, incoming_runs(read_spans(file), file, interpret), interpret)

Nothing here checks whether the imported data is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.traces.external.attributes import EVIDENCE, EVITRAIL, edges_in, rows
from evitrail.traces.external.external_run import ELSEWHERE
from evitrail.traces.external.incoming_run import (
    Foreign,
    Imported,
    IncomingRun,
    Interpret,
    SpanMeaning,
    kind_of,
    own_attribute,
)
from evitrail.traces.journal.journal import Journal, JournalView
from evitrail.traces.record import canonical_json, content_id, sha256
from evitrail.traces.run.activity import Activity, Edge, Edges, Entity, Input

if TYPE_CHECKING:
    from evitrail.traces.external.otlp import OtlpSpan

CODE = "recorded elsewhere"
"""Recorded in place of the fingerprint of a component's source."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OWN_ATTRIBUTES = tuple(f"{EVITRAIL}.{field}" for field in ("run", "path", "kind", "by", "output", "inputs"))
"""Attributes of a span that evitrail exported which the step's own fields repeat."""


class ImportedRuns(NamedTuple):
    """The runs that are new, and those that were in the journal already."""

    new: tuple[str, ...]
    known: tuple[str, ...]


class ImportedSpan(NamedTuple):
    """A span with its interpretation and stored output."""

    span: OtlpSpan
    meant: SpanMeaning
    kind: str
    output: str
    """The name of the blob that holds the output."""


def import_runs(journal: Journal, runs: Iterable[IncomingRun], interpret: Interpret) -> ImportedRuns:
    """Write the runs to the journal; raises ``ValueError`` if a name is taken by another run."""
    new, known = [], []
    with journal.transaction():
        for one in runs:
            if _already_imported(journal, one.run, one.config):
                known.append(one.run)
            else:
                new.append(one.run)
                _RunImporter(journal, one.run, interpret).write(one)
    return ImportedRuns(tuple(new), tuple(known))


class _RunImporter:
    """Writes one external run to the journal."""

    def __init__(self, journal: Journal, run: str, interpret: Interpret) -> None:
        self.journal, self.run, self.interpret = journal, run, interpret
        self.here: dict[str, str] = {}
        """The name of an output in this journal, by its name in the span."""

    def write(self, run: IncomingRun) -> None:
        """Write all records of the run."""
        begin = {"config_type": "Imported", "parent": None, "recorded": ELSEWHERE, "digest": run.config.digest}
        self.journal.append(self.run, "run.begin", {"config": self.journal.put(run.config), **begin})
        spans = [(path, self.import_span(span)) for path, span in run.steps]  # all outputs are named before any is used
        for path, imported in spans:
            self.step(path, imported)
        end = self.import_span(run.root).output if run.root else self.journal.put(Foreign(kind="trace", value={}))
        self.journal.append(self.run, "run.end", {"output": end, "output_type": "Foreign"})

    def import_span(self, span: OtlpSpan) -> ImportedSpan:
        """Interpret a span and store its output."""
        meant = self.interpret(span.attributes)
        kind = kind_of(span, meant)
        fields = {"value": meant.output, "documents": list(meant.documents) or None, "error": span.error}
        value = {field: content for field, content in fields.items() if content is not None}
        output = self.journal.put(Foreign(kind=kind, value=value))
        if name := own_attribute(span, "output"):
            self.here[name] = output
        return ImportedSpan(span, meant, kind, output)

    def step(self, path: str, imported: ImportedSpan) -> None:
        """Append the step's record."""
        span, inputs = imported.span, self.inputs(imported)
        by = own_attribute(span, "by") or span.name or imported.kind
        edges = self.edges(imported)
        body = Activity(
            path=path,
            kind=imported.kind,
            by=by,
            effect="reads_external",
            parameters={"span": span.id, "began": _iso_time(span.start), "ended": _iso_time(span.end)},
            code=CODE,
            inputs=inputs,
            key=sha256(canonical_json([imported.kind, by, CODE, [[i.role, i.id] for i in inputs]]).encode()),
            output=imported.output,
            output_type="Foreign",
            edges=self.journal.put(edges) if edges.edges else None,
            milliseconds=round((span.end - span.start) / 1e6, 3) if 0 < span.start <= span.end else 0.0,
        ).model_dump(mode="json")
        if span.error is None:
            self.journal.append(self.run, "activity.end", body)
        else:
            self.journal.append(self.run, "activity.error", {**body, "error": span.error})

    def inputs(self, imported: ImportedSpan) -> tuple[Input, ...]:
        """The outputs of other steps that the span used, its own input, and its other attributes."""
        used = rows(imported.span.attributes, f"{EVITRAIL}.inputs")
        known = [(str(row.get("input.role")), self.here.get(str(row.get("input.id")))) for row in used]
        said = (*OWN_ATTRIBUTES, EVIDENCE) if edges_in(imported.span.attributes) else OWN_ATTRIBUTES
        rest = {
            a: v for a, v in imported.meant.rest.items() if not any(f"{a}.".startswith(f"{name}.") for name in said)
        }
        given = {"input": imported.meant.given, "attributes": rest or None}
        values = {role: Foreign(kind=imported.kind, value=value) for role, value in given.items() if value is not None}
        stored = [(role, self.journal.put(value)) for role, value in values.items()]
        return tuple(Input(role=role, id=blob, type="Foreign") for role, blob in (*known, *stored) if blob)

    def edges(self, imported: ImportedSpan) -> Edges:
        """The edges that the span states, with outputs renamed for this journal; else edges to its documents."""
        if stated := edges_in(imported.span.attributes):
            return Edges(edges=tuple(map(self.edge, stated.edges)))
        whole = Entity(id=imported.output, type="Foreign", label=imported.span.name)
        found = (
            Edge(relation="hadMember", source=whole, target=_entity(document), role=f"rank {rank}")
            for rank, document in enumerate(imported.meant.documents, start=1)
        )
        return Edges(edges=tuple(found))

    def edge(self, edge: Edge) -> Edge:
        ends = {end: getattr(edge, end) for end in ("source", "target")}
        here = {end: e.model_copy(update={"id": self.here.get(e.id, e.id)}) for end, e in ends.items()}
        return edge.model_copy(update=here)


def _entity(document: Mapping[str, Any]) -> Entity:
    """A document, named by its content."""
    content = {field: document[field] for field in ("id", "content") if field in document}
    label = str(document.get("id") or document.get("content"))
    return Entity(id=content_id(Foreign(kind="document", value=content)), type="Passage", label=label)


def _iso_time(nanoseconds: int) -> str | None:
    moment = EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return moment.isoformat(timespec="microseconds") if nanoseconds else None


def _already_imported(journal: JournalView, run: str, config: Imported) -> bool:
    """Whether this trace is in the journal already; raises ``ValueError`` if its name is taken by another run."""
    records = journal.records(run)
    if not records:
        return False
    if records[0].body.get("config_type") == "Imported":
        then = journal.get(records[0].body["config"], Imported)
        if (then.digest, then.trace) == (config.digest, config.trace):
            return True
    raise ValueError(f"another run in {str(journal.path)!r} has the name {run!r}; give a different --name")
