"""OTLP-JSON and OTLP over HTTP: spans to a file, to a collector, and from a file.

Rules kept here
- A file is what a collector's file exporter writes: one JSON document a line, ids in hex, enums as numbers.
- A collector that does not take the spans is told of in one line.
- Reading takes all of a file or nothing; each fault is one line with file, line and place.

    json_line(spans)
    send(spans, "http://127.0.0.1:6006/v1/traces")
    read(Path("traces.jsonl"))
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
"""How many hex digits each has; protobuf's own JSON would have base64."""
UNREADABLE = (ValueError, RecursionError, OverflowError, ParseError)
FAULTS, LONGEST = 20, 300
"""Faults that are told before the rest is only counted, and characters of each."""


class Span(NamedTuple):
    """One span of a file; times are in nanoseconds since 1970, 0 where none was told."""

    trace: str
    id: str
    parent: str
    """The id of the span it is within; empty where there is none."""
    name: str
    start: int
    end: int
    attributes: dict[str, Any]
    error: str | None
    """Why it failed; None where it did not."""
    service: str


def json_line(spans: Sequence[ReadableSpan]) -> str:
    """One document of an OTLP-JSON file."""
    return (
        json.dumps(_in_hex(MessageToDict(encode_spans(spans), use_integers_for_enums=True)), ensure_ascii=False) + "\n"
    )


def send(spans: Sequence[ReadableSpan], to: str) -> None:
    """Hand the spans to a collector; raises ``ValueError`` when it does not take them."""
    if not to.startswith(("http://", "https://")):
        raise ValueError(f"expected a collector's address such as http://127.0.0.1:6006/v1/traces, got {to!r}")
    answers: list[Response] = []
    with Session() as session, _quiet(OTLPSpanExporter.__module__):
        session.hooks["response"].append(lambda answer, **_: answers.append(answer))
        taken = OTLPSpanExporter(endpoint=to, session=session).export(spans) is SpanExportResult.SUCCESS
    if not taken:
        why = f"it answered {answers[-1].status_code} {answers[-1].reason}" if answers else "nothing answers there"
        raise ValueError(f"expected a collector that takes spans at {to!r}, but {why}; is the address right?")


def read(file: Path) -> list[Span]:
    """Every span of an OTLP-JSON file, one document or one a line; raises ``ValueError`` with a line for each fault."""
    faults: list[str] = []
    spans: dict[tuple[str, str], Span] = {}
    for line, text in _documents(file):
        try:
            for place, told, resource in _told(json.loads(text)):
                try:
                    span = _span(told, resource)
                    if spans.setdefault((span.trace, span.id), span) != span:
                        raise ValueError(f"span {span.id!r} stands in the file twice, and differs")
                except UNREADABLE as error:
                    faults.append(f"{file}:{line}: {place}: {' '.join(str(error).split())[:LONGEST]}")
        except UNREADABLE as error:
            faults.append(f"{file}:{line}: expected OTLP-JSON: {' '.join(str(error).split())[:LONGEST]}")
    if not spans and not faults:
        faults.append(f"{file}: expected OTLP-JSON with spans below resourceSpans, got none")
    if faults:
        rest = [f"{file}: and {len(faults) - FAULTS} faults more"] if len(faults) > FAULTS else []
        raise ValueError("\n".join(faults[:FAULTS] + rest))
    return list(spans.values())


def _documents(file: Path) -> Iterator[tuple[int, str]]:
    """A document a line where the first line is one, else the whole file; each with the line it begins at."""
    text = file.read_bytes().decode("utf-8", "replace")
    lines = text.split("\n")
    try:
        json.loads(lines[0])
    except UNREADABLE:
        yield 1, text
    else:
        yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _told(document: Any) -> Iterator[tuple[str, Any, Any]]:
    """The spans of a document as they were told, each with its place and what it belongs to."""
    for r, group in enumerate(_listed(document, "resourceSpans")):
        for s, scope in enumerate(_listed(group, "scopeSpans")):
            for n, span in enumerate(_listed(scope, "spans")):
                yield f"resourceSpans[{r}].scopeSpans[{s}].spans[{n}]", span, group.get("resource") or {}


def _listed(value: Any, name: str) -> list[Any]:
    found = value.get(name) or [] if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise ValueError(f"expected an object with a list {name!r}, got {value!r}")
    return found


def _span(told: Any, resource: Any) -> Span:
    if not isinstance(told, dict) or not isinstance(resource, dict):
        raise ValueError(f"expected a span and its resource as objects, got {told!r} and {resource!r}")
    ids = {name: _id(told.get(name) or "", name) for name in IDS}
    known = ParseDict(
        {k: v for k, v in told.items() if k not in (*IDS, "links")}, Message(), ignore_unknown_fields=True
    )
    about = ParseDict(resource, Resource(), ignore_unknown_fields=True)
    failed = known.status.code == Status.STATUS_CODE_ERROR
    whys = [str(_plain(a.value)) for e in known.events for a in e.attributes if a.key == EXCEPTION_MESSAGE]
    return Span(
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


def _id(told: Any, name: str) -> str:
    """An id in lower case; a parent's may be empty, and zeros mean the same."""
    digits = IDS[name]
    text = told.lower() if isinstance(told, str) else ""
    if name == "parentSpanId" and not text.strip("0") and isinstance(told, str):
        return ""
    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", text) or not text.strip("0"):
        raise ValueError(f"expected {digits} hex digits for {name!r}, not all zero, got {told!r}")
    return text


def _attributes(told: Iterable[KeyValue]) -> dict[str, Any]:
    return {normalize("NFC", one.key): _plain(one.value) for one in told}


def _plain(value: AnyValue) -> Any:
    """A value as JSON can hold it: bytes in base64, and what is not a number in words."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_plain(one) for one in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "double_value" if not math.isfinite(value.double_value):
            return str(value.double_value)
        case kind:
            return getattr(value, kind)


def _in_hex(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_hex(item) for item in value]
    if isinstance(value, dict):
        return {k: base64.b64decode(v).hex() if k in IDS else _in_hex(v) for k, v in value.items()}
    return value


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Within the block a library's logger is silent: what it has to say is said by us, in one line."""
    log = logging.getLogger(logger)
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
