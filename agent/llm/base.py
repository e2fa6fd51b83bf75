"""A language model is asked with a whole ``Prompt`` and answers with a whole ``Completion``.

Rules kept here
- A prompt holds all that is sent, decoding included, so that the record of a call leaves nothing out.
- A completion holds the raw texts, in order, before anybody reads them. What the server did not tell is None.
- How long a call took is a fact of the step, not of its answer: replays compare answers.
- The repr of an LLM is its name: it says which model is asked, never what it said.
- A server may ignore ``choices``: whoever asks checks the answer.

    llm = recorded(ScriptedLLM((("stroke", "B"),)), run)
    llm.complete(Prompt(messages=(Message(role="user", content="What lowers the risk of stroke?"),))).texts

A call that fails raises, and its step is recorded as failed; an answer that makes no sense is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import BeforeValidator, Field, model_validator

from traces.record import Record
from traces.run import Run


def _encodable(text: str) -> str:
    """Half a surrogate pair, which a JSON reply can spell and UTF-8 cannot, becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_encodable)]
"""What was said, as it can be stored."""


class Message(Record):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Text


class Prompt(Record):
    """All that is sent to a model."""

    messages: tuple[Message, ...] = Field(min_length=1)
    n: int = Field(default=1, ge=1)
    """How many answers are drawn in this one call."""
    temperature: float | None = Field(default=0.0, ge=0)
    """None where a call of another system did not tell; ours always do."""
    seed: int | None = None
    """None where nothing is drawn by chance."""
    max_tokens: int | None = Field(default=1024, ge=1)
    choices: tuple[str, ...] | None = None
    """The only answers wanted, where the server can hold the model to them."""


class Completion(Record):
    """All that came back."""

    texts: tuple[Text, ...]
    """Raw, in the order they were drawn."""
    finish_reasons: tuple[str | None, ...]
    """Why each text ended, in the server's word: ``stop``; ``length`` where ``max_tokens`` cut it."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Of all texts together."""
    model: str
    """Who answered, as the server calls it."""

    @model_validator(mode="after")
    def _each_text_ended(self) -> Completion:
        if len(self.texts) != len(self.finish_reasons):
            raise ValueError(f"expected a finish reason for each of {len(self.texts)} texts, got {self.finish_reasons}")
        return self


class LLM(Protocol):
    """Anything that can be asked."""

    @property
    def deterministic(self) -> bool:
        """Whether equal prompts always get equal completions."""
        ...

    def complete(self, prompt: Prompt) -> Completion:
        """``prompt.n`` answers, drawn as the prompt says; raises where none could be had."""
        ...


@dataclass(frozen=True, repr=False)
class Recorded:
    """An LLM whose calls are steps of a run: made once, and from then on remembered."""

    llm: LLM
    run: Run
    label: str | None = None
    """What to call the call in its path, where a number would not tell."""

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``; the same prompt is not sent again in a resumed or forked run, nor when verifying."""
        return self.run.step(
            "model",
            lambda: self.llm.complete(prompt),
            returns=Completion,
            inputs={"prompt": prompt},
            by=self.llm,
            effect="reads_external",
            label=self.label,
        )

    def __repr__(self) -> str:
        return repr(self.llm)


def recorded(llm: LLM, run: Run, label: str | None = None) -> LLM:
    """The same LLM, each of its calls a step of ``run``."""
    return Recorded(llm, run, label)
