"""Write spans as OTLP-JSON, send them over OTLP/HTTP, and read OTLP-JSON files.

Rules kept here
- A file has the format of the collector's file exporter: one JSON document per line, ids in hex, enums as numbers.
- If a collector does not accept the spans, the error is one line.
- Reading returns all spans of a file or fails; each fault is one line with file, line number and place.

    json_line(spans)
    send(spans, "http://127.0.0.1:6006/v1/traces")
    read_spans(Path("traces.jsonl"))
"""

from __future__ import annotations

import base64
import json
import logging
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.semconv.attributes.exception_attributes import EXCEPTION_MESSAGE
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME
from requests import Response, Session

IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
"""Number of hex digits of each id; protobuf's own JSON would use base64."""
UNREADABLE = (ValueError, RecursionError, OverflowError, ParseError)
FAULTS, LONGEST = 20, 300
"""How many faults are listed before the rest is only counted, and the maximum length of each."""


class OtlpSpan(NamedTuple):
    """One span of a file; times are in nanoseconds since 1970, 0 if unknown."""

    trace: str
    id: str
    parent: str
    """The id of the parent span; empty if there is none."""
    name: str
    start: int
    end: int
    attributes: dict[str, Any]
    error: str | None
    """Why the span failed; None if it did not."""
    service: str


def json_line(spans: Sequence[ReadableSpan]) -> str:
    """One document of an OTLP-JSON file."""
    return (
        json.dumps(_ids_in_hex(MessageToDict(encode_spans(spans), use_integers_for_enums=True)), ensure_ascii=False)
        + "\n"
    )


def send(spans: Sequence[ReadableSpan], to: str) -> None:
    """Send the spans to a collector; raises ``ValueError`` if it does not accept them."""
    if not to.startswith(("http://", "https://")):
        raise ValueError(f"expected a collector's address such as http://127.0.0.1:6006/v1/traces, got {to!r}")
    answers: list[Response] = []
    with Session() as session, _silenced(OTLPSpanExporter.__module__):
        session.hooks["response"].append(lambda answer, **_: answers.append(answer))
        accepted = OTLPSpanExporter(endpoint=to, session=session).export(spans) is SpanExportResult.SUCCESS
    if not accepted:
        why = f"it answered {answers[-1].status_code} {answers[-1].reason}" if answers else "nothing answers there"
        raise ValueError(f"expected an OTLP collector at {to!r}, but {why}; check the address")


def read_spans(file: Path) -> list[OtlpSpan]:
    """Every span of an OTLP-JSON file, one document or one a line; raises ``ValueError`` with a line for each fault."""
    faults: list[str] = []
    spans: dict[tuple[str, str], OtlpSpan] = {}
    for line, text in _documents(file):
        try:
            for place, raw, resource in _located_spans(json.loads(text)):
                try:
                    span = _span(raw, resource)
                    if spans.setdefault((span.trace, span.id), span) != span:
                        raise ValueError(f"span {span.id!r} is in the file twice, with different content")
                except UNREADABLE as error:
                    faults.append(f"{file}:{line}: {place}: {' '.join(str(error).split())[:LONGEST]}")
        except UNREADABLE as error:
            faults.append(f"{file}:{line}: expected OTLP-JSON: {' '.join(str(error).split())[:LONGEST]}")
    if not spans and not faults:
        faults.append(f"{file}: expected OTLP-JSON with spans below resourceSpans, got none")
    if faults:
        rest = [f"{file}: {len(faults) - FAULTS} more faults"] if len(faults) > FAULTS else []
        raise ValueError("\n".join(faults[:FAULTS] + rest))
    return list(spans.values())


def _documents(file: Path) -> Iterator[tuple[int, str]]:
    """One document per line if the first line is a document, else the whole file; each with its first line's number."""
    text = file.read_bytes().decode("utf-8", "replace")
    lines = text.split("\n")
    try:
        json.loads(lines[0])
    except UNREADABLE:
        yield 1, text
    else:
        yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _located_spans(document: Any) -> Iterator[tuple[str, Any, Any]]:
    """The spans of a document as JSON, each with its place in the document and its resource."""
    for r, group in enumerate(_list_field(document, "resourceSpans")):
        for s, scope in enumerate(_list_field(group, "scopeSpans")):
            for n, span in enumerate(_list_field(scope, "spans")):
                yield f"resourceSpans[{r}].scopeSpans[{s}].spans[{n}]", span, group.get("resource") or {}


def _list_field(value: Any, name: str) -> list[Any]:
    found = value.get(name) or [] if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise ValueError(f"expected an object with a list {name!r}, got {value!r}")
    return found


def _span(raw: Any, resource: Any) -> OtlpSpan:
    if not isinstance(raw, dict) or not isinstance(resource, dict):
        raise ValueError(f"expected a span and its resource as objects, got {raw!r} and {resource!r}")
    ids = {name: _id(raw.get(name) or "", name) for name in IDS}
    known = ParseDict({k: v for k, v in raw.items() if k not in (*IDS, "links")}, Message(), ignore_unknown_fields=True)
    about = ParseDict(resource, Resource(), ignore_unknown_fields=True)
    failed = known.status.code == Status.STATUS_CODE_ERROR
    whys = [str(_json_value(a.value)) for e in known.events for a in e.attributes if a.key == EXCEPTION_MESSAGE]
    return OtlpSpan(
        trace=ids["traceId"],
        id=ids["spanId"],
        parent=ids["parentSpanId"],
        name=known.name,
        start=known.start_time_unix_nano,
        end=known.end_time_unix_nano,
        attributes=_attributes(known.attributes),
        error=(known.status.message or (whys or ["no reason given"])[-1]) if failed else None,
        service=str(_attributes(about.attributes).get(SERVICE_NAME, "")),
    )


def _id(value: Any, name: str) -> str:
    """An id in lower case; a parent's id may be empty or all zeros, which both mean no parent."""
    digits = IDS[name]
    text = value.lower() if isinstance(value, str) else ""
    if name == "parentSpanId" and not text.strip("0") and isinstance(value, str):
        return ""
    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", text) or not text.strip("0"):
        raise ValueError(f"expected {digits} hex digits for {name!r}, not all zero, got {value!r}")
    return text


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


def _ids_in_hex(value: Any) -> Any:
    if isinstance(value, list):
        return [_ids_in_hex(item) for item in value]
    if isinstance(value, dict):
        return {k: base64.b64decode(v).hex() if k in IDS else _ids_in_hex(v) for k, v in value.items()}
    return value


@contextmanager
def _silenced(logger: str) -> Iterator[None]:
    """Within the block a library's logger is silent; the caller reports the error in one line."""
    log = logging.getLogger(logger)
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
