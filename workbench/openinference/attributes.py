"""Write OpenInference's attributes.

Rules kept here
- Every name is taken from OpenInference's own package; none is spelled here.
- What it has no name for goes into its ``metadata``, as JSON, or is kept under the name it came with.
- A value that a span cannot carry is written as JSON, and its MIME type says so.

    attributes = kind(SpanKind.RETRIEVER) | went_in(query) | documents([document("a@1#0", "…", 0.5, {"rank": 1})])

They are read by ``reading.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openinference.semconv.resource import ResourceAttributes
from openinference.semconv.trace import (
    AnnotationAttributes,
    DocumentAttributes,
    MessageAttributes,
    OpenInferenceAnnotatorKindValues,
    OpenInferenceMimeTypeValues,
    RerankerAttributes,
    SpanAttributes,
)
from openinference.semconv.trace import OpenInferenceSpanKindValues as SpanKind

from evitrail.traces.external.attributes import Value, flat
from evitrail.traces.record import canonical_json

__all__ = [
    "SpanKind",
    "Told",
    "agent",
    "came_out",
    "carried",
    "describe_again",
    "document",
    "documents",
    "kind",
    "metadata",
    "model_call",
    "of_project",
    "verdicts",
    "went_in",
]

Told = dict[str, Value | None]
"""Attributes; None stands for what is not known, and is left out."""
JSON = OpenInferenceMimeTypeValues.JSON.value
GIVEN = (SpanAttributes.INPUT_VALUE, SpanAttributes.LLM_INPUT_MESSAGES, SpanAttributes.INPUT_MIME_TYPE)
OUTPUT = (SpanAttributes.OUTPUT_VALUE, SpanAttributes.LLM_OUTPUT_MESSAGES, SpanAttributes.OUTPUT_MIME_TYPE)
"""A value, the messages that say the same more exactly, and the form of the value."""
MESSAGE, DOCUMENT = "message.", "document."
"""What the names of a message's and of a document's fields begin with."""
DOCUMENTS = (SpanAttributes.RETRIEVAL_DOCUMENTS, RerankerAttributes.RERANKER_OUTPUT_DOCUMENTS)
FIELDS = {
    DocumentAttributes.DOCUMENT_ID: "id",
    DocumentAttributes.DOCUMENT_CONTENT: "content",
    DocumentAttributes.DOCUMENT_SCORE: "score",
    DocumentAttributes.DOCUMENT_METADATA: "metadata",
}
"""What we call a document's fields."""


def of_project(name: str) -> dict[str, Value]:
    """What a viewer files a run under; an attribute of the resource, not of a span."""
    return {ResourceAttributes.PROJECT_NAME: name}


def kind(span_kind: SpanKind) -> Told:
    return {SpanAttributes.OPENINFERENCE_SPAN_KIND: span_kind.value}


def agent(name: str, session: str | None = None, tags: Sequence[str] = ()) -> Told:
    """Who worked; runs of one session are shown together."""
    told = {SpanAttributes.AGENT_NAME: name, SpanAttributes.SESSION_ID: session, SpanAttributes.TAG_TAGS: tuple(tags)}
    return kind(SpanKind.AGENT) | told


def went_in(value: Any) -> Told:
    return _json_attribute(value, SpanAttributes.INPUT_VALUE, SpanAttributes.INPUT_MIME_TYPE)


def came_out(value: Any) -> Told:
    return _json_attribute(value, SpanAttributes.OUTPUT_VALUE, SpanAttributes.OUTPUT_MIME_TYPE)


def metadata(about: Mapping[str, Any]) -> Told:
    """What has no attribute of its own."""
    return {SpanAttributes.METADATA: canonical_json(dict(about)) if about else None}


def document(id: str, content: str, score: float | str | None, about: Mapping[str, Any]) -> Told:
    """A passage that was found."""
    values = {"id": id, "content": content, "score": score, "metadata": canonical_json(dict(about))}
    return {name: values[field] for name, field in FIELDS.items()}


def documents(found: Iterable[Told]) -> Told:
    """What was found, best first."""
    return {**flat(SpanAttributes.RETRIEVAL_DOCUMENTS, found)}


def model_call(
    model: str,
    given: Iterable[tuple[str, str]],
    said: Iterable[str],
    parameters: Mapping[str, Any],
    finish_reason: str | None,
    tokens: tuple[int | None, int | None],
) -> Told:
    """A call to a language model: messages by role, texts, and tokens of prompt and completion."""
    prompt, completion = tokens
    return {
        SpanAttributes.LLM_MODEL_NAME: model,
        SpanAttributes.LLM_INVOCATION_PARAMETERS: canonical_json(dict(parameters)),
        SpanAttributes.LLM_FINISH_REASON: finish_reason,
        SpanAttributes.LLM_TOKEN_COUNT_PROMPT: prompt,
        SpanAttributes.LLM_TOKEN_COUNT_COMPLETION: completion,
        SpanAttributes.LLM_TOKEN_COUNT_TOTAL: None if prompt is None or completion is None else prompt + completion,
        **flat(SpanAttributes.LLM_INPUT_MESSAGES, (_message(role, text) for role, text in given)),
        **flat(SpanAttributes.LLM_OUTPUT_MESSAGES, (_message("assistant", text) for text in said)),
    }


def verdicts(stated: Iterable[tuple[str, str, str, Mapping[str, Any]]]) -> Told:
    """Verdicts that code came to: name, label, explanation, and what else is known."""
    given = (
        {
            AnnotationAttributes.ANNOTATION_NAME: name,
            AnnotationAttributes.ANNOTATION_LABEL: label,
            AnnotationAttributes.ANNOTATION_EXPLANATION: why,
            AnnotationAttributes.ANNOTATION_ANNOTATOR_KIND: OpenInferenceAnnotatorKindValues.CODE.value,
            AnnotationAttributes.ANNOTATION_METADATA: canonical_json(dict(about)),
        }
        for name, label, why, about in stated
    )
    return {**flat(SpanAttributes.ANNOTATIONS, given)}


def describe_again(output: Mapping[str, Any], inputs: Mapping[str, Any]) -> Told:
    """The attributes that a span was imported with, from the values it became."""
    said = {role: body["value"] for role, body in inputs.items() if role in ("input", "attributes")}
    names = {field: name for name, field in FIELDS.items()}
    found = [{names.get(field, field): v for field, v in row.items()} for row in output["value"].get("documents", ())]
    again = {
        **said.get("attributes", {}),
        **_write(said.get("input"), *GIVEN),
        **_write(output["value"].get("value"), *OUTPUT),
        **flat(SpanAttributes.RETRIEVAL_DOCUMENTS, found),
    }
    return carried(again)


def carried(told: Mapping[str, Any]) -> Told:
    """Values of any kind, as a span can carry them."""
    return {name: _value(value) for name, value in told.items() if value is not None}


def _json_attribute(value: Any, name: str, mime: str) -> Told:
    if value is None or isinstance(value, str):
        return {name: value}
    return {name: canonical_json(value), mime: JSON}


def _message(role: str, text: str) -> Told:
    return {MessageAttributes.MESSAGE_ROLE: role, MessageAttributes.MESSAGE_CONTENT: text}


def _write(told: Any, value: str, messages: str, mime: str) -> dict[str, Any]:
    rows = told["messages"] if is_conversation(told) else []
    inner = told["value"] if rows else told
    carried_as_it_is = inner is None or _value(inner) is inner
    return {**({value: inner} if carried_as_it_is else _json_attribute(inner, value, mime)), **flat(messages, rows)}


def is_conversation(told: Any) -> bool:
    """Whether a value was made of messages: they, and the value that was told beside them."""
    if not isinstance(told, dict) or told.keys() != {"value", "messages"} or not isinstance(told["messages"], list):
        return False
    return bool(told["messages"]) and all(isinstance(one, dict) and _of_message(one) for one in told["messages"])


def _of_message(row: Mapping[str, Any]) -> bool:
    return all(name.startswith(MESSAGE) for name in row)


def _value(told: Any) -> Value:
    """As a span can carry it: plain, a list of one plain type, or else JSON."""
    alike = isinstance(told, list) and len({type(one) for one in told}) <= 1
    if _is_plain(told) or (alike and all(map(_is_plain, told))):
        plain: Value = told
        return plain
    return canonical_json(told)


def _is_plain(told: Any) -> bool:
    """Whether a span can carry this value; its integers have 64 bits."""
    return isinstance(told, (str, bool, float)) or (isinstance(told, int) and -(2**63) <= told < 2**63)
