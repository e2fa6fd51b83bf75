"""A language model is asked with a whole ``Prompt`` and answers with a whole ``Completion``.

Rules kept here
- A prompt holds all that is sent, decoding included, so that the record of a call leaves nothing out. What a server
  does not take of it stands in the completion (``sent_as``).
- A completion holds the raw texts, in order, before anybody reads them. What the server did not tell is None.
- How long a call took is a fact of the step, not of its answer: replays compare answers.
- The repr of an LLM is its name: it says which model is asked, never what it said.
- A server may ignore ``choices``, ``form`` and ``logprobs``: whoever asks checks what came back.
- What a model thought aloud is kept apart from what it said (``reasoning``). A thought that was cut short is no answer:
  its text is empty, and its finish reason is ``length``.
- What does not fit a model's window is ``DoesNotFit``, before it is sent where the model's own tokens can be counted.

    llm = recorded(ScriptedLLM((("stroke", "B"),)), run)
    llm.complete(Prompt(messages=(Message(role="user", content="What lowers the risk of stroke?"),))).texts

A call that fails raises, and its step is recorded as failed; an answer that makes no sense is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypeGuard

from pydantic import BeforeValidator, Field, model_validator

from evitrail.traces.record import Grown, Record
from evitrail.traces.run.live import Run
from evitrail.traces.run.step_key import Task


def _encodable(text: str) -> str:
    """Half a surrogate pair, which a JSON reply can spell and UTF-8 cannot, becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_encodable)]
"""What was said, as it can be stored."""


class Message(Record):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Text


class Prompt(Record, stored_as="Prompt"):
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
    form: dict[str, Any] | None = None
    """The JSON Schema of the answer, where the server can hold the model to it; never beside ``choices``."""
    logprobs: int | None = Field(default=None, ge=0, le=20)
    """How many of the likeliest tokens are told at each place, beside the one drawn; None where none are wanted."""

    @model_validator(mode="after")
    def _one_constraint(self) -> Prompt:
        if self.choices is not None and self.form is not None:
            raise ValueError("expected choices or a form, got both; a server can hold a model to one of them")
        return self


class Token(Record):
    """One token of a text, and how likely it was."""

    text: Text
    logprob: float
    """Natural logarithm of its probability, under the constraint where the server holds the model to one."""
    likeliest: dict[str, float] = Field(default_factory=dict)
    """The tokens that were likeliest there, each with its log-probability; what a constraint rules out is left away."""


class Completion(Grown, stored_as="Completion"):
    """All that came back."""

    later = frozenset({"sent_as"})

    texts: tuple[Text, ...]
    """Raw, in the order they were drawn, without what was thought aloud."""
    finish_reasons: tuple[str | None, ...]
    """Why each text ended, in the server's word: ``stop``; ``length`` where ``max_tokens`` cut it."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Of all texts together, what was thought aloud included."""
    model: str
    """Who answered, as the server calls it."""
    reasoning: tuple[Text | None, ...] = ()
    """What each text's model thought aloud before it, None where it did not; empty where none did."""
    tokens: tuple[tuple[Token, ...], ...] = ()
    """The tokens of each text, where ``logprobs`` were asked for and told; else empty."""
    sent_as: dict[str, str | None] = Field(default_factory=dict)
    """What of the prompt the server does not take: the name that it was sent by instead, None where it was not sent."""

    @model_validator(mode="after")
    def _each_text_ended(self) -> Completion:
        if len(self.texts) != len(self.finish_reasons):
            raise ValueError(f"expected a finish reason for each of {len(self.texts)} texts, got {self.finish_reasons}")
        for told in (self.reasoning, self.tokens):
            if told and len(told) != len(self.texts):
                raise ValueError(
                    f"expected something told of each of {len(self.texts)} texts or of none, got {len(told)}"
                )
        return self


class LLMError(ValueError):
    """A model could not be asked, in one line that says what was expected, what was got and what to do."""


class Unreachable(LLMError):
    """Nobody answered, or only that it cannot now; the same call may succeed later."""


class DoesNotFit(LLMError):
    """A prompt, and the answer there must be room for, are longer than the model can hold."""


def cut_in_thought(said: Completion, place: int) -> bool:
    """Whether one of the texts is empty because its tokens ran out before the model had said anything."""
    return said.finish_reasons[place] == "length" and not said.texts[place].strip()


class Cut(NamedTuple):
    """The beginning of a text, as a model's tokenizer counts it."""

    text: str
    tokens: int
    """How many the text has now."""
    of: int
    """How many it had."""


class LLM(Protocol):
    """Anything that can be asked."""

    @property
    def deterministic(self) -> bool:
        """Whether equal prompts always get equal completions."""
        ...

    def complete(self, prompt: Prompt) -> Completion:
        """``prompt.n`` answers, drawn as the prompt says; raises where none could be had."""
        ...


class CountsTokens(Protocol):
    """An LLM that knows how much it can hold, in its own tokens."""

    @property
    def window(self) -> int | None:
        """Tokens of prompt and answer together; None where that is not known."""
        ...

    def cut(self, text: str, tokens: int) -> Cut:
        """The first ``tokens`` of a text, encoded without special tokens; the text itself where it has no more."""
        ...


def counts(llm: object) -> TypeGuard[CountsTokens]:
    """Whether an LLM counts its tokens. It is not asked; ``isinstance`` would ask for its window."""
    return hasattr(type(llm), "cut")


@dataclass(frozen=True, repr=False)
class Recorded:
    """An LLM whose calls are steps of a run: made once, and reused from then on."""

    llm: LLM
    run: Run
    label: str | None = None
    """What to call the call in its path, where a number would not tell."""

    @property
    def deterministic(self) -> bool:
        return self.llm.deterministic

    def complete(self, prompt: Prompt) -> Completion:
        """See ``LLM.complete``; the same prompt is not sent again in a resumed or forked run, nor when verifying."""
        task = Task(
            "model",
            lambda: self.llm.complete(prompt),
            returns=Completion,
            inputs={"prompt": prompt},
            by=self.llm,
            effect="reads_external",
            label=self.label,
        )
        return self.run.step(task)

    def __repr__(self) -> str:
        return repr(self.llm)


def recorded(llm: LLM, run: Run, label: str | None = None) -> LLM:
    """The same LLM, each of its calls a step of ``run``."""
    return Recorded(llm, run, label)
