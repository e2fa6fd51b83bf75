"""One span of another system, as every format gives it: where it belongs, when it was, and what it says.

Rules kept here
- Attributes are what an OpenTelemetry span can carry, whatever the file's format, so that a run that was imported can
  be exported as spans and imported again.
- A span without a trace belongs to the trace of its outermost known parent.
- Names are in one Unicode spelling, so that a span is known again whatever wrote it.
- A span that is given twice is one span; if the two differ, that is an error.

    spans = in_traces(found)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from unicodedata import normalize

TEXTS = ("trace", "id", "parent", "name", "service", "title")


class ExternalSpan(NamedTuple):
    """One span of a file; times are in nanoseconds since 1970, 0 if unknown."""

    trace: str
    """The id of its trace; empty if the file does not say it."""
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
    title: str = ""
    """What a person calls the run; said by the span of the run itself, and empty if the file has no such name."""


def in_one_spelling(span: ExternalSpan) -> ExternalSpan:
    """The span as a journal stores it: names and keys in Unicode NFC. Raises ``ValueError`` if two keys become one."""
    attributes = {normalize("NFC", key): value for key, value in span.attributes.items()}
    if len(attributes) < len(span.attributes):
        raise ValueError(f"span {span.id!r}: expected keys that differ in more than their Unicode spelling")
    texts: dict[str, Any] = {field: normalize("NFC", getattr(span, field)) for field in TEXTS}
    return span._replace(**texts, attributes=attributes)


def in_traces(spans: Iterable[ExternalSpan]) -> list[ExternalSpan]:
    """The spans, each with its trace."""
    listed = list(spans)
    by_id = {span.id: span for span in listed}
    return [span if span.trace else span._replace(trace=_trace_of(span, by_id)) for span in listed]


def _trace_of(span: ExternalSpan, by_id: dict[str, ExternalSpan]) -> str:
    """The trace that the nearest outer span states, else the id of the outermost; of a cycle, the lowest id in it."""
    met: dict[str, None] = {}
    while not span.trace and span.id not in met and span.parent in by_id:
        met[span.id] = None
        span = by_id[span.parent]
    if span.trace:
        return span.trace
    return min(list(met)[list(met).index(span.id) :]) if span.id in met else span.parent or span.id
