"""Read the attributes and events of OpenTelemetry's conventions for generative AI (``gen_ai.*``).

Rules kept here
- Three generations are read: messages as one attribute (``gen_ai.input.messages``), numbered attributes
  (``gen_ai.prompt.0.content``), and span events (``gen_ai.user.message``, ``gen_ai.choice``).
- A message has the fields that OpenInference gives it. Parts that are more than text are kept whole, as JSON.
- Model, token counts, finish reasons and all else stay attributes under their own names. Events stay as well.

    gen_ai.given(attributes, used)

The names are spelled here: OpenTelemetry's package has them only in a part that it may change at any time, and has
none of the older ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openinference.semconv.trace import MessageAttributes, ToolCallAttributes

from evitrail.traces.external.attributes import PLACE, rows
from evitrail.traces.external.otlp_format import EVENTS
from evitrail.traces.record import canonical_json
from evitrail.workbench.openinference.attributes import DOCUMENT, MESSAGE
from evitrail.workbench.openinference.listed import Row, decoded, listed

OPERATIONS = {
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "embeddings": "embedding",
    "execute_tool": "tool",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "invoke_workflow": "chain",
    "retrieval": "retriever",
}
"""The kind of a step, by ``gen_ai.operation.name``; another operation is a kind of its own."""
OF_A_MODEL = ("gen_ai.request.model", "gen_ai.response.model")
INSTRUCTIONS, INPUT, OUTPUT = "gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"
PROMPT, COMPLETION = "gen_ai.prompt", "gen_ai.completion"
"""Older names: followed by numbers, or with all messages as one text."""
GIVEN_VALUES = ("gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text", "traceloop.entity.input")
OUTPUT_VALUES = ("gen_ai.tool.call.result", "traceloop.entity.output")
RETRIEVED = "gen_ai.retrieval.documents"
ASKED = tuple(f"gen_ai.{role}.message" for role in ("system", "user", "assistant", "tool"))
"""Events, one for each message that a model is given."""
CHOICE = "gen_ai.choice"
"""An event, one for each answer of a model."""
DETAILS = ("gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "gen_ai.content.completion")
"""Events that carry attributes of the span."""
BODY = "gen_ai.event.content"
"""The attribute of an event in which some libraries put all others, as JSON."""


def kind(attributes: Mapping[str, Any]) -> str | None:
    """What kind of step a span is; None if it names no operation and no model."""
    operation = attributes.get("gen_ai.operation.name")
    if isinstance(operation, str) and operation:
        return OPERATIONS.get(operation, operation)
    return "llm" if any(name in attributes for name in OF_A_MODEL) else None


def given(attributes: Mapping[str, Any], used: set[str]) -> Any:
    """What the step was given: messages, a tool's arguments, or a query."""
    value = _value(attributes, used, GIVEN_VALUES)
    messages = _messages(attributes, used, INSTRUCTIONS, "system") + _messages(attributes, used, INPUT)
    messages = messages or _numbered(attributes, used, PROMPT) or _messages(attributes, used, PROMPT)
    messages = messages or [_of_event(name, body) for name, body in _events(attributes) if name in ASKED]
    return {"value": value, "messages": messages} if messages else value


def output(attributes: Mapping[str, Any], used: set[str]) -> Any:
    """What came of the step: messages, or a tool's result."""
    value = _value(attributes, used, OUTPUT_VALUES)
    messages = _messages(attributes, used, OUTPUT)
    messages = messages or _numbered(attributes, used, COMPLETION) or _messages(attributes, used, COMPLETION)
    messages = messages or [_of_event(name, body) for name, body in _events(attributes) if name == CHOICE]
    return {"value": value, "messages": messages} if messages else value


def documents(attributes: Mapping[str, Any], used: set[str]) -> list[Row]:
    """The documents that a search found."""
    found = listed(attributes.get(RETRIEVED), DOCUMENT)
    if found is not None:
        used.add(RETRIEVED)
    return found or []


def _value(attributes: Mapping[str, Any], used: set[str], names: tuple[str, ...]) -> Any:
    """The first of the values that the span has; the JSON text of an object or a list is that object or list."""
    name = next((one for one in names if one in attributes), None)
    if name is None:
        return None
    used.add(name)
    value = decoded(attributes[name])
    return value if isinstance(value, dict | list) else attributes[name]


def _messages(attributes: Mapping[str, Any], used: set[str], name: str, role: str | None = None) -> list[Row]:
    """The messages that are the value of one attribute, of the span or of an event that carries it."""
    carried = [body[name] for event, body in _events(attributes) if event in DETAILS and name in body]
    value = attributes.get(name, carried[0] if carried else None)
    found = decoded(value) if isinstance(value, str) else value
    parts = isinstance(found, list) and role is not None and all(isinstance(one, dict) for one in found)
    items = [{"role": role, "parts": found}] if parts else found
    messages = listed([_in_one_form(item) for item in items], MESSAGE) if isinstance(items, list) else None
    if messages is None and isinstance(value, str) and value:
        messages = [{MessageAttributes.MESSAGE_CONTENT: value}]
        messages = [{MessageAttributes.MESSAGE_ROLE: role, **messages[0]}] if role else messages
    if messages is not None:
        used.add(name)
    return messages or []


def _numbered(attributes: Mapping[str, Any], used: set[str], name: str) -> list[Row]:
    """The messages of numbered attributes."""
    found = rows(attributes, name)
    used |= {key for key in attributes if key.startswith(f"{name}.") and PLACE.fullmatch(key, len(name) + 1)}
    return [{f"{MESSAGE}{field}": value for field, value in row.items()} for row in found]


def _events(attributes: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the fields of each event of the span."""
    for row in rows(attributes, EVENTS):
        body = decoded(row.get("event.attributes")) or {}
        whole = decoded(body.get(BODY)) if isinstance(body, dict) else None
        yield str(row.get("event.name")), {**body, **whole} if isinstance(whole, dict) else body


def _of_event(name: str, body: Mapping[str, Any]) -> Row:
    """The message of one event."""
    inner = body.get("message")
    message = decoded(inner) if isinstance(inner, str) else inner
    fields = {k: v for k, v in body.items() if k != "message" and not k.startswith("gen_ai.")}
    fields |= message if isinstance(message, dict) else {} if inner is None else {"content": inner}
    role = "assistant" if name == CHOICE else name.split(".")[1]
    row = listed([{"role": role, **fields}], MESSAGE)
    return row[0] if row else {}


def _in_one_form(item: Any) -> Any:
    """A message without parts: its texts as content, its tool calls numbered, and other parts whole."""
    if not isinstance(item, dict) or not isinstance(item.get("parts"), list):
        return item
    parts = [part if isinstance(part, dict) else {"type": "text", "content": part} for part in item["parts"]]
    texts = [part["content"] for part in parts if part.get("type") == "text" and isinstance(part.get("content"), str)]
    calls = [part for part in parts if part.get("type") == "tool_call"]
    row = {name: value for name, value in item.items() if name != "parts"}
    if texts:
        row["content"] = "\n".join(texts)
    for number, call in enumerate(calls):
        at = f"{MessageAttributes.MESSAGE_TOOL_CALLS}.{number}"
        row[f"{at}.{ToolCallAttributes.TOOL_CALL_ID}"] = call.get("id")
        row[f"{at}.{ToolCallAttributes.TOOL_CALL_FUNCTION_NAME}"] = call.get("name")
        row[f"{at}.{ToolCallAttributes.TOOL_CALL_FUNCTION_ARGUMENTS_JSON}"] = call.get("arguments")
    if len(texts) < len(parts):
        row["parts"] = canonical_json(parts)
    return row
