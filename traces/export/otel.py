"""Export a run as OpenTelemetry spans, for any viewer that accepts them.

Rules kept here
- The run is the root span. A step is a span within the step that it was done in.
- Ids are worked out from the run's first record and the step's path: exported again, it is the same trace.
- Times are those recorded: a step ended when its record was written, and began so many milliseconds before. A run of
  another system leaves with its own times (``recorded_times.py``); one that it did not state stays unknown.
- A step that failed is a span with status ERROR; one that was done at a later attempt has the failure as an event.
- What is kept back (``disclosed.py``) is not described, and the span names it.

    spans = spans_of(Disclosed(trace, with_sensitive=False), describe)
    send(spans, "http://127.0.0.1:6006/v1/traces")      # otlp.py

Spans are a tree in time, and neither OpenTelemetry nor OpenInference has attributes for what a claim rests on. So the
edges are ``evidence.*`` attributes of the span that stated them, and links to the spans that made their targets. The
caller's ``describe`` says what an output means to a viewer: this folder does not know.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.semconv.attributes.exception_attributes import EXCEPTION_MESSAGE
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME
from opentelemetry.trace import Link, SpanContext, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from evitrail.traces.export.disclosed import Disclosed
from evitrail.traces.external.attributes import EVIDENCE, EVITRAIL, Attributes, edge_attributes, flat, named
from evitrail.traces.external.recorded_times import RecordedTimes, Times, recorded_times
from evitrail.traces.journal.schema import Stored
from evitrail.traces.record import canonical_json
from evitrail.traces.run.activity import Activity, Edges
from evitrail.traces.trace import Trace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StepContent(NamedTuple):
    """The content of a step that may be exported."""

    kind: str
    type: str
    """The type of its output; empty where it failed."""
    output: Any
    """As JSON; None where it failed, or is kept back."""
    inputs: Mapping[str, Any]
    """By role, as JSON; those kept back are not among them."""


Describe = Callable[[StepContent], Attributes]
"""What a step means to a viewer, in the viewer's own attributes."""


class ExportedStep(NamedTuple):
    """What the journal holds of one step."""

    path: str
    times: Times
    done: Activity | None
    """None where it failed and was not done later."""
    failures: tuple[tuple[int, str], ...]
    """When it failed, and of what."""
    failed: Activity | None = None
    """What is known of it although it failed: of a step of another system, all that its span said."""

    @property
    def kind(self) -> str:
        known = self.done or self.failed
        return known.kind if known else self.path.rpartition("/")[2].partition("[")[0]


def spans_of(
    run: Disclosed,
    describe: Describe = lambda _: {},
    *,
    about: Attributes | None = None,
    resource: Attributes | None = None,
) -> list[ReadableSpan]:
    """The run's spans, root first; ``about`` says what the run means, ``resource`` what it belongs to."""
    if not run.records:
        raise ValueError(f"expected a run that was recorded, got {run.run!r}; `evitrail trace list` shows them")
    drawing = _SpanBuilder(run, describe, Resource({SERVICE_NAME: "evitrail", **(resource or {})}))
    return [drawing.root(about or {}), *map(drawing.span, drawing.steps.values())]


class _SpanBuilder:
    """Builds the spans of one run."""

    def __init__(self, run: Disclosed, describe: Describe, resource: Resource) -> None:
        self.run, self.describe, self.resource = run, describe, resource
        self.begun = run.records[0]
        self.recorded_times = recorded_times(run)
        self.steps = _steps(run, self.recorded_times)
        self.bodies: dict[str, Any] = {}
        self.makers: dict[str, str] = {}
        """By entity, the step that made it or first spoke of it."""
        for step in self.steps.values():
            if known := step.done or step.failed:
                spoken = (edge.source.id for edge in self.edges(known).edges)
                for entity in (known.output, *spoken):
                    self.makers.setdefault(entity, step.path)

    def root(self, about: Attributes) -> ReadableSpan:
        """The span of the run itself."""
        last, ends, parent = self.run.records[-1], self.run.of_type("run.end"), self.run.parent
        fork_of = Trace(self.run.journal, parent).records if parent else []
        code = StatusCode.OK if ends else StatusCode.ERROR if last.type == "activity.error" else StatusCode.UNSET
        error = self.run.failure
        stated = self.recorded_times
        began, ended = stated.run if stated else (_time(self.begun), _time(ends[-1] if ends else last))
        return ReadableSpan(
            name=self.run.run,
            context=_context(self.begun, ""),
            resource=self.resource,
            attributes=named(EVITRAIL, {"run": self.run.run, "fork_of": parent}) | dict(about),
            links=[Link(_context(fork_of[0], ""), named(EVITRAIL, {"relation": "fork_of"}))] if fork_of else [],
            status=Status(code) if error is None else Status(StatusCode.ERROR, error),
            start_time=began,
            end_time=ended,
        )

    def span(self, step: ExportedStep) -> ReadableSpan:
        """The span of one step."""
        done = step.done or step.failed
        ours = {"run": self.run.run, "path": step.path, "kind": step.kind}
        meant = self.meant(done) if done else self.describe(StepContent(step.kind, "", None, {}))
        return ReadableSpan(
            name=step.kind,
            context=_context(self.begun, step.path),
            parent=_context(self.begun, self.within(step.path)),
            resource=self.resource,
            attributes=named(EVITRAIL, ours) | dict(meant) | dict(self.recorded(done) if done else {}),
            events=[Event("exception", {EXCEPTION_MESSAGE: why}, timestamp=at) for at, why in step.failures],
            links=list(self.links(done)) if done else [],
            status=Status(StatusCode.OK) if step.done else Status(StatusCode.ERROR, step.failures[-1][1]),
            start_time=step.times.began,
            end_time=step.times.ended,
        )

    def within(self, path: str) -> str:
        """The step that contains this one; empty for the run itself."""
        while path := path.rpartition("/")[0]:
            if path in self.steps:
                return path
        return ""

    def recorded(self, done: Activity) -> Attributes:
        """What the journal says of a step, and the edges it stated."""
        hidden = [i.role for i in done.inputs if self.body(i.id) is None]
        hidden += ["output"] if self.body(done.output) is None else []
        attributes = named(
            EVITRAIL,
            {
                "by": done.by,
                "effect": done.effect,
                "code": done.code,
                "key": done.key,
                "given": done.given,
                "reused_from": done.reused_from,
                "parameters": None if hidden else canonical_json(done.parameters),
                "withheld": tuple(hidden) or None,
                "output": done.output,
            },
        )
        used = (named("input", given.model_dump()) for given in done.inputs)
        return attributes | flat(f"{EVITRAIL}.inputs", used) | edge_attributes(self.edges(done))

    def meant(self, done: Activity) -> Attributes:
        """What the step means to a viewer."""
        inputs = {given.role: body for given in done.inputs if (body := self.body(given.id)) is not None}
        return self.describe(StepContent(done.kind, done.output_type, self.body(done.output), inputs))

    def links(self, done: Activity) -> Iterator[Link]:
        """To the steps that made what this one used, and what its edges point to."""
        for given in done.inputs:
            yield from self.link(done.path, {"relation": "used", "role": given.role, "target": given.id})
        for edge in self.edges(done).edges:
            ends = {"source": edge.source.id, "target": edge.target.id}
            yield from self.link(done.path, edge.model_dump() | ends)

    def link(self, path: str, stated: Mapping[str, Any]) -> Iterator[Link]:
        maker = self.makers.get(stated["target"])
        if maker is not None and maker != path:
            yield Link(_context(self.begun, maker), named(EVIDENCE, stated))

    def edges(self, done: Activity) -> Edges:
        body = self.body(done.edges) if done.edges else None
        return Edges(edges=()) if body is None else Edges.model_validate(body)

    def body(self, name: str) -> Any:
        """A blob as JSON; None where it is kept back."""
        if name not in self.bodies:
            body = self.run.body(name)
            self.bodies[name] = None if body is None else json.loads(body.partition(b"\n")[2])
        return self.bodies[name]


def _steps(run: Disclosed, stated: RecordedTimes | None) -> dict[str, ExportedStep]:
    """Every step that ended or failed, by its path, in the order in which it first did."""
    began, ended = ({r.body["path"]: _time(r) for r in run.of_type(f"activity.{what}")} for what in ("begin", "end"))
    done = {activity.path: activity for activity in run.activities}
    failures: dict[str, list[tuple[int, str]]] = {}
    failed = run.failed
    for record in run.of_type("activity.error"):
        path = record.body["path"]
        known = stated.steps.get(path) if stated else None
        failures.setdefault(path, []).append(((known and known.ended) or _time(record), record.body["error"]))
    steps: dict[str, ExportedStep] = {}
    for path in (r.body["path"] for r in run.records if r.type in ("activity.end", "activity.error")):
        whys = tuple(failures.get(path, ()))
        if stated and path in stated.steps:
            times = stated.steps[path]
        elif path in done:
            times = Times(ended[path] - round(done[path].milliseconds * 1e6), ended[path])
        else:
            times = Times(began.get(path, whys[-1][0]), whys[-1][0])
        steps[path] = ExportedStep(path, times, done.get(path), whys, failed.get(path))
    return steps


def _context(begun: Stored, path: str) -> SpanContext:
    """Who a span is: its trace is named by the run's first record, itself by its path in it."""
    trace, span = (hashlib.sha256(f"{begun.hash}{what}".encode()).digest() for what in ("", f"\n{path}"))
    return SpanContext(
        int.from_bytes(trace[:16]),
        int.from_bytes(span[:8]),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _time(record: Stored) -> int:
    """When a record was written, in nanoseconds since 1970."""
    text = record.line["t"]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"run {record.run!r} record {record.seq}: expected an ISO 8601 time, got {text!r}") from error
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1) * 1000
