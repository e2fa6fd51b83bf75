"""Read the log of an evaluation with Inspect AI: each sample is a run, and its events are the steps.

Rules kept here
- A sample is one run, whatever its epoch. It is named after the task, the sample's id and the epoch.
- Spans of the log contain the steps that name them. In older logs, begin and end of a step do.
- Model calls, tool calls, scores and other events are steps. Changes of state are not.
- Text that the log moved to its attachments, and messages that it moved to a pool, are put back.
- A sample without events has its messages: each of the assistant is a model call, each of a tool a tool call.
- A sample with an error has failed; so has a step with one. Scores are annotations, their values as recorded.

    INSPECT_AI.read(file, json_documents(file))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from openinference.semconv.trace import AnnotationAttributes, SpanAttributes

from evitrail.traces.external.attributes import flat
from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.json_documents import short
from evitrail.traces.external.trace_format import Entry, TraceFormat
from evitrail.traces.record import canonical_json, sha256
from evitrail.workbench.openinference.attributes import SpanKind, Told, came_out, kind, metadata, went_in
from evitrail.workbench.trace_formats.fields import (
    attributes_of,
    list_field,
    object_field,
    object_of,
    text_field,
    time_field,
)
from evitrail.workbench.trace_formats.inspect_ai_events import event_spans, message_spans, output_text, restored

READ = frozenset(
    {
        *("id", "epoch", "uuid", "input", "output", "messages", "events", "scores", "metadata", "error"),
        *("attachments", "events_data", "message_pool", "call_pool", "started_at", "completed_at", "store"),
        *("timelines", "error_retries"),
    }
)
"""Keys of a sample that become something else than an attribute of their own name."""


def _recognises(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and ("samples" in value or "plan" in value)


def _entries(log: Any) -> Iterator[Entry]:
    """The samples of a log."""
    if not _recognises(log):
        raise ValueError(f"expected a log with eval and samples, got {short(log)}")
    samples = list_field(log, "samples")
    if not samples:
        raise ValueError("expected a log with samples, got its header only; write the whole log, with samples")
    for number, sample in enumerate(samples):
        yield f"samples[{number}]", partial(_spans, log["eval"], sample)


def _spans(evaluation: Mapping[str, Any], raw: Any) -> Iterator[ExternalSpan]:
    sample = restored(object_of(raw, "a sample"))
    trace = _trace(evaluation, sample)
    root = _root(evaluation, sample, trace)
    inner = list(event_spans(sample, root) if sample.get("events") else message_spans(sample, root))
    times = [time for span in inner for time in (span.start, span.end) if time]
    yield root._replace(
        start=root.start or min(times, default=0),
        end=root.end or max(times, default=0),
    )
    yield from inner


def _trace(evaluation: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """The id of a sample: its own, or one made from the evaluation, the sample and the epoch."""
    if own := text_field(sample, "uuid"):
        return own
    if not isinstance(sample.get("id"), str | int):
        raise ValueError(f"id: expected a text or a number, got {short(sample.get('id'))}")
    evaluated = evaluation.get("eval_id") or evaluation.get("run_id") or evaluation.get("created")
    return sha256(canonical_json([evaluated, sample["id"], sample.get("epoch")]).encode())[7:39]


def _root(evaluation: Mapping[str, Any], sample: Mapping[str, Any], trace: str) -> ExternalSpan:
    """The span of the sample itself."""
    task, model = text_field(evaluation, "task"), text_field(evaluation, "model")
    output = object_field(sample, "output")
    about = {"task": task or None, "sample": sample.get("id"), "epoch": sample.get("epoch")}
    about |= {f"{name}": value for name, value in object_field(sample, "metadata").items()}
    told = (
        kind(SpanKind.AGENT),
        went_in(sample.get("input")),
        came_out(output_text(output)),
        metadata({name: value for name, value in about.items() if value is not None}),
        {SpanAttributes.LLM_MODEL_NAME: model or None},
        _scores(sample),
    )
    rest = {name: value for name, value in sample.items() if name not in READ}
    error = sample.get("error")
    return ExternalSpan(
        trace=trace,
        id=trace,
        parent="",
        name=task or "sample",
        start=time_field(sample, "started_at"),
        end=time_field(sample, "completed_at"),
        attributes=attributes_of(told, rest, "inspect_ai"),
        error=(text_field(object_of(error, "error"), "message") or "no reason given") if error is not None else None,
        service="",
        title=".".join(
            str(part) for part in (task or "sample", sample.get("id"), sample.get("epoch")) if part is not None
        ),
    )


def _scores(sample: Mapping[str, Any]) -> Told:
    """What each scorer said, as annotations."""
    rows = []
    for name, raw in object_field(sample, "scores").items():
        score = object_of(raw, f"scores.{name}")
        value = score.get("value")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        about = {key: said for key, said in score.items() if key not in ("value", "explanation") and said is not None}
        rows.append(
            {
                AnnotationAttributes.ANNOTATION_NAME: name,
                AnnotationAttributes.ANNOTATION_SCORE: value if number else None,
                AnnotationAttributes.ANNOTATION_LABEL: None if number or value is None else _label(value),
                AnnotationAttributes.ANNOTATION_EXPLANATION: text_field(score, "explanation") or None,
                AnnotationAttributes.ANNOTATION_METADATA: canonical_json(about) if about else None,
            }
        )
    return {**flat(SpanAttributes.ANNOTATIONS, rows)}


def _label(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


INSPECT_AI = TraceFormat(
    name="inspect-ai",
    description="a log of Inspect AI, .json or .eval",
    recognises=_recognises,
    keys=("eval", "plan", "samples", "results", "stats", "version", "status", "epoch", "scores", "events"),
    entries=_entries,
)
