"""What goes wrong on the way to a model server, each fault made by a real HTTP server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from talking import Said, Server, chat, failed, models, prompt, talking

from evitrail.agent.llm import Completion, DoesNotFit, LLMError, Unreachable
from evitrail.agent.llm.server.openai import OpenAILLM

SOON = (0.01, 0.02)
SECRET = "sk-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("EVITRAIL_LLM_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with talking() as made:
        yield made


@pytest.fixture
def llm(server: Server) -> OpenAILLM:
    return OpenAILLM("ward", server.url, waits=SOON)


def raised(call: Callable[[], object], kind: type[LLMError] = LLMError) -> str:
    with pytest.raises(LLMError) as caught:
        call()
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_server_that_is_busy_for_a_while_is_asked_again(server: Server, llm: OpenAILLM) -> None:
    server.says(failed(500), failed(429), chat("B"))
    assert llm.complete(prompt()) == Completion(
        texts=("B",), finish_reasons=("stop",), prompt_tokens=5, completion_tokens=2, model="ward"
    )
    assert len(server.asked) == 3
    assert server.bodies()[0] == server.bodies()[2]


def test_a_server_that_says_how_long_to_wait_is_heeded(server: Server, llm: OpenAILLM) -> None:
    server.says(failed(429, Retry_After="0.4"), chat("B"))
    assert llm.complete(prompt()).texts == ("B",)
    (first, *_), (second, *_) = server.asked
    assert second - first >= 0.4


def test_a_date_to_come_back_at_is_read_by_the_servers_own_clock(server: Server, llm: OpenAILLM) -> None:
    dates = {"Date": "Mon, 02 Jan 2017 10:00:00 GMT", "Retry-After": "Mon, 02 Jan 2017 10:02:00 GMT"}
    server.says(Said(503, "{}", dates))
    said = raised(lambda: llm.complete(prompt()), Unreachable)
    assert "it asks for 120 s, and we wait 60 s at most" in said
    assert len(server.asked) == 1


def test_a_server_that_stays_broken_is_given_up_after_the_tries_that_were_stated(
    server: Server, llm: OpenAILLM
) -> None:
    server.says(failed(500, "CUDA out of memory"))
    said = raised(lambda: llm.complete(prompt()), Unreachable)
    assert server.url in said
    assert "500 (CUDA out of memory)" in said
    assert len(server.asked) == 1 + len(SOON)


def test_nobody_there_is_told_with_what_to_do(llm: OpenAILLM) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        said = raised(lambda: OpenAILLM("ward", url, waits=SOON).complete(prompt()), Unreachable)
    assert url in said
    assert "refused', 3 times; start it (`vllm serve MODEL`) or correct the address" in said


def test_an_answer_that_does_not_come_is_waited_for_only_so_long(server: Server) -> None:
    server.says(Said(after=2.0))
    llm = OpenAILLM("ward", server.url, timeout=0.2, waits=(0.01,))
    assert "nothing for 0.2 s', 2 times" in raised(lambda: llm.complete(prompt()), Unreachable)
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422, 501])
def test_what_will_not_be_otherwise_is_not_asked_again(server: Server, llm: OpenAILLM, status: int) -> None:
    server.says(failed(status))
    with pytest.raises(LLMError):
        llm.complete(prompt())
    assert len(server.bodies()) == 1


def test_a_page_in_place_of_an_answer_is_no_model_server(server: Server, llm: OpenAILLM) -> None:
    page = "<html><body>Welcome to the hospital</body></html>"
    server.says(Said(200, page, {"Content-Type": "text/html"}))
    said = raised(lambda: llm.complete(prompt()))
    assert "expected a server with OpenAI's API, got '<html>" in said
    server.says(Said(404, page, {"Content-Type": "text/html"}))
    assert "got no list of its models" in raised(lambda: llm.complete(prompt()))


@pytest.mark.parametrize("body", ["", "{", "null", "[]", "3", '{"choices": []}', '{"choices": [{"message": "B"}]}'])
def test_an_answer_that_is_no_completion_is_refused_in_one_line(server: Server, llm: OpenAILLM, body: str) -> None:
    server.says(Said(body=body))
    assert "expected a server with OpenAI's API" in raised(lambda: llm.complete(prompt()))


def test_a_key_is_sent_and_never_shown(server: Server, llm: OpenAILLM, monkeypatch: pytest.MonkeyPatch) -> None:
    server.says(failed(401, f"Incorrect API key provided: {SECRET}"))
    raised(lambda: llm.complete(prompt()))
    assert server.asked[-1][3] == "Bearer none"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    raised(lambda: OpenAILLM("ward", server.url).complete(prompt()))
    assert server.asked[-1][3] == "Bearer none", "this is not OpenAI's server"
    monkeypatch.setenv("EVITRAIL_LLM_KEY", SECRET)
    keyed = OpenAILLM("ward", server.url)
    said = raised(lambda: keyed.complete(prompt()))
    assert server.asked[-1][3] == f"Bearer {SECRET}"
    assert "give its key in EVITRAIL_LLM_KEY" in said
    assert SECRET not in said + repr(keyed) + str(vars(keyed))


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        "the request exceeds the available context size",
        "`inputs` tokens + `max_new_tokens` must be <= 8192",
    ],
)
def test_a_prompt_that_is_too_long_does_not_fit_in_any_servers_words(server: Server, llm: OpenAILLM, said: str) -> None:
    server.says(failed(400, said))
    raised(lambda: llm.complete(prompt()), DoesNotFit)


def test_an_answer_that_the_window_cut_short_does_not_fit(server: Server, llm: OpenAILLM) -> None:
    server.says(models(ward=16), path="/v1/models")
    server.says(chat("B", reason="length", usage=(9, 7)))
    assert "16 tokens, got 9 and 8" in raised(lambda: llm.complete(prompt(max_tokens=8)), DoesNotFit)
    assert llm.complete(prompt(max_tokens=7)).texts == ("B",)
    server.says(chat("B", usage=(9, 2)))
    assert llm.complete(prompt(max_tokens=8)).texts == ("B",)


def test_a_model_that_is_not_served_is_told_with_those_that_are_the_nearest_first(server: Server) -> None:
    server.says(models(**{"mistral-7b": 1, "qwen3-14b": 2, "qwen3-4b": 3}), path="/v1/models")
    server.says(failed(404, "The model does not exist."))
    llm = OpenAILLM("Qwen3-4B-it", server.url, waits=())
    for asked in (llm.probe, lambda: llm.complete(prompt())):
        assert "(qwen3-4b, qwen3-14b, mistral-7b), got 'Qwen3-4B-it'" in raised(asked)


def test_no_more_requests_are_under_way_than_were_allowed(server: Server) -> None:
    server.says(chat("B")._replace(after=0.02))
    llm = OpenAILLM("ward", server.url, concurrency=3)
    with ThreadPoolExecutor(16) as pool:
        assert all(said.texts == ("B",) for said in pool.map(lambda _: llm.complete(prompt()), range(32)))
    assert server.busiest == 3
