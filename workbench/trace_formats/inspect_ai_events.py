"""The events and messages of one Inspect AI sample as spans.

Rules kept here
- An event is within the span that it names, or within the innermost step that is open; else within the sample.
- Events within an event, as older logs have them, are within its span.
- A call that is pending has no end. A span that never ended has the end of the last event within it.
- An id that the log does not give is the event's number: the same log has the same ids.

    event_spans(restored(sample), root)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openinference.semconv.trace import SpanAttributes

from evitrail.traces.external.external_span import ExternalSpan
from evitrail.traces.external.json_documents import short
from evitrail.workbench.openinference.attributes import SpanKind, came_out, kind, went_in
from evitrail.workbench.trace_formats.fields import (
    attributes_of,
    count_field,
    list_field,
    model_use,
    object_field,
    object_of,
    text_field,
    time_field,
)

BEGIN, END, STEP = "span_begin", "span_end", "step"
NO_STEP = frozenset({"sample_init", "state", "store", "branch", "anchor", "checkpoint"})
"""Events that say how the log came about, or how state changed."""
KINDS = {"model": SpanKind.LLM, "tool": SpanKind.TOOL, "score": SpanKind.EVALUATOR}
"""By the name of an event; every other is a CHAIN."""
OF_SPAN = {"agent": SpanKind.AGENT, "tool": SpanKind.TOOL, "scorer": SpanKind.EVALUATOR, "scorers": SpanKind.EVALUATOR}
"""By the type of a span; every other is a CHAIN."""
Meaning = tuple[Mapping[str, Any], ...]
"""What an event means, as attributes."""
ATTACHED = "attachment://"
COMMON = frozenset(
    {
        *("event", "uuid", "span_id", "id", "parent_id", "name", "timestamp", "completed", "error"),
        *("working_start", "working_time"),
    }
)
"""Fields that become something else than an attribute of their own name, or only measure the log."""
SAID = frozenset(
    {
        *("input", "input_refs", "output", "config", "arguments", "result", "function", "score", "target", "model"),
        *("call", "view", "events"),
    }
)
"""Fields of a call that say what it was given and what came of it; ``call`` says so again in a provider's form."""


def restored(sample: dict[str, Any]) -> dict[str, Any]:
    """The sample with attachments and pooled messages where they belong."""
    attached = object_field(sample, "attachments")
    whole: dict[str, Any] = _with_attachments({**sample, "attachments": None}, attached) if attached else sample
    data = object_field(whole, "events_data")
    pool = list_field(data, "messages") or list_field(whole, "message_pool")
    events = [_with_messages(event, pool) for event in _all_events(list_field(whole, "events"))]
    return {**whole, "events": events}


def event_spans(sample: Mapping[str, Any], root: ExternalSpan) -> Iterator[ExternalSpan]:
    """The spans of a sample's events, in order."""
    spans: dict[str, ExternalSpan] = {}
    open_steps: list[str] = []
    for number, event in enumerate(sample["events"]):
        name, at = text_field(event, "event"), time_field(event, "timestamp")
        own = f"{root.id}.{number}"
        within = text_field(event, "span_id") or (open_steps[-1] if open_steps else "")
        if name == BEGIN:
            own = text_field(event, "id") or text_field(event, "span_id") or own
            parent = text_field(event, "parent_id")
            spans[own] = _span(root, own, parent, event, _of_span(event), at, 0)
        elif name == STEP and event.get("action") == "begin":
            spans[own] = _span(root, own, within, event, _of_span(event), at, 0)
            open_steps.append(own)
        elif name in (END, STEP):
            ended = (text_field(event, "id") or within) if name == END else within
            if ended in spans:
                spans[ended] = spans[ended]._replace(end=at)
            open_steps = [step for step in open_steps if step != ended]
        elif name not in NO_STEP:
            own = text_field(event, "uuid") or own
            spans[own] = _span(root, own, within, event, _of_event(name, event), at, _end(event, at))
    yield from (span._replace(end=span.end or _last_end(span.id, spans)) for span in spans.values())


def message_spans(sample: Mapping[str, Any], root: ExternalSpan) -> Iterator[ExternalSpan]:
    """The spans of a sample that has messages only: what each call was given is all that was said before."""
    said: list[Any] = []
    for number, raw in enumerate(list_field(sample, "messages")):
        message = object_of(raw, f"messages[{number}]")
        role = text_field(message, "role")
        event = {"name": text_field(message, "function") or role, "error": message.get("error")}
        if role == "assistant":
            told: Meaning = (kind(SpanKind.LLM), went_in(list(said) or None), came_out(message))
            yield _span(root, f"{root.id}.{number}", "", event, told, 0, 0)
        elif role == "tool":
            yield _span(root, f"{root.id}.{number}", "", event, (kind(SpanKind.TOOL), came_out(message)), 0, 0)
        said.append(message)


def output_text(output: Mapping[str, Any]) -> Any:
    """What a model answered: the text of its first choice, else the choices; None if there is none."""
    choices = list_field(output, "choices")
    first = choices[0].get("message") if choices and isinstance(choices[0], dict) else None
    text = first.get("content") if isinstance(first, dict) else None
    return text if isinstance(text, str) and text and len(choices) == 1 else choices or output.get("completion") or None


def _stop_reason(output: Mapping[str, Any]) -> str | None:
    choices = list_field(output, "choices")
    first = choices[0] if choices and isinstance(choices[0], dict) else {}
    return text_field(first, "stop_reason") or None


def _span(
    root: ExternalSpan, id: str, parent: str, event: Mapping[str, Any], told: Meaning, start: int, end: int
) -> ExternalSpan:
    rest = {name: value for name, value in event.items() if name not in COMMON} if event.get("event") in KINDS else {}
    shown = {name: value for name, value in rest.items() if name not in SAID}
    return ExternalSpan(
        trace=root.trace,
        id=id,
        parent=parent or root.id,
        name=text_field(event, "name") or text_field(event, "function") or text_field(event, "event"),
        start=start,
        end=end,
        attributes=attributes_of(told, shown, "inspect_ai"),
        error=_error(event.get("error")),
        service="",
    )


def _of_span(event: Mapping[str, Any]) -> Meaning:
    return (kind(OF_SPAN.get(text_field(event, "type"), SpanKind.CHAIN)),)


def _of_event(name: str, event: Mapping[str, Any]) -> Meaning:
    """What an event means."""
    told = kind(KINDS.get(name, SpanKind.CHAIN))
    if name == "model":
        output = object_field(event, "output")
        usage = object_field(output, "usage")
        tokens = (count_field(usage, f"{one}_tokens") for one in ("input", "output", "total"))
        use = model_use(text_field(event, "model") or text_field(output, "model"), *tokens)
        more = {
            name: value for name, value in output.items() if name not in ("choices", "completion", "model") and value
        }
        parameters = {
            SpanAttributes.LLM_INVOCATION_PARAMETERS: object_field(event, "config") or None,
            SpanAttributes.LLM_FINISH_REASON: _stop_reason(output),
            "inspect_ai.output": more or None,
        }
        return told, went_in(event.get("input") or None), came_out(output_text(output)), use, parameters
    if name == "tool":
        tool = {SpanAttributes.TOOL_NAME: text_field(event, "function") or None}
        return told, went_in(event.get("arguments")), came_out(event.get("result")), tool
    if name == "score":
        return told, went_in(event.get("target")), came_out(event.get("score"))
    rest = {key: value for key, value in event.items() if key not in COMMON and value is not None}
    return told, came_out(rest or None)


def _end(event: Mapping[str, Any], began: int) -> int:
    """When an event was over: a call when it was completed, any other at once."""
    if event.get("pending") is True:
        return 0
    return time_field(event, "completed") or began


def _error(error: Any) -> str | None:
    """Why an event failed: a text, or an object with a message."""
    if error is None:
        return None
    message = error.get("message") if isinstance(error, dict) else error
    if not isinstance(message, str):
        raise ValueError(f"error: expected a text or an object with a message, got {short(error)}")
    return message or "no reason given"


def _last_end(id: str, spans: Mapping[str, ExternalSpan]) -> int:
    return max((span.end for span in spans.values() if span.parent == id), default=0)


def _with_attachments(value: Any, attached: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith(ATTACHED):
        return attached.get(value.removeprefix(ATTACHED), value)
    if isinstance(value, list):
        return [_with_attachments(item, attached) for item in value]
    if isinstance(value, dict):
        return {name: _with_attachments(item, attached) for name, item in value.items()}
    return value


def _all_events(events: list[Any], within: str = "") -> Iterator[dict[str, Any]]:
    """The events, each followed by those that older logs hold within it."""
    for number, raw in enumerate(events):
        event = object_of(raw, "an event")
        inner = list_field(event, "events")
        own = text_field(event, "uuid") or (f"{within}event.{number}" if inner else "")
        yield {**event, **({"uuid": own} if own else {}), "span_id": event.get("span_id") or within or None}
        yield from _all_events(inner, own)


def _with_messages(event: dict[str, Any], pool: list[Any]) -> dict[str, Any]:
    """An event whose input is a list of ranges in the pool, with the messages themselves."""
    refs = event.get("input_refs")
    if not refs:
        return event
    pairs = [pair for pair in refs if isinstance(pair, list) and [type(one) for one in pair] == [int, int]]
    if not isinstance(refs, list) or len(pairs) < len(refs) or any(not 0 <= a <= b <= len(pool) for a, b in pairs):
        raise ValueError(f"input_refs: expected ranges within {len(pool)} pooled messages, got {short(refs)}")
    return {**event, "input": [message for start, end in pairs for message in pool[start:end]]}
