"""A real vLLM server is asked, and keeps to what it is asked for.

Its model is tiny and talks nonsense: what is held here is the protocol and the counting, nothing that needs sense.
"""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import MODEL
from tiny import WINDOW

from evitrail.agent.llm import Completion, DoesNotFit, LLMError, Message, Prompt, recorded
from evitrail.agent.llm.named import llm_named
from evitrail.agent.llm.server.openai import OpenAILLM
from evitrail.traces import Journal, Live, Record, Trace, Verify

FORM = {"type": "object", "properties": {"option": {"enum": ["A", "B"]}}, "required": ["option"]}
LETTERS = ("A", "B", "C", "D")


class Config(Record, stored_as="Config"):
    name: str = "any"


@pytest.fixture
def llm(llm_server: str) -> OpenAILLM:
    return OpenAILLM(MODEL, llm_server)


def prompt(said: str = "Aspirin or heparin after a stroke?", **decoding: object) -> Prompt:
    told = {"messages": (Message(role="user", content=said),), "max_tokens": 8}
    return Prompt.model_validate(told | decoding)


def test_a_greedy_answer_comes_with_its_model_its_tokens_and_why_it_ended(llm: OpenAILLM) -> None:
    said = llm.complete(prompt())
    assert (len(said.texts), said.finish_reasons, said.model) == (1, ("length",), MODEL)
    assert said.completion_tokens == 8
    assert said.prompt_tokens == llm.cut("<|user|>\nAspirin or heparin after a stroke?<|end|>\n<|assistant|>\n", 99).of
    assert said.texts[0]
    assert (said.reasoning, said.tokens) == ((), ())


def test_twenty_answers_are_drawn_in_one_request_and_the_same_seed_draws_them_again(llm: OpenAILLM) -> None:
    drawn = prompt(n=20, temperature=1.0, seed=7)
    first = llm.complete(drawn)
    assert len(set(first.texts)) > 15
    assert first.completion_tokens == 160
    assert llm.complete(drawn).texts == first.texts
    assert llm.complete(drawn.model_copy(update={"seed": 8})).texts != first.texts
    assert "n" not in llm.ignored


def test_the_server_holds_the_model_to_its_choices(llm: OpenAILLM) -> None:
    said = llm.complete(prompt(n=20, temperature=1.0, seed=1, choices=("aspirin", "heparin")))
    assert set(said.texts) == {"aspirin", "heparin"}
    assert set(said.finish_reasons) == {"stop"}
    assert llm.ignored == frozenset()


def test_log_probabilities_are_those_under_the_constraint_and_add_up(llm: OpenAILLM) -> None:
    said = llm.complete(prompt(n=3, temperature=1.0, seed=1, choices=LETTERS, logprobs=20))
    for text, tokens in zip(said.texts, said.tokens, strict=True):
        assert tokens[0].text == text
        assert tokens[0].likeliest.keys() == set(LETTERS)
        assert tokens[0].logprob == tokens[0].likeliest[text]
        assert math.isclose(sum(math.exp(one) for one in tokens[0].likeliest.values()), 1.0, abs_tol=1e-5)
    assert len({tuple(sorted(tokens[0].likeliest.items())) for tokens in said.tokens}) == 1


def test_without_a_constraint_the_tokens_spell_the_text(llm: OpenAILLM) -> None:
    said = llm.complete(prompt(logprobs=5))
    (tokens,) = said.tokens
    assert "".join(token.text for token in tokens) == said.texts[0]
    assert all(len(token.likeliest) == 5 and token.logprob == max(token.likeliest.values()) for token in tokens)
    assert sum(math.exp(one) for one in tokens[0].likeliest.values()) < 1


def test_a_form_is_kept(llm: OpenAILLM) -> None:
    said = llm.complete(prompt(n=4, temperature=1.0, seed=2, form=FORM, max_tokens=64))
    assert {json.loads(text)["option"] for text in said.texts} <= {"A", "B"}
    assert llm.ignored == frozenset()


def test_the_window_is_the_servers(llm: OpenAILLM) -> None:
    assert llm.window == WINDOW


def test_a_text_is_cut_by_the_models_own_tokens(llm: OpenAILLM) -> None:
    text = "Aspirin lowers the risk of a second stroke; naïve as it sounds, 😀 it is old. " * 2000
    assert llm.tokenizer == "own"
    whole = llm.cut(text, 10**6)
    assert (whole.text, whole.tokens) == (text, whole.of)
    half = llm.cut(text, whole.of // 2)
    assert text.startswith(half.text)
    assert (half.tokens, half.of) == (whole.of // 2, whole.of)
    assert llm.cut(half.text, 10**6).of == half.tokens
    for tokens in range(1, 40):  # none ends in half a character
        assert text.startswith(llm.cut(text[:200], tokens).text)


def test_a_prompt_longer_than_the_window_does_not_fit(llm: OpenAILLM) -> None:
    with pytest.raises(DoesNotFit, match="131072"):
        llm.complete(prompt("stroke " * 140_000))


def test_a_model_that_is_not_there_is_told_with_those_that_are(llm_server: str) -> None:
    llm = OpenAILLM("tinny", llm_server, waits=())
    for asked in (llm.probe, lambda: llm.complete(prompt())):
        with pytest.raises(LLMError, match=r"expected one of its models \(tiny\), got 'tinny'") as raised:
            asked()
        assert "\n" not in str(raised.value)


def test_a_name_is_read_back_and_probed_before_anything_is_begun(llm: OpenAILLM) -> None:
    named = llm_named(repr(llm))
    assert isinstance(named, OpenAILLM)
    assert named == llm
    named.probe()


def test_many_threads_share_a_model_and_each_call_is_a_step_that_is_not_made_again(
    llm: OpenAILLM, tmp_path: Path
) -> None:
    asked = [prompt(f"What helps in case {number}?", choices=LETTERS) for number in range(64)]
    with Journal.open(tmp_path / "journal.db") as journal, ThreadPoolExecutor(64) as pool:

        def one(number: int) -> Completion:
            run = Live.begin(journal, f"case-{number}", Config())
            said = recorded(llm, run).complete(asked[number])
            run.end(said)
            return said

        said = list(pool.map(one, range(64)))
        assert all(each.texts[0] in LETTERS for each in said)
        (call,) = Trace(journal, "case-0").activities
        assert (call.by, call.effect) == (f"openai:{MODEL}@{llm.url}", "reads_external")
        verify = Verify(journal, "case-0")
        unreachable = OpenAILLM(MODEL, llm.url, waits=())
        assert recorded(unreachable, verify).complete(asked[0]) == said[0]
        assert {checked.verdict for checked in verify.finish()} == {"reused"}
