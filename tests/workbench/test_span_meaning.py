"""What the attributes and events of a span mean: messages, documents and kinds, in every form they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from external_traces import ANSWER, QUESTION, SAID, USER
from hypothesis import given
from hypothesis import strategies as st

from evitrail.workbench.openinference.attributes import describe_again
from evitrail.workbench.openinference.reading import understand


def event(name: str, **attributes: Any) -> dict[str, Any]:
    return {
        f"otel.events.{len(name)}.event.name": name,
        f"otel.events.{len(name)}.event.attributes": json.dumps(attributes),
    }


MESSAGES = [{"message.role": "user", "message.content": QUESTION}]
ANSWERS = [{"message.role": "assistant", "message.content": ANSWER}]
PARTS = [{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}]


@pytest.mark.parametrize(
    "attributes",
    [
        {"llm.input_messages": json.dumps(MESSAGES), "llm.output_messages": json.dumps(ANSWERS)},
        {"llm.input_messages": json.dumps([{"message": USER}]), "llm.output_messages": json.dumps([{"message": SAID}])},
        {"llm.input_messages": [USER], "llm.output_messages": [json.dumps(SAID)]},
        {"gen_ai.input.messages": json.dumps(PARTS), "gen_ai.output.messages": json.dumps([SAID])},
        {"gen_ai.input.messages": PARTS, "gen_ai.output.messages": [SAID]},
        {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": QUESTION,
         "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": ANSWER},
        {"gen_ai.prompt": json.dumps([USER]), "gen_ai.completion": json.dumps([SAID])},
        event("gen_ai.user.message", content=QUESTION) | event("gen_ai.choice", index=0, message=json.dumps(SAID)),
        event("gen_ai.user.message", **{"gen_ai.event.content": json.dumps({"content": QUESTION})})
        | event("gen_ai.choice", **{"gen_ai.event.content": json.dumps({"message": SAID})}),
        event("gen_ai.client.inference.operation.details",
              **{"gen_ai.input.messages": json.dumps(PARTS), "gen_ai.output.messages": [SAID]}),
    ],
)  # fmt: skip
def test_messages_are_read_in_every_generation_of_attributes_and_events(attributes: dict[str, Any]) -> None:
    meant = understand({**attributes, "gen_ai.request.model": "tiny"})
    for value, row in ((meant.given, MESSAGES[0]), (meant.output, ANSWERS[0])):
        assert value["value"] is None
        assert [{name: message.get(name) for name in row} for message in value["messages"]] == [row]
    assert meant.kind == "llm"
    assert "gen_ai.request.model" in meant.rest
    assert not {name for name in meant.rest if name.startswith("llm.") or "messages" in name or ".0." in name}


@pytest.mark.parametrize(
    "value",
    [
        '[{"document.id": "d1", "document.content": "Heparin."}]',
        '[{"document": {"id": "d1", "content": "Heparin."}}]',
        '[{"id": "d1", "page_content": "Heparin."}]',
        [{"id": "d1", "text": "Heparin."}],
        ['{"id": "d1", "content": "Heparin."}'],
    ],
)
@pytest.mark.parametrize("name", ["retrieval.documents", "reranker.output_documents", "gen_ai.retrieval.documents"])
def test_documents_in_one_value_are_read_like_numbered_ones(name: str, value: Any) -> None:
    meant = understand({name: value})
    assert (meant.documents, dict(meant.rest)) == ([{"id": "d1", "content": "Heparin."}], {})


@pytest.mark.parametrize("value", ["not JSON", "5", "[1, 2]", "[]", "", 5, "[" * 500, '[{"a": 1, "a": 2}]'])
def test_what_is_no_list_of_documents_or_messages_stays_as_it_was_told(value: Any) -> None:
    attributes = {"retrieval.documents": value, "llm.input_messages": value, "gen_ai.retrieval.documents": value}
    assert dict(understand(attributes).rest) == attributes


def test_parts_that_are_more_than_text_are_kept_whole_and_tool_calls_are_numbered() -> None:
    parts = [
        {"type": "text", "content": "Let me look."},
        {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"query": "heparin"}},
    ]
    meant = understand({"gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts}])})
    (message,) = meant.output["messages"]
    assert message["message.content"] == "Let me look."
    assert message["message.tool_calls.0.tool_call.function.name"] == "search"
    assert json.loads(message["message.tool_calls.0.tool_call.function.arguments"]) == {"query": "heparin"}
    assert json.loads(message["message.parts"]) == parts


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("chat", "llm"), ("execute_tool", "tool"), ("retrieval", "retriever"), ("invoke_agent", "agent"), ("own", "own")],
)
def test_the_operation_says_the_kind_of_step_unless_openinference_does(operation: str, kind: str) -> None:
    assert understand({"gen_ai.operation.name": operation}).kind == kind
    assert understand({"gen_ai.operation.name": operation, "openinference.span.kind": "CHAIN"}).kind == "chain"


texts = st.sampled_from(
    [
        *("", "text", "5", "[]", "{}", '{"a": [1, "b"]}', '[{"id": "d", "text": "t"}]', '[{"role": "user"}]'),
        *("application/json", '"quoted"', "null", "1e400", "é"),
    ]
)
plain = texts | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
carriable = plain | st.lists(texts, max_size=3) | st.lists(st.integers(-9, 9), max_size=3)
keys = st.sampled_from(
    [
        *("input.value", "input.mime_type", "output.value", "output.mime_type", "openinference.span.kind", "metadata"),
        *("llm.input_messages", "llm.input_messages.0.message.role", "llm.output_messages.3.message.content"),
        *("retrieval.documents", "retrieval.documents.0.document.id", "retrieval.documents.1.document.score", "other"),
        *("gen_ai.prompt", "gen_ai.prompt.0.content", "gen_ai.output.messages", "gen_ai.tool.call.result"),
        *("gen_ai.retrieval.documents", "gen_ai.system_instructions", "gen_ai.operation.name", "llm.input_messages.x"),
        *("otel.events.0.event.name", "otel.events.0.event.attributes", "reranker.output_documents.0.document.content"),
    ]
)


@given(st.dictionaries(keys, carriable, max_size=8))
def test_whatever_a_span_says_is_said_again_when_it_is_exported(attributes: dict[str, Any]) -> None:
    meant = understand(attributes)
    output = {"value": meant.output, "documents": list(meant.documents) or None}
    again = describe_again(
        {"kind": "x", "value": {name: value for name, value in output.items() if value is not None}},
        {
            role: {"kind": "x", "value": value}
            for role, value in (("input", meant.given), ("attributes", dict(meant.rest)))
            if value is not None
        },
    )
    read = understand({name: value for name, value in again.items() if value is not None})
    assert (read.given, read.output, list(read.documents)) == (meant.given, meant.output, list(meant.documents))
    assert dict(read.rest) == dict(meant.rest)
