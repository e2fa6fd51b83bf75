"""What a model server's replies are read as, and what is noticed of one that does not hold to what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog
from talking import Said, Server, chat, models, prompt, talking

from evitrail.agent.llm.base import cut_in_thought
from evitrail.agent.llm.server.openai import OpenAILLM


@pytest.fixture
def server() -> Iterator[Server]:
    with talking() as made:
        yield made


@pytest.fixture
def llm(server: Server) -> OpenAILLM:
    return OpenAILLM("ward", server.url, waits=())


def test_an_answer_outside_the_choices_is_handed_on_and_noted_once(server: Server, llm: OpenAILLM) -> None:
    server.says(chat("The answer is B."))
    with structlog.testing.capture_logs() as logs:
        said = [llm.complete(prompt(choices=("A", "B"))).texts for _ in range(3)]
    assert said == [("The answer is B.",)] * 3
    assert llm.ignored == {"choices"}
    assert [(line["log_level"], line["asked"]) for line in logs] == [("warning", "choices")]
    assert server.bodies()[0]["structured_outputs"] == {"choice": ["A", "B"]}


@pytest.mark.parametrize(
    ("text", "reason", "ignored"),
    [
        ("aspirin", "stop", set()),
        (" aspirin\n", "stop", set()),
        ("asp", "length", set()),
        ("asp", "stop", {"choices"}),
        ("As asp", "length", {"choices"}),
        ("", "stop", set()),
        ("<think>Bleeding first.</think>aspirin", "stop", set()),
        ("<think>Bleeding first", "length", set()),
    ],
)
def test_only_an_answer_that_a_held_model_could_not_give_tells_on_the_server(
    server: Server, llm: OpenAILLM, text: str, reason: str, ignored: set[str]
) -> None:
    server.says(chat(text, reason=reason))
    llm.complete(prompt(choices=("aspirin", "heparin")))
    assert llm.ignored == ignored


@pytest.mark.parametrize(
    ("text", "ignored"),
    [('{"option": "B"}', set()), ('```json\n{"option": "B"}\n```', {"form"}), ("{}", {"form"}), ("B", {"form"})],
)
def test_a_form_that_is_not_kept_tells_on_the_server(
    server: Server, llm: OpenAILLM, text: str, ignored: set[str]
) -> None:
    server.says(chat(text))
    form = {"type": "object", "required": ["option"]}
    assert llm.complete(prompt(form=form)).texts == (text,)
    assert llm.ignored == ignored
    assert server.bodies()[0]["response_format"]["json_schema"]["schema"] == form


def test_log_probabilities_that_are_not_told_are_none(server: Server, llm: OpenAILLM) -> None:
    server.says(chat("B"))
    assert llm.complete(prompt(logprobs=5)).tokens == ()
    assert llm.ignored == {"logprobs"}


def test_tokens_are_those_of_the_text_and_what_is_ruled_out_is_left_away(server: Server, llm: OpenAILLM) -> None:
    def token(text: str, logprob: float, **likeliest: float) -> dict[str, object]:
        top = [{"token": name, "logprob": one} for name, one in likeliest.items()]
        return {"token": text, "logprob": logprob, "top_logprobs": top}

    content = [token("hm B", -1.0), token("</think>", 0.0), token("\n\n", 0.0), token("B", -0.1, B=-0.1, x=-9999.0)]
    reply = json.loads(chat("B", reasoning="hm B").body)
    reply["choices"][0]["logprobs"] = {"content": [*content, token("<|end|>", 0.0)]}
    server.says(Said(body=json.dumps(reply)))
    said = llm.complete(prompt(logprobs=2))
    assert (said.texts, said.reasoning) == (("B",), ("hm B",))
    assert [(one.text, one.likeliest) for one in said.tokens[0]] == [("B", {"B": -0.1}), ("<|end|>", {})]


@pytest.mark.parametrize(
    ("content", "message", "text", "thought"),
    [
        ("B", {"reasoning_content": "Bleeding first."}, "B", "Bleeding first."),
        ("B", {"reasoning": "Bleeding first."}, "B", "Bleeding first."),
        ("<think>Bleeding first.</think>\nB", {"reasoning": None}, "B", "Bleeding first."),
        ("", {"reasoning": "It is B"}, "It is B", None),
        (None, {"reasoning_content": "It is B"}, "It is B", None),
        (None, {}, "", None),
    ],
)
def test_what_was_thought_is_told_apart_and_stands_in_for_an_empty_answer(
    server: Server, llm: OpenAILLM, content: str | None, message: dict[str, object], text: str, thought: str | None
) -> None:
    server.says(chat(content, **message))
    said = llm.complete(prompt())
    assert said.texts == (text,)
    assert said.reasoning == (() if thought is None else (thought,))


@pytest.mark.parametrize(
    ("content", "message", "text", "thought"),
    [
        (None, {"reasoning_content": "The answer is A. But wait"}, "", "The answer is A. But wait"),
        ("", {"reasoning": "The answer is A. But"}, "", "The answer is A. But"),
        ("<think>The answer is A. But", {}, "", "The answer is A. But"),
        (None, {}, "", None),
        ("The answer is B. The", {}, "The answer is B. The", None),
        ("<think>A?</think>The answer is B", {}, "The answer is B", "A?"),
    ],
)
def test_a_thought_that_was_cut_short_is_no_answer(
    server: Server, llm: OpenAILLM, content: str | None, message: dict[str, object], text: str, thought: str | None
) -> None:
    server.says(chat(content, reason="length", **message))
    said = llm.complete(prompt())
    assert (said.texts, said.finish_reasons) == ((text,), ("length",))
    assert said.reasoning == (() if thought is None else (thought,))
    assert cut_in_thought(said, 0) is (text == "")


def test_a_model_whose_prompt_begins_the_thought_was_thinking_where_it_was_cut(server: Server) -> None:
    server.says(chat("First thought: the answer is A. But", reason="length"))
    assert OpenAILLM("deepseek-ai/DeepSeek-R1", server.url, waits=()).complete(prompt()).texts == ("",)
    server.says(chat("The answer is A."))
    assert OpenAILLM("deepseek-ai/DeepSeek-R1", server.url, waits=()).complete(prompt()).texts == ("The answer is A.",)


def part(kind: str, **said: object) -> dict[str, object]:
    return {"type": kind, **said}


@pytest.mark.parametrize(
    ("message", "text", "thought"),
    [
        ({"content": [part("text", text="The answer"), part("text", text=" is B")]}, "The answer is B", None),
        ({"content": [part("output_text", text="B", annotations=[])]}, "B", None),
        ({"content": ["B"]}, "B", None),
        (
            {"content": [part("thinking", thinking=[part("text", text="A?")]), part("text", text="B")]},
            "B",
            "A?",
        ),
        ({"content": [part("thinking", thinking="A?")]}, "A?", None),
        ({"content": [part("image_url", image_url={"url": "x"}), 7, None]}, "", None),
        ({"content": []}, "", None),
        ({"content": 7}, "", None),
        ({"content": {"text": "B"}}, "", None),
        ({"content": None, "refusal": "I cannot say."}, "I cannot say.", None),
        ({"content": "B", "reasoning": {"steps": 3}, "tool_calls": None, "audio": {}}, "B", None),
        ({"content": "B", "reasoning_content": [part("text", text="A?")]}, "B", "A?"),
    ],
)
def test_a_content_in_parts_and_fields_that_nobody_knows_are_read(
    server: Server, llm: OpenAILLM, message: dict[str, object], text: str, thought: str | None
) -> None:
    reply = {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": "stop", "odd": [1]}], "odd": {}}
    server.says(Said(body=json.dumps(reply)))
    said = llm.complete(prompt())
    assert said.texts == (text,)
    assert said.reasoning == (() if thought is None else (thought,))


TOP = {"token": "B", "logprob": -0.1}


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {},
        [],
        "none",
        7,
        {"content": None},
        {"content": "B"},
        {"content": [{"token": "B"}]},
        {"content": [{"token": "B", "logprob": None}]},
        {"content": [{"token": None, "logprob": -1.0}]},
        {"content": [{"token": "B", "logprob": "likely"}]},
        {"content": [{"token": "B", "logprob": float("nan")}]},
        {"content": [{"token": "B", "logprob": float("inf")}]},
        {"tokens": ["B"], "token_logprobs": [-0.1]},
    ],
    ids=str,
)
def test_probabilities_that_cannot_be_read_were_not_told(server: Server, llm: OpenAILLM, logprobs: object) -> None:
    reply = json.loads(chat("B").body)
    reply["choices"][0]["logprobs"] = logprobs
    server.says(Said(body=json.dumps(reply)))
    said = llm.complete(prompt(logprobs=5))
    assert (said.texts, said.tokens) == (("B",), ())
    assert llm.ignored == {"logprobs"}


@pytest.mark.parametrize("top", [None, [], [TOP], [TOP, {**TOP, "bytes": None, "odd": 1}]], ids=str)
def test_probabilities_with_null_or_odd_fields_are_read(server: Server, llm: OpenAILLM, top: object) -> None:
    reply = json.loads(chat("B").body)
    content = [{"token": "B", "logprob": -float("inf"), "bytes": None, "top_logprobs": top, "odd": {}}]
    reply["choices"][0]["logprobs"] = {"content": content, "refusal": None}
    server.says(Said(body=json.dumps(reply)))
    assert [token.text for token in llm.complete(prompt(logprobs=5)).tokens[0]] == ["B"]


@pytest.mark.parametrize("usage", [None, {}, [], "much", {"prompt_tokens": None}, {"prompt_tokens": "7"}, {"odd": 1}])
def test_counts_that_are_none_were_not_told(server: Server, llm: OpenAILLM, usage: object) -> None:
    choice = {"index": None, "message": {"content": "B"}, "finish_reason": 7, "logprobs": None}
    server.says(Said(body=json.dumps({"choices": [choice], "usage": usage, "model": None})))
    said = llm.complete(prompt())
    assert (said.texts, said.finish_reasons, said.model) == (("B",), (None,), "ward")
    assert (said.prompt_tokens, said.completion_tokens) == (None, None)


def test_tokens_that_spell_the_key_are_not_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVITRAIL_LLM_KEY", "sk-spelled-out")
    reply = json.loads(chat("B").body)
    for text, kept in (("Bsk-spelled-ou!", 15), ("Bsk-spelled-out", 0)):
        reply["choices"][0]["logprobs"] = {"content": [{"token": letter, "logprob": -0.1} for letter in text]}
        server.says(Said(body=json.dumps(reply)))
        said = OpenAILLM("ward", server.url, waits=()).complete(prompt(logprobs=1))
        assert sum(map(len, said.tokens)) == kept


def test_a_server_that_draws_one_answer_a_request_is_asked_for_the_rest_with_the_seed_moved_on(
    server: Server, llm: OpenAILLM
) -> None:
    server.says(chat("A", usage=(5, 1)), chat("B", usage=(5, 3)), chat("C", usage=(5, 2)))
    said = llm.complete(prompt(n=3, temperature=0.7, seed=40))
    assert (said.texts, said.prompt_tokens, said.completion_tokens) == (("A", "B", "C"), 5, 6)
    assert [(body["n"], body["seed"]) for body in server.bodies()] == [(3, 40), (2, 41), (1, 42)]
    assert llm.ignored == {"n"}


def test_what_a_prompt_leaves_open_is_not_sent(server: Server, llm: OpenAILLM) -> None:
    server.says(chat("B"))
    llm.complete(prompt(temperature=None, max_tokens=None))
    assert server.bodies() == [{"model": "ward", "messages": [{"role": "user", "content": "Which?"}], "n": 1}]


def test_a_window_that_is_not_told_is_not_known(server: Server) -> None:
    assert OpenAILLM("ward", server.url, waits=()).window is None
    server.says(models(ward=None, other=4096), path="/v1/models")
    assert OpenAILLM("ward", server.url, waits=()).window is None
    assert OpenAILLM("other", server.url, waits=()).window == 4096


def test_a_server_that_does_not_count_is_counted_for_and_it_is_said(server: Server, llm: OpenAILLM) -> None:
    assert llm.tokenizer == "cl100k_base (stand-in)"
    assert llm.cut("Aspirin lowers the risk of stroke.", 4) == ("Aspirin lowers", 4, 9)
    assert llm.cut("naïve 😀", 3).text == "naïve"
    assert llm.cut("<|endoftext|>", 99) == ("<|endoftext|>", 7, 7)
    assert len(server.bodies("/tokenize")) == 1


def test_a_server_that_counts_something_else_is_not_believed(server: Server, llm: OpenAILLM) -> None:
    server.says(Said(body='{"tokens": []}'), path="/tokenize")  # llama.cpp reads its text under another key
    assert llm.tokenizer == "cl100k_base (stand-in)"
