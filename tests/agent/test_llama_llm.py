"""An LLM of llama-index is asked as one of ours: what it takes is passed on, what it tells is kept, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.llms import CustomLLM, MockLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from pydantic import PrivateAttr

from evitrail.agent.llama import evitrail_capture
from evitrail.agent.llm import LLMError, Message, Prompt, recorded
from evitrail.agent.llm.base import counts
from evitrail.agent.llm.llama import LlamaIndexLLM
from evitrail.traces import Journal, Live, Record, Trace


class Ward(CustomLLM):
    """Says how it was told to draw; it has fields for temperature and seed, and none for length."""

    temperature: float = 0.1
    seed: int | None = None
    chats: bool = True
    told: dict[str, Any] | None = None
    _heard: list[str] = PrivateAttr(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="ward-1", is_chat_model=self.chats)

    def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
        self._heard.append("|".join(f"{said.role.value}:{said.content}" for said in messages))
        message = ChatMessage(role="assistant", content=self._answer(self._heard[-1]))
        return ChatResponse(message=message, raw=self.told)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self._heard.append(prompt)
        return CompletionResponse(text=self._answer(prompt), raw=self.told)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise NotImplementedError  # nobody streams here; the class must have it

    def _answer(self, asked: str) -> str:
        if "raise" in asked:
            raise TimeoutError("no answer in 60 s\nof which nobody wants to read more")
        if "think" in asked:
            return "<think>Bleeding first.</think>B"
        return f"{self.temperature} {self.seed}"


def prompt(said: str = "Aspirin or heparin?", **decoding: object) -> Prompt:
    messages = (Message(role="system", content="Say a letter."), Message(role="user", content=said))
    return Prompt.model_validate({"messages": messages} | decoding)


def test_a_chat_model_is_given_the_messages_and_any_other_their_text() -> None:
    chat, plain = Ward(), Ward(chats=False)
    LlamaIndexLLM(chat).complete(prompt())
    LlamaIndexLLM(plain).complete(prompt())
    assert chat._heard == ["system:Say a letter.|user:Aspirin or heparin?"]
    assert plain._heard == ["system: Say a letter.\nuser: Aspirin or heparin?\nassistant: "]


def test_each_draw_is_a_call_with_the_next_seed_at_the_prompts_temperature() -> None:
    said = LlamaIndexLLM(Ward()).complete(prompt(n=3, temperature=0.7, seed=5))
    assert said.texts == ("0.7 5", "0.7 6", "0.7 7")
    assert LlamaIndexLLM(Ward()).complete(prompt()).texts == ("0.0 None",)


def test_the_model_itself_is_left_as_it_was() -> None:
    ward = Ward()
    LlamaIndexLLM(ward).complete(prompt(temperature=0.9, seed=1))
    assert (ward.temperature, ward.seed) == (0.1, None)


def test_a_length_is_set_where_the_class_has_a_field_for_it() -> None:
    said = LlamaIndexLLM(MockLLM()).complete(prompt("one two three four five six seven", max_tokens=4))
    assert len(said.texts[0].split()) == 4


def test_tokens_are_counted_where_the_server_told_and_unknown_elsewhere() -> None:
    usage = {"usage": {"prompt_tokens": 12, "completion_tokens": 3}, "choices": [{"finish_reason": "stop"}]}
    told = LlamaIndexLLM(Ward(told=usage)).complete(prompt(n=2, temperature=1.0))
    assert (told.prompt_tokens, told.completion_tokens, told.finish_reasons) == (12, 6, ("stop", "stop"))
    silent = LlamaIndexLLM(Ward()).complete(prompt())
    assert (silent.prompt_tokens, silent.completion_tokens, silent.finish_reasons) == (None, None, (None,))


def test_what_it_cannot_hold_it_does_not_pretend_to() -> None:
    llm = LlamaIndexLLM(Ward())
    said = llm.complete(prompt(choices=("A", "B"), logprobs=5))
    assert (said.texts, said.tokens) == (("0.0 None",), ())
    assert not counts(llm)


def test_thoughts_are_told_apart_from_what_was_said() -> None:
    said = LlamaIndexLLM(Ward()).complete(prompt("think of aspirin"))
    assert (said.texts, said.reasoning) == (("B",), ("Bleeding first.",))


def test_it_goes_by_its_models_name_and_is_not_taken_for_deterministic_unless_told() -> None:
    llm = LlamaIndexLLM(Ward())
    assert (repr(llm), llm.complete(prompt()).model) == ("llama-index:ward-1", "ward-1")
    assert repr(LlamaIndexLLM(Ward(), name="ward-1, quantised")) == "llama-index:ward-1, quantised"
    assert (llm.deterministic, LlamaIndexLLM(Ward(), deterministic=True).deterministic) == (False, True)


def test_whatever_it_raises_is_said_in_one_line() -> None:
    with pytest.raises(
        LLMError, match=r"\Aexpected an answer of llama-index:ward-1, got TimeoutError: no answer in 60 s\Z"
    ):
        LlamaIndexLLM(Ward()).complete(prompt("raise"))


class Config(Record, stored_as="Config"):
    name: str = "any"


def test_its_calls_are_steps_of_a_run_and_captured_as_well_where_a_block_is_open(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        llm = recorded(LlamaIndexLLM(Ward(chats=False)), Live.begin(journal, "run", Config()))
        with evitrail_capture(journal, "seen"):
            llm.complete(prompt())
        (step,) = Trace(journal, "run").activities
        (seen,) = Trace(journal, "seen").activities
    assert (step.path, step.by) == ("model[1]", "llama-index:ward-1")
    assert seen.path == "model[1]"
