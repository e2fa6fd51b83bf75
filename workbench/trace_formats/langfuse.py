"""Read what Langfuse exports: traces with their observations, or observations alone, as JSON or JSON lines.

Rules kept here
- A trace is a run, and its observations are the steps. A trace is read as the API gives it (with ``observations``
  within), as the page's download gives it (``{"trace": …, "observations": […]}``), and as rows of a table.
- Names are read in both spellings: ``parentObservationId`` and ``parent_observation_id``.
- An observation of level ERROR has failed. A trace has no level: where a single observation is at its top, the run
  has failed if that has.
- Tokens that are not stated are unknown. What has no attribute in OpenInference is kept as ``langfuse.NAME``.

    LANGFUSE.read(file, json_documents(file))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from openinference.semconv.trace import SpanAttributes

from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.json_documents import short
from evitrail.traces.external.trace_format import Entry, TraceFormat
from evitrail.workbench.openinference.attributes import SpanKind, Told, came_out, kind, metadata, went_in
from evitrail.workbench.trace_formats.fields import (
    attributes_of,
    count_field,
    id_field,
    json_value,
    list_field,
    model_use,
    object_field,
    object_of,
    search_output,
    text_field,
    time_field,
)

OF_TRACE = ("observations", "htmlPath", "sessionId", "userId", "projectId", "timestamp")
"""Keys of a trace, in one spelling."""
OF_OBSERVATION = ("traceId", "parentObservationId", "startTime")
KINDS = {"generation": SpanKind.LLM, **{one.value.lower(): one for one in SpanKind}}
"""By the type of an observation; a span or an event is a CHAIN."""
READ = frozenset(
    {
        *("id", "traceId", "parentObservationId", "name", "startTime", "endTime", "timestamp", "input", "output"),
        *("metadata", "model", "observations", "statusMessage", "level", "tags", "sessionId", "userId"),
        "modelParameters",
    }
)
"""Keys that become something else than an attribute of their own name."""


def _recognises(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("data"), list):
        return any(_recognises(item) for item in value["data"][:1])
    if isinstance(value.get("trace"), dict) and "observations" in value:
        return True
    keys = set(map(_camel, value))
    return {"id", "type", "traceId", "startTime"} <= keys or _is_trace(value)


def _is_trace(value: Mapping[str, Any]) -> bool:
    keys = set(map(_camel, value))
    return {"id", "timestamp"} <= keys and "startTime" not in keys and len(keys & set(OF_TRACE)) > 1


def _entries(document: Any) -> Iterator[Entry]:
    """The traces and observations of a document."""
    if not isinstance(document, dict) or not _recognises(document):
        raise ValueError(
            f"expected a trace with id and timestamp, or an observation with traceId, got {short(document)}"
        )
    if isinstance(document.get("data"), list):
        for number, item in enumerate(document["data"]):
            for place, read in _entries(item):
                yield f"data[{number}].{place}", read
    elif isinstance(document.get("trace"), dict):
        yield from _of_trace({**document["trace"], "observations": document["observations"]})
    elif _is_trace(document):
        yield from _of_trace(document)
    else:
        yield "observation", partial(_observation, document)


def _of_trace(raw: Mapping[str, Any]) -> Iterator[Entry]:
    trace = _in_camel(raw)
    ids = {"traceId": trace.get("id")}
    if any(isinstance(one, str) for one in list_field(trace, "observations")):
        raise ValueError(
            "expected observations with their fields, got ids only; export the trace with its observations"
        )
    inner = [{**ids, **_in_camel(one)} if isinstance(one, dict) else one for one in list_field(trace, "observations")]
    yield "trace", partial(_trace, trace, inner)
    for number, one in enumerate(inner):
        yield f"observations[{number}]", partial(_observation, one)


def _trace(trace: Mapping[str, Any], observations: Sequence[Any]) -> Iterator[ExternalSpan]:
    own = id_field(trace, "id")
    known = [one for one in observations if isinstance(one, dict)]
    top = [one for one in known if one.get("parentObservationId") in (None, "", own)]
    times = [(time_field(one, "startTime"), time_field(one, "endTime")) for one in known]
    starts = [start for start in (time_field(trace, "timestamp"), *(start for start, _ in times)) if start]
    told = (kind(SpanKind.CHAIN), *_values(trace, SpanKind.CHAIN), _of_session(trace))
    yield ExternalSpan(
        trace=own,
        id=own,
        parent="",
        name=text_field(trace, "name"),
        start=min(starts, default=0),
        end=max((max(pair) for pair in times), default=0),
        attributes=attributes_of(told, _others(trace), "langfuse"),
        error=_error(top[0]) if len(top) == 1 else None,
        service="",
    )


def _observation(raw: Any) -> Iterator[ExternalSpan]:
    fields = _in_camel(object_of(raw, "an observation"))
    span_kind = KINDS.get(text_field(fields, "type").lower(), SpanKind.CHAIN)
    told = (kind(span_kind), *_values(fields, span_kind), _model(fields), _of_session(fields))
    yield ExternalSpan(
        trace=text_field(fields, "traceId"),
        id=id_field(fields, "id"),
        parent=text_field(fields, "parentObservationId") or text_field(fields, "traceId"),
        name=text_field(fields, "name"),
        start=time_field(fields, "startTime"),
        end=time_field(fields, "endTime"),
        attributes=attributes_of(told, _others(fields), "langfuse"),
        error=_error(fields),
        service="",
    )


def _values(fields: Mapping[str, Any], span_kind: SpanKind) -> tuple[Told, ...]:
    """Input, output and metadata."""
    given, output = (json_value(fields.get(name)) for name in ("input", "output"))
    found = search_output(output) if span_kind is SpanKind.RETRIEVER else came_out(output)
    about = json_value(fields.get("metadata"))
    return went_in(given), found, metadata(about if isinstance(about, dict) else {"metadata": about} if about else {})


def _model(fields: Mapping[str, Any]) -> Told:
    """The model of a call, its parameters and its tokens."""
    usage = object_field(fields, "usageDetails") or object_field(fields, "usage")
    model = text_field(fields, "model") or text_field(fields, "providedModelName")
    named = (("input", "promptTokens"), ("output", "completionTokens"), ("total", "totalTokens"))
    prompt, completion, total = (count_field(usage or fields, *(names if usage else names[1:])) for names in named)
    parameters = json_value(fields.get("modelParameters"))
    use = model_use(model, prompt, completion, total)
    return {**use, SpanAttributes.LLM_INVOCATION_PARAMETERS: parameters or None}


def _of_session(fields: Mapping[str, Any]) -> Told:
    return {
        SpanAttributes.SESSION_ID: text_field(fields, "sessionId") or None,
        SpanAttributes.USER_ID: text_field(fields, "userId") or None,
        SpanAttributes.TAG_TAGS: list_field(fields, "tags") or None,
    }


def _error(fields: Mapping[str, Any]) -> str | None:
    message = text_field(fields, "statusMessage")
    return (message or "no reason given") if fields.get("level") == "ERROR" else None


def _others(fields: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in fields.items() if name not in READ}
    kept = ("level", "statusMessage") if fields.get("level") not in (None, "ERROR", "DEFAULT") else ()
    return rest | {name: fields[name] for name in kept if name in fields}


def _in_camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in one spelling; raises ``ValueError`` if one is there in both."""
    named = {_camel(name): value for name, value in fields.items()}
    if len(named) < len(fields):
        raise ValueError(f"expected each field in one spelling, got two of one field in {short(fields)}")
    return named


def _camel(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])_([a-z])", lambda found: found[1].upper(), name)


LANGFUSE = TraceFormat(
    name="langfuse",
    description="traces or observations of Langfuse as JSON or JSON lines",
    recognises=_recognises,
    keys=(
        "traceId",
        "parentObservationId",
        "observations",
        "startTime",
        "endTime",
        "statusMessage",
        "htmlPath",
        "level",
    ),
    entries=_entries,
)
