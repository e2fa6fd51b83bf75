"""What a server refuses of a request is sent otherwise, told once, and stands in the record of the call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from talking import Said, Server, chat, failed, prompt, talking

from evitrail.agent.llm import Completion, LLMError, recorded
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.traces import Journal, Live, Record, Trace, Verify

SAYS = {
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "temperature": "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
    "supported.",
    "n": "Unsupported value: 'n' does not support 5 with this model. Only the default (1) value is supported.",
    "seed": "Unknown parameter: 'seed'.",
    "logprobs": "Unsupported parameter: 'logprobs' is not supported with this model.",
    "structured_outputs": "Unrecognized request argument supplied: structured_outputs",
}


class Config(Record, stored_as="Config"):
    name: str = "any"


def refusing(*names: str, form: str = "openai") -> Callable[[Any], Said | None]:
    """Refuses the first of these parameters that a request has: as OpenAI does, in words alone, or as FastAPI does."""

    def refusal(body: Any) -> Said | None:
        name = next((name for name in names if name in (body or {})), None)
        if name is None:
            return None
        if form == "fastapi":
            detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]
            return Said(422, json.dumps({"detail": detail}))
        param = name if form == "openai" else None
        return Said(
            400, json.dumps({"error": {"message": SAYS[name], "type": "invalid_request_error", "param": param}})
        )

    return refusal


@pytest.fixture
def server() -> Iterator[Server]:
    with talking() as made:
        made.says(chat("B"))
        yield made


@pytest.fixture
def llm(server: Server) -> OpenAILLM:
    return OpenAILLM("ward", server.url, waits=())


@pytest.mark.parametrize("form", ["openai", "fastapi", "words"])
def test_a_reasoning_model_of_openais_kind_is_asked_as_it_wants_to_be(
    server: Server, llm: OpenAILLM, form: str
) -> None:
    names = ("max_tokens", "temperature", "n", "seed", "logprobs", "structured_outputs")
    server.refusal = refusing(*names, form=form)
    with structlog.testing.capture_logs() as logs:
        said = llm.complete(prompt(max_tokens=50, n=1, seed=3, logprobs=5, choices=("A", "B")))
        assert llm.complete(prompt(max_tokens=50)).texts == ("B",)
    assert said.texts == ("B",)
    messages = [{"role": "user", "content": "Which?"}]
    assert server.bodies()[-2:] == [{"model": "ward", "messages": messages, "max_completion_tokens": 50}] * 2
    assert said.sent_as == {
        "max_tokens": "max_completion_tokens",
        **dict.fromkeys(("temperature", "n", "seed", "logprobs", "top_logprobs", "structured_outputs")),
    }
    told = [line["so"] for line in logs if line["event"] == "the server refuses a parameter"]
    assert told[0] == "max_tokens is sent as max_completion_tokens from here on"
    assert told[1] == "temperature is not sent from here on"
    assert len(told) == 6, "each once"


def test_a_server_that_takes_everything_leaves_the_record_as_it_was(llm: OpenAILLM) -> None:
    said = llm.complete(prompt())
    assert said.sent_as == {}
    assert "sent_as" not in said.model_dump()


def test_samples_of_a_server_that_refuses_several_answers_are_asked_for_one_by_one(
    server: Server, llm: OpenAILLM
) -> None:
    server.refusal = refusing("n")
    said = llm.complete(prompt(n=3, temperature=0.7, seed=40))
    assert said.texts == ("B",) * 3
    assert [body["seed"] for body in server.bodies()[1:]] == [40, 41, 42]
    assert said.sent_as == {"n": None}


def test_what_cannot_be_sent_otherwise_is_refused_in_one_line(server: Server, llm: OpenAILLM) -> None:
    server.says(failed(400, "'max_completion_tokens' is not supported: 'max_tokens' is unsupported too"))
    with pytest.raises(LLMError, match="correct what it complains of") as told:
        llm.complete(prompt())
    assert "\n" not in str(told.value)
    assert len(server.bodies()) <= 4
    server.says(failed(400, "temperature must be between 0 and 2"))
    with pytest.raises(LLMError, match="between 0 and 2"):
        OpenAILLM("ward", server.url, waits=()).complete(prompt())


def test_many_threads_learn_it_together_and_it_is_told_once(server: Server, llm: OpenAILLM) -> None:
    server.refusal = refusing("max_tokens", "temperature")
    with structlog.testing.capture_logs() as logs, ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda number: llm.complete(prompt(seed=number)), range(48)))
    assert {one.texts for one in said} == {("B",)}
    assert {tuple(one.sent_as.items()) for one in said} == {
        (("max_tokens", "max_completion_tokens"), ("temperature", None))
    }
    assert len(logs) == 2


def test_a_recorded_call_says_how_it_was_sent_and_is_verified_without_asking(
    server: Server, llm: OpenAILLM, tmp_path: Path
) -> None:
    server.refusal = refusing("max_tokens")
    with Journal.open(tmp_path / "journal.db") as journal:
        run = Live.begin(journal, "one", Config())
        run.end(recorded(llm, run).complete(prompt()))
        (call,) = Trace(journal, "one").activities
        kept = journal.get(call.output, Completion)
        assert kept.sent_as == {"max_tokens": "max_completion_tokens"}
        asked = len(server.bodies())
        verify = Verify(journal, "one")
        assert recorded(llm, verify).complete(prompt()) == kept
        assert {checked.verdict for checked in verify.finish()} == {"reused"}
        assert len(server.bodies()) == asked
