"""Write spans as OTLP-JSON, and send them over OTLP/HTTP.

Rules kept here
- A file has the format of the collector's file exporter: one JSON document per line, ids in hex, enums as numbers.
- If a collector does not accept the spans, the error is one line.

    json_line(spans)
    send(spans, "http://127.0.0.1:6006/v1/traces")

Such files are read by ``otlp_format.py``.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from requests import Response, Session

IDS = ("traceId", "spanId", "parentSpanId")
"""Fields that hold ids; protobuf's own JSON would use base64."""


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
