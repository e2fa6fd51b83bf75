"""A model's own tokens, for one that runs in our process: what it reads, what it said, and the beginning of a text.

Rules kept here
- What a model reads is its tokenizer's chat template filled with our messages, and nothing besides.
- A special token that is spelled out in a message is broken by a space: evidence cannot end a turn.
- A prompt that leaves no room for the answer asked for is ``DoesNotFit``, before the model is asked.
- What was said is without special tokens, and without what was thought aloud (``reasoning.py``).
- A text is cut where one of its tokens ends; encoded again it has no more of them than were allowed.

    tokens = Tokens(tokenizer, window=4096, model="hf:tiny@0a1b2c3d")
    tokens.encode(prompt)            # ids, ready for the model
    tokens.cut("Aspirin lowers the risk of stroke.", 4).text

A server does all of this itself (``chat.py``). Knows a tokenizer of transformers only by what it can do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from evitrail.agent.llm.base import Completion, Cut, DoesNotFit, LLMError, Prompt, Token
from evitrail.agent.llm.reasoning import SplitReply, split_reply

NO_LIMIT = 10**9
"""From here on a tokenizer's ``model_max_length`` says that nobody set one."""


class GeneratedText(NamedTuple):
    """One answer, as it came."""

    ids: Sequence[int]
    reason: str | None
    """``stop`` or ``length``."""
    told: Sequence[Token] = ()
    """Its tokens, where log-probabilities were asked for."""


@dataclass(frozen=True)
class Tokens:
    """A tokenizer, and what it must know of its model."""

    tokenizer: Any
    window: int | None
    """Tokens of prompt and answer together; None where that is not known."""
    model: str

    def encode(self, prompt: Prompt) -> list[int]:
        """What the model reads; raises ``DoesNotFit``, and ``LLMError`` where its template refuses the messages."""
        ids: list[int] = self._encoded(self._text(prompt))["input_ids"]
        self.room(len(ids), prompt.max_tokens)
        return ids

    def room(self, used: int, wanted: int | None) -> int | None:
        """How many tokens the answer may have; None for no limit. Raises ``DoesNotFit``."""
        if self.window is not None and used + (wanted or 1) > self.window:
            answer = "the answer" if wanted is None else f"up to {wanted} of answer"
            raise DoesNotFit(
                f"expected a prompt and answer of at most {self.window} tokens, got {used} and {answer};"
                f" give {self.model} less to read, or take a model with a larger window"
            )
        return wanted if wanted is not None or self.window is None else self.window - used

    def completion(self, answers: Sequence[GeneratedText], prompt: Prompt, used: int) -> Completion:
        """The answers to a prompt of ``used`` tokens."""
        heard = [self._split(answer) for answer in answers]
        return Completion(
            texts=tuple(each.text for each in heard),
            finish_reasons=tuple(answer.reason for answer in answers),
            prompt_tokens=used,
            completion_tokens=sum(len(answer.ids) for answer in answers),
            model=self.model,
            reasoning=tuple(each.thought for each in heard) if any(each.thought is not None for each in heard) else (),
            tokens=tuple(self._of_text(answer, each.text) for answer, each in zip(answers, heard, strict=True))
            if prompt.logprobs is not None
            else (),
        )

    def cut(self, text: str, tokens: int) -> Cut:
        """See ``Measured.cut``."""
        whole = self._encoded(text, return_offsets_mapping=True)
        ends, of = whole["offset_mapping"], len(whole["input_ids"])
        if of <= tokens:
            return Cut(text, of, of)
        for keep in range(tokens, 0, -1):  # a character of several tokens may need one more than was allowed
            kept = text[: ends[keep - 1][1]]
            if (has := len(self._encoded(kept)["input_ids"])) <= tokens:
                return Cut(kept, has, of)
        return Cut("", 0, of)

    def token_span(self, prompt: Prompt, message: int, start: int, end: int) -> tuple[int, int]:
        """The first token that shows any of these characters of a message, and the first after them.

        ``start`` and ``end`` are offsets in the message's content. Raises ``LLMError`` where what the model reads does
        not hold that message exactly once.
        """
        content = prompt.messages[message].content
        text, shown = self._text(prompt), self._without_special(content).strip()
        if not shown or (times := text.count(shown)) != 1:
            raise LLMError(
                f"expected message {message} once in what {self.model} reads, got it {times if shown else 0} times;"
                " no part of it can be told apart there"
            )
        lead = len(content) - len(content.lstrip())  # templates may strip a message
        at = text.index(shown) - len(self._without_special(content[:lead]))
        first, last = (at + len(self._without_special(content[: max(offset, lead)])) for offset in (start, end))
        spans = self._encoded(text, return_offsets_mapping=True)["offset_mapping"]
        inside = [n for n, (begins, ends) in enumerate(spans) if begins < last and first < ends]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)

    def spelt(self, choices: Sequence[str]) -> list[tuple[int, ...]]:
        """The tokens of each choice: one without a space before it where there is one, else as they are encoded.

        Each ends with the model's end where one choice is the beginning of another.
        """
        vocabulary: dict[str, int] = self.tokenizer.get_vocab()
        spelt = [
            (vocabulary[choice],)
            if choice.isascii() and choice in vocabulary
            else tuple(self._encoded(choice)["input_ids"])
            for choice in choices
        ]
        begins = any(a != b and b[: len(a)] == a for a in spelt for b in spelt)
        return [(*tokens, self.tokenizer.eos_token_id) for tokens in spelt] if begins else spelt

    def token_text(self, token: int) -> str:
        """What one token says."""
        return str(self.tokenizer.decode([token]))

    def _text(self, prompt: Prompt) -> str:
        turns = [{"role": said.role, "content": self._without_special(said.content)} for said in prompt.messages]
        try:
            return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        except Exception as error:  # a template is a program of its own, and fails in ways of its own
            raise LLMError(
                f"expected a chat template that takes these messages, got of {self.model}: {first_line(error)};"
                " give a model made for chats, or other messages"
            ) from error

    def _without_special(self, content: str) -> str:
        """The content, in which nothing is a special token."""
        return self._special.sub(lambda found: f"{found[0][:1]} {found[0][1:]}", content)

    @cached_property
    def _special(self) -> re.Pattern[str]:
        added = self.tokenizer.added_tokens_decoder.values()
        texts = {*self.tokenizer.all_special_tokens, *(token.content for token in added if token.special)}
        longest = sorted((text for text in texts if len(text) > 1), key=lambda text: (-len(text), text))
        return re.compile("|".join(map(re.escape, longest)) or r"(?!)")

    def _encoded(self, text: str, **more: bool) -> Any:
        return self.tokenizer(text, add_special_tokens=False, verbose=False, **more)

    def _split(self, answer: GeneratedText) -> SplitReply:
        ids = answer.ids[:-1] if self._ended(answer) else answer.ids
        # A thought may end in a special token.
        heard = split_reply(self.tokenizer.decode(ids), self.model, cut=answer.reason == "length")
        return (
            heard
            if heard.thought is not None
            else SplitReply(self.tokenizer.decode(ids, skip_special_tokens=True), None)
        )

    def _of_text(self, answer: GeneratedText, text: str) -> tuple[Token, ...]:
        """The tokens from where the text begins, without the model's end."""
        told = list(answer.told[:-1] if self._ended(answer) else answer.told)
        begins, at, kept = "".join(token.text for token in told).rfind(text), 0, []
        for token in told:
            at += len(token.text)
            if at > begins:
                kept.append(token)
        return tuple(kept)

    def _ended(self, answer: GeneratedText) -> bool:
        return answer.reason == "stop" and len(answer.ids) > 0 and answer.ids[-1] in self.tokenizer.all_special_ids


def by_word(likeliest: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Log-probabilities by what tokens say; of those that say the same (halves of a character), that of the first."""
    told: dict[str, float] = {}
    for word, logprob in likeliest:
        told.setdefault(word, logprob)
    return told


def window_of(config: Any, tokenizer: Any) -> int | None:
    """What a model of transformers can hold, by its configuration and its tokenizer."""
    told = [getattr(config.get_text_config(), "max_position_embeddings", None), tokenizer.model_max_length]
    return min((int(length) for length in told if length and length < NO_LIMIT), default=None)


def first_line(error: BaseException) -> str:
    """Of what an error says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
