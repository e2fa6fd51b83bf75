"""Runs that were recorded elsewhere are written down in a journal, marked as such.

Rules kept here
- What went in and what came out are ``Foreign`` values. Documents that came out are entities, members of the
  output; where the span states edges (``attributes.py``), those stand instead. None is guessed.
- A span that failed is a failed step. What is in the file is all there is, so the run has ended.
- All runs are taken in, or none. What is here already is not taken in again.
- The journal says when a run was taken in. When it was done stands in its steps' parameters, as it was told.

    with Journal.open(path) as journal:
        take_in(journal, arrived(read(file), file, understand), understand)

Nothing here knows whether what was told is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from evitrail.traces.external.attributes import EVIDENCE, EVITRAIL, edges_in, rows
from evitrail.traces.external.external_run import ELSEWHERE
from evitrail.traces.external.incoming_run import Arrived, Foreign, Imported, Understand, Understood, kind_of, stated
from evitrail.traces.journal.journal import Journal, JournalView
from evitrail.traces.record import canonical_json, content_id, sha256
from evitrail.traces.run.activity import Activity, Edge, Edges, Entity, Input

if TYPE_CHECKING:
    from evitrail.traces.external.otlp import Span

CODE = "recorded elsewhere"
"""Stands where the fingerprint of a component's source would."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OURS = tuple(f"{EVITRAIL}.{field}" for field in ("run", "path", "kind", "by", "output", "inputs"))
"""What a span of our own says of its step, and the step then says itself."""


class TakenIn(NamedTuple):
    """The runs that are new, and those that were here already."""

    new: tuple[str, ...]
    known: tuple[str, ...]


class Told(NamedTuple):
    """A span, and what is made of it."""

    span: Span
    meant: Understood
    kind: str
    output: str
    """The blob with what came out."""


def take_in(journal: Journal, runs: Iterable[Arrived], understand: Understand) -> TakenIn:
    """Write them down; raises ``ValueError`` where a name stands for another run."""
    new, known = [], []
    with journal.transaction():
        for one in runs:
            if _is_here(journal, one.run, one.config):
                known.append(one.run)
            else:
                new.append(one.run)
                _Writing(journal, one.run, understand).write(one)
    return TakenIn(tuple(new), tuple(known))


class _Writing:
    """A run that is being written down."""

    def __init__(self, journal: Journal, run: str, understand: Understand) -> None:
        self.journal, self.run, self.understand = journal, run, understand
        self.here: dict[str, str] = {}
        """What an output is called here, by what its span called it."""

    def write(self, run: Arrived) -> None:
        """All of it."""
        begin = {"config_type": "Imported", "parent": None, "recorded": ELSEWHERE, "digest": run.config.digest}
        self.journal.append(self.run, "run.begin", {"config": self.journal.put(run.config), **begin})
        for path, told in [(path, self.told(span)) for path, span in run.steps]:  # all are named before any is used
            self.step(path, told)
        end = self.told(run.root).output if run.root else self.journal.put(Foreign(kind="trace", value={}))
        self.journal.append(self.run, "run.end", {"output": end, "output_type": "Foreign"})

    def told(self, span: Span) -> Told:
        """What is made of a span; its output is stored."""
        meant = self.understand(span.attributes)
        kind = kind_of(span, meant)
        fields = {"value": meant.output, "documents": list(meant.documents) or None, "error": span.error}
        value = {field: said for field, said in fields.items() if said is not None}
        output = self.journal.put(Foreign(kind=kind, value=value))
        if name := stated(span, "output"):
            self.here[name] = output
        return Told(span, meant, kind, output)

    def step(self, path: str, told: Told) -> None:
        """Append the step's record."""
        span, by, inputs = told.span, stated(told.span, "by") or told.span.name or told.kind, self.inputs(told)
        edges = self.edges(told)
        body = Activity(
            path=path,
            kind=told.kind,
            by=by,
            effect="reads_external",
            parameters={"span": span.id, "began": _moment(span.start), "ended": _moment(span.end)},
            code=CODE,
            inputs=inputs,
            key=sha256(canonical_json([told.kind, by, CODE, [[i.role, i.id] for i in inputs]]).encode()),
            output=told.output,
            output_type="Foreign",
            edges=self.journal.put(edges) if edges.edges else None,
            milliseconds=round((span.end - span.start) / 1e6, 3) if 0 < span.start <= span.end else 0.0,
        ).model_dump(mode="json")
        if span.error is None:
            self.journal.append(self.run, "activity.end", body)
        else:
            self.journal.append(self.run, "activity.error", {**body, "error": span.error})

    def inputs(self, told: Told) -> tuple[Input, ...]:
        """Outputs of other steps that the span says it used, what went in, and what else it says."""
        used = rows(told.span.attributes, f"{EVITRAIL}.inputs")
        known = [(str(row.get("input.role")), self.here.get(str(row.get("input.id")))) for row in used]
        said = (*OURS, EVIDENCE) if edges_in(told.span.attributes) else OURS
        rest = {a: v for a, v in told.meant.rest.items() if not any(f"{a}.".startswith(f"{name}.") for name in said)}
        given = {"input": told.meant.given, "attributes": rest or None}
        values = {role: Foreign(kind=told.kind, value=value) for role, value in given.items() if value is not None}
        stored = [(role, self.journal.put(value)) for role, value in values.items()]
        return tuple(Input(role=role, id=blob, type="Foreign") for role, blob in (*known, *stored) if blob)

    def edges(self, told: Told) -> Edges:
        """The edges that the span states, each output called by its name here; else its documents."""
        if said := edges_in(told.span.attributes):
            return Edges(edges=tuple(map(self.edge, said.edges)))
        whole = Entity(id=told.output, type="Foreign", label=told.span.name)
        found = (
            Edge(relation="hadMember", source=whole, target=_entity(document), role=f"rank {rank}")
            for rank, document in enumerate(told.meant.documents, start=1)
        )
        return Edges(edges=tuple(found))

    def edge(self, edge: Edge) -> Edge:
        ends = {end: getattr(edge, end) for end in ("source", "target")}
        here = {end: e.model_copy(update={"id": self.here.get(e.id, e.id)}) for end, e in ends.items()}
        return edge.model_copy(update=here)


def _entity(document: Mapping[str, Any]) -> Entity:
    """A document, named by its content wherever it was found."""
    content = {field: document[field] for field in ("id", "content") if field in document}
    label = str(document.get("id") or document.get("content"))
    return Entity(id=content_id(Foreign(kind="document", value=content)), type="Passage", label=label)


def _moment(nanoseconds: int) -> str | None:
    moment = EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return moment.isoformat(timespec="microseconds") if nanoseconds else None


def _is_here(journal: JournalView, run: str, config: Imported) -> bool:
    """Whether this very trace is in the journal; raises ``ValueError`` where its name stands for another run."""
    records = journal.records(run)
    if not records:
        return False
    if records[0].body.get("config_type") == "Imported":
        then = journal.get(records[0].body["config"], Imported)
        if (then.digest, then.trace) == (config.digest, config.trace):
            return True
    raise ValueError(
        f"expected a name that no other run in {str(journal.path)!r} has, got {run!r}; give another --name"
    )
