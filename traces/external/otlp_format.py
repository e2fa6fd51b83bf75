"""Read OTLP-JSON, as OpenTelemetry collectors, Arize Phoenix and other viewers write it.

Rules kept here
- Both spellings of protobuf's JSON are read: ``startTimeUnixNano`` and ``start_time_unix_nano``. One document uses one
  of them for a field; both at once are a fault.
- An id is hex, as OTLP has it, or base64, as protobuf's own JSON has it. The two differ in length.
- The events of a span are kept as attributes below ``otel.events``, because a step has no events. An exception that
  holds only its message is the span's error, and not kept twice.

    read_spans(Path("traces.jsonl"))
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unicodedata import normalize

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.semconv.attributes.exception_attributes import EXCEPTION_MESSAGE
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME

from evitrail.traces.external.attributes import Value, flat
from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.json_documents import json_documents, short
from evitrail.traces.external.recorded_times import iso_time
from evitrail.traces.external.trace_format import Entry, TraceFormat
from evitrail.traces.record import canonical_json

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}
"""Number of bytes of each id."""
SIGNALS = ("resourceSpans", "resourceLogs", "resourceMetrics", "resourceProfiles")
"""What a collector's file may hold; only spans are read."""
EVENTS = "otel.events"
"""Where the events of a span are kept: ``otel.events.0.event.name``, ``….time``, ``….attributes`` (JSON)."""


def read_spans(file: Path) -> list[ExternalSpan]:
    """Every span of an OTLP-JSON file; raises ``ValueError`` with a line for each fault."""
    return OTLP.read(file, json_documents(file))


def _recognises(value: Any) -> bool:
    return isinstance(value, dict) and any(name in value for one in SIGNALS for name in (one, _snake(one)))


def _entries(document: Any) -> Iterator[Entry]:
    """The spans of a document."""
    if not isinstance(document, dict) or (document and not _recognises(document)):
        raise ValueError(f"expected an object with a list 'resourceSpans', got {short(document)}")
    for r, group in enumerate(_list_field(document, "resourceSpans")):
        for s, scope in enumerate(_list_field(group, "scopeSpans")):
            for n, span in enumerate(_list_field(scope, "spans")):
                place = f"resourceSpans[{r}].scopeSpans[{s}].spans[{n}]"
                yield place, partial(_spans, span, {} if group.get("resource") is None else group["resource"])


def _list_field(value: Any, name: str) -> list[Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object with a list {name!r}, got {short(value)}")
    found = _field(value, name)
    if found is not None and not isinstance(found, list):
        raise ValueError(f"{name}: expected a list, got {short(found)}")
    return found or []


def _field(value: dict[str, Any], name: str) -> Any:
    """A field in either spelling."""
    other = _snake(name)
    if other != name and name in value and other in value:
        raise ValueError(f"expected {name!r} or {other!r}, got both")
    return value.get(name, value.get(other))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _spans(raw: Any, resource: Any) -> Iterator[ExternalSpan]:
    if not isinstance(raw, dict) or not isinstance(resource, dict):
        raise ValueError(f"expected a span and its resource as objects, got {short(raw)} and {short(resource)}")
    ids = {name: _id(_field(raw, name), name) for name in IDS}
    left = {*IDS, *map(_snake, IDS), "links"}
    known = ParseDict({k: v for k, v in raw.items() if k not in left}, Message(), ignore_unknown_fields=True)
    about = ParseDict(resource, Resource(), ignore_unknown_fields=True)
    failed = known.status.code == Status.STATUS_CODE_ERROR
    whys = [str(_json_value(a.value)) for e in known.events for a in e.attributes if a.key == EXCEPTION_MESSAGE]
    yield ExternalSpan(
        trace=ids["traceId"],
        id=ids["spanId"],
        parent=ids["parentSpanId"],
        name=known.name,
        start=known.start_time_unix_nano,
        end=known.end_time_unix_nano,
        attributes=_attributes(known.attributes) | _events(known.events),
        error=(known.status.message or (whys or ["no reason given"])[-1]) if failed else None,
        service=str(_attributes(about.attributes).get(SERVICE_NAME, "")),
    )


def _id(value: Any, name: str) -> str:
    """An id in hex; a parent's id may be missing, empty or all zeros, which all mean no parent."""
    size = IDS[name]
    found = _bytes_of_id(value, size) if isinstance(value, str) else None
    absent = value is None or (isinstance(value, str) and not value.strip("0")) or found == bytes(size)
    if name == "parentSpanId" and absent:
        return ""
    if found is None or not any(found):
        raise ValueError(
            f"expected {2 * size} hex digits for {name!r}, not all zero, or {size} bytes in base64, got {short(value)}"
        )
    return found.hex()


def _bytes_of_id(text: str, size: int) -> bytes | None:
    """The bytes of an id in hex or in base64; None for any other text."""
    if re.fullmatch(f"[0-9a-fA-F]{{{2 * size}}}", text):
        return bytes.fromhex(text)
    try:
        padded = text.rstrip("=").translate(str.maketrans("-_", "+/"))
        found = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == size else None


def _events(events: Iterable[Message.Event]) -> dict[str, Value]:
    """The events as attributes."""
    kept = [event for event in events if [pair.key for pair in event.attributes] != [EXCEPTION_MESSAGE]]
    return flat(
        EVENTS,
        (
            {
                "event.name": event.name,
                "event.time": iso_time(event.time_unix_nano),
                "event.attributes": canonical_json(_attributes(event.attributes)) if event.attributes else None,
            }
            for event in kept
        ),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {normalize("NFC", pair.key): _json_value(pair.value) for pair in pairs}


def _json_value(value: AnyValue) -> Any:
    """A value as JSON: bytes in base64, NaN and infinity as text."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_json_value(one) for one in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "double_value" if not math.isfinite(value.double_value):
            return str(value.double_value)
        case kind:
            return getattr(value, kind)


OTLP = TraceFormat(
    name="otlp",
    description="OTLP-JSON with spans below resourceSpans",
    recognises=_recognises,
    keys=("resourceSpans", "resource_spans", "scopeSpans", "scope_spans", "traceId", "spanId", "startTimeUnixNano"),
    entries=_entries,
)
