"""The formats that runs of other systems are imported from.

    form, spans = read_traces(Path("traces.jsonl"))

A format is one file that makes a ``TraceFormat``, and its name in ``FORMATS``. It writes what it reads as OpenInference
attributes, so that one reader (``openinference/reading.py``) says what every format means.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import is_zipfile

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.json_documents import Document, json_documents, short
from evitrail.traces.external.otlp_format import OTLP
from evitrail.traces.external.trace_format import TraceFormat
from evitrail.workbench.trace_formats.inspect_ai import INSPECT_AI
from evitrail.workbench.trace_formats.inspect_ai_archive import log_in_archive
from evitrail.workbench.trace_formats.langfuse import LANGFUSE
from evitrail.workbench.trace_formats.langsmith import LANGSMITH

FORMATS: dict[str, TraceFormat] = {form.name: form for form in (OTLP, INSPECT_AI, LANGSMITH, LANGFUSE)}
"""By the name the command line calls them. A document belongs to the first that recognises it."""
OTHERS = {
    "Jaeger JSON": ("traceID", "operationName", "spans", "processes"),
    "Zipkin JSON": ("localEndpoint", "annotations", "timestamp", "duration"),
    "spans of OpenTelemetry's console exporter": ("context", "parent_id", "start_time", "status"),
    "W3C PROV-JSON": ("prefix", "bundle", "entity", "activity"),
    "an experiment's answers": ("case", "condition", "chosen", "answer"),
}
"""Forms that are often given instead, with keys that they have."""


class ReadTraces(NamedTuple):
    """The spans of a file, and the format that they were read from."""

    form: TraceFormat
    spans: list[ExternalSpan]


def read_traces(file: Path, name: str | None = None) -> ReadTraces:
    """Every span of a file; the format is recognised by content if no name is given.

    Raises ``ValueError`` with a line for each fault.
    """
    if name is not None and name not in FORMATS:
        raise ValueError(f"expected a format among {', '.join(FORMATS)}, got {name!r}{nearest(name, FORMATS)}")
    documents = [Document("1", log_in_archive(file))] if is_zipfile(file) else json_documents(file)
    form = FORMATS[name] if name is not None else _recognised(file, documents)
    return ReadTraces(form, form.read(file, documents))


def _recognised(file: Path, documents: Sequence[Document]) -> TraceFormat:
    """The format of the first document that has a known one; raises ``ValueError`` if none has."""
    for document in documents:
        for form in FORMATS.values():
            if form.recognises(document.value):
                return form
    first = documents[0].value if documents else []
    formats = "; ".join(f"{form.name}: {form.description}" for form in FORMATS.values())
    raise ValueError(f"{file}:1: expected traces ({formats}), found {short(first)}{_nearest(first)}")


def _nearest(value: Any) -> str:
    """The form that shares most keys with a document, and what to do; empty if none shares any."""
    keys = _keys(value)
    shared = {name: len(keys & set(form.keys)) for name, form in FORMATS.items()}
    shared |= {name: len(keys & set(theirs)) for name, theirs in OTHERS.items()}
    best = max(shared, key=lambda name: shared[name])
    if not shared[best]:
        return ""
    if best in OTHERS:
        return f"; it looks like {best}, which is not read: export it in one of these formats"
    return f"; nearest is {best}"


def _keys(value: Any, depth: int = 3) -> set[str]:
    """The keys of a document and of the first items within it."""
    if isinstance(value, list):
        return _keys(value[0], depth) if value else set()
    if not isinstance(value, dict) or not depth:
        return set()
    return {*value, *(key for inner in list(value.values())[:20] for key in _keys(inner, depth - 1))}
