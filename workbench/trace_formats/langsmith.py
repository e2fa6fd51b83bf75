"""Read what LangSmith exports: its runs, as JSON or JSON lines.

Rules kept here
- A run of LangSmith is a span. Its trace is ``trace_id``, else the beginning of ``dotted_order``, else that of its
  outermost parent. Runs within ``child_runs`` are read as well.
- A page of its API (``{"runs": […]}``) is read like the runs in it.
- A run with an error, or with status ``error``, has failed.
- What has no attribute in OpenInference is kept as ``langsmith.NAME``.

    LANGSMITH.read(file, json_documents(file))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from openinference.semconv.trace import SpanAttributes

from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.json_documents import short
from evitrail.traces.external.trace_format import Entry, TraceFormat
from evitrail.workbench.openinference.attributes import SpanKind, came_out, kind, metadata, went_in
from evitrail.workbench.trace_formats.fields import (
    attributes_of,
    count_field,
    id_field,
    json_value,
    list_field,
    model_use,
    object_field,
    search_output,
    text_field,
    time_field,
)

PAGE, INNER = "runs", "child_runs"
OWN = ("run_type", "dotted_order", "parent_run_id")
"""Keys of a run that no other format has."""
READ = frozenset(
    {
        *("id", "trace_id", "parent_run_id", "parent_run_ids", "dotted_order", "name", "start_time", "end_time"),
        *("error", "inputs", "outputs", "child_runs", "child_run_ids", "direct_child_run_ids"),
    }
)
"""Keys that become something else than an attribute of their own name."""
PLACE = re.compile(r"[0-9]{8}T[0-9]+Z(.+)")
"""One run in a dotted order: when it began, and its id."""
KINDS = {one.value.lower(): one for one in SpanKind}


def _recognises(value: Any) -> bool:
    if isinstance(value, dict) and isinstance(value.get(PAGE), list):
        return any(_recognises(run) for run in value[PAGE][:1])
    return isinstance(value, dict) and "id" in value and any(key in value for key in OWN)


def _entries(document: Any, place: str = "run") -> Iterator[Entry]:
    """The runs of a document, each before those within it."""
    if not isinstance(document, dict):
        raise ValueError(f"expected a run as an object, got {short(document)}")
    if isinstance(document.get(PAGE), list):
        for number, run in enumerate(document[PAGE]):
            yield from _entries(run, f"{PAGE}[{number}]")
        return
    if not _recognises(document):
        raise ValueError(f"expected a run with id and run_type, got {short(document)}")
    yield place, partial(_spans, document)
    for number, run in enumerate(list_field(document, INNER)):
        child = {"parent_run_id": document.get("id"), **run} if isinstance(run, dict) else run
        yield from _entries(child, f"{place}.{INNER}[{number}]")


def _spans(run: Mapping[str, Any]) -> Iterator[ExternalSpan]:
    above = _above(run)
    extra = object_field(run, "extra")
    run_type = text_field(run, "run_type")
    given, output = json_value(run.get("inputs")), json_value(run.get("outputs"))
    told = (
        kind(KINDS.get(run_type, SpanKind.CHAIN)),
        went_in(given or None),
        search_output(output or None) if run_type == "retriever" else came_out(output or None),
        _model(run, extra) if run_type in ("llm", "embedding") else {},
        metadata(object_field(extra, "metadata")),
        {SpanAttributes.TAG_TAGS: list_field(run, "tags") or None},
    )
    rest = {name: value for name, value in run.items() if name not in READ and name != "tags"}
    rest["extra"] = {name: value for name, value in extra.items() if name != "metadata"}
    yield ExternalSpan(
        trace=text_field(run, "trace_id") or (above[0] if above else ""),
        id=id_field(run, "id"),
        parent=_parent(run, above),
        name=text_field(run, "name"),
        start=time_field(run, "start_time"),
        end=time_field(run, "end_time"),
        attributes=attributes_of(told, rest, "langsmith"),
        error=_error(run),
        service=text_field(run, "session_name"),
    )


def _above(run: Mapping[str, Any]) -> list[str]:
    """The ids of the runs from the root down to this one, as its dotted order says; empty if that cannot be read."""
    found = [PLACE.fullmatch(part) for part in text_field(run, "dotted_order").split(".")]
    return [match[1] for match in found if match] if all(found) else []


def _parent(run: Mapping[str, Any], above: list[str]) -> str:
    """The id of the run that this one is within; empty if there is none."""
    listed = list_field(run, "parent_run_ids")
    last = listed[-1] if listed else ""
    if not isinstance(last, str):
        raise ValueError(f"parent_run_ids: expected ids, got {short(last)}")
    return text_field(run, "parent_run_id") or (above[-2] if len(above) > 1 else last)


def _model(run: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The model of a call, and its tokens."""
    about, parameters = object_field(extra, "metadata"), object_field(extra, "invocation_params")
    names = (about.get("ls_model_name"), parameters.get("model"), parameters.get("model_name"))
    model = next((name for name in names if isinstance(name, str)), "")
    tokens = (count_field(run, f"{name}_tokens") for name in ("prompt", "completion", "total"))
    return model_use(model, *tokens)


def _error(run: Mapping[str, Any]) -> str | None:
    stated = text_field(run, "error")
    return stated or ("no reason given" if run.get("status") == "error" else None)


LANGSMITH = TraceFormat(
    name="langsmith",
    description="runs of LangSmith as JSON or JSON lines",
    recognises=_recognises,
    keys=("run_type", "trace_id", "parent_run_id", "dotted_order", "start_time", "end_time", "inputs", "outputs"),
    entries=_entries,
)
