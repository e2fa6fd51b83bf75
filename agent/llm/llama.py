"""Any LLM of llama-index as one of ours: ``LlamaIndexLLM(llm)``.

Rules kept here
- A chat model is given the messages; any other the text that llama-index makes of them.
- ``temperature``, ``max_tokens`` and ``seed`` are set where the class has a field of that name. Any other has its own
  way of drawing, and what the prompt says of it is not held.
- ``n`` answers are ``n`` calls, each with the next seed.
- ``choices``, ``form`` and ``logprobs`` are not held: llama-index has no word for them that all classes know.
- Tokens are counted where the class tells of its server's count, else they are unknown.

    llm = LlamaIndexLLM(Anthropic("claude-sonnet-4-5"))
    llm.complete(prompt)           # repr: llama-index:claude-sonnet-4-5

Nobody can tell whether such a model is deterministic: say so (``deterministic=True``) where it is known. Two models of
one name are taken for the same: give ``name`` where something else tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evitrail.agent.captured.calls import completion_of, model_name
from evitrail.agent.llm.base import Completion, LLMError, Prompt
from evitrail.agent.llm.in_process.tokens import first_line
from evitrail.agent.llm.reasoning import split_reply
from evitrail.evidence_store.errors import MissingPackageError

if TYPE_CHECKING:
    from llama_index.core import llms

LENGTHS = ("max_tokens", "max_new_tokens", "num_output")
"""What classes call the most tokens of an answer."""


@dataclass(frozen=True, repr=False)
class LlamaIndexLLM:
    """Asks an LLM of llama-index; what it raises, it raises."""

    llm: llms.LLM = field(compare=False)
    name: str = ""
    """What it is called, where its own ``metadata.model_name`` does not do."""
    deterministic: bool = False

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``; raises ``LLMError`` in place of whatever the class raises."""
        try:
            said = [self._asked(prompt, number) for number in range(prompt.n)]
        except ImportError as error:
            raise MissingPackageError(
                "an LLM of llama-index needs llama-index-core; run `pip install llama-index-core`"
            ) from error
        except Exception as error:  # each class has errors of its own
            what = f"{type(error).__name__}: {first_line(error)}"
            raise LLMError(f"expected an answer of {self!r}, got {what}") from error
        heard = [split_reply(one.texts[0], repr(self), cut=one.finish_reasons[0] == "length") for one in said]
        return Completion(
            texts=tuple(each.text for each in heard),
            finish_reasons=tuple(one.finish_reasons[0] for one in said),
            prompt_tokens=said[0].prompt_tokens,
            completion_tokens=_sum([one.completion_tokens for one in said]),
            model=said[0].model,
            reasoning=tuple(each.thought for each in heard) if any(each.thought is not None for each in heard) else (),
        )

    def _asked(self, prompt: Prompt, number: int) -> Completion:
        from llama_index.core.llms import ChatMessage

        llm = self._set(prompt, number)
        messages = [ChatMessage(role=said.role, content=said.content) for said in prompt.messages]
        chats = llm.metadata.is_chat_model
        return completion_of(
            llm.chat(messages) if chats else llm.complete(llm.messages_to_prompt(messages)), self._name
        )

    def _set(self, prompt: Prompt, number: int) -> Any:
        """The same model, told how to draw in those of its own fields that say so."""
        wanted = {
            "temperature": prompt.temperature,
            "seed": None if prompt.seed is None else prompt.seed + number,
            **dict.fromkeys(LENGTHS, prompt.max_tokens),
        }
        fields = type(self.llm).model_fields
        return self.llm.model_copy(
            update={name: to for name, to in wanted.items() if name in fields and to is not None}
        )

    @property
    def _name(self) -> str:
        return self.name or model_name(self.llm)

    def __repr__(self) -> str:
        return f"llama-index:{self._name}"


def _sum(counts: list[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if len(told) == len(counts) else None
