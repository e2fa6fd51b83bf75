"""OpenAI's chat completions as they are spelled on the wire: a prompt as a request, a reply as a completion.

Rules kept here
- What a prompt leaves open is not sent, so that the server's own default holds.
- ``choices`` go out as ``structured_outputs``, ``form`` as ``response_format``. A server that knows neither says
  nothing of it: that its answers keep to them is looked at, and what does not is told beside the completion.
- A text is what was said: what was thought aloud is the server's field for it, or what stands before the marker that
  ends it (``reasoning.py``). Where the content is empty, the thoughts are the text (arXiv 2605.04039 counts so), unless
  they were cut short: then nothing was said.
- Tokens are those of the text. What a constraint rules out reads -9999 in vLLM, and is left away.

    body = request(prompt, "Qwen/Qwen3-4B")
    completion, ignored = answered(json.loads(reply), prompt, "Qwen/Qwen3-4B")

What forms a reply may have is ``reply.py``. Pure: nothing is sent here.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any, NamedTuple

from evitrail.agent.llm.base import Completion, Prompt, Token
from evitrail.agent.llm.reasoning import SplitReply, said_from, split_reply
from evitrail.agent.llm.server.reply import DrawnToken, Reply, ReplyChoice, Usage

RULED_OUT = -9999.0
"""What vLLM writes for minus infinity, which JSON cannot spell."""


class ServerReply(NamedTuple):
    """A completion, and what of the prompt the server did not hold to."""

    completion: Completion
    ignored: frozenset[str]
    """Of ``choices``, ``form`` and ``logprobs``."""


def request(prompt: Prompt, model: str) -> dict[str, Any]:
    """The body of the request."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": said.role, "content": said.content} for said in prompt.messages],
        "n": prompt.n,
        "temperature": prompt.temperature,
        "seed": prompt.seed,
        "max_tokens": prompt.max_tokens,
    }
    if prompt.choices is not None:
        body["structured_outputs"] = {"choice": list(prompt.choices)}
    if prompt.form is not None:
        schema = {"name": "answer", "schema": prompt.form, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if prompt.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": prompt.logprobs}
    return {key: value for key, value in body.items() if value is not None}


def answered(reply: object, prompt: Prompt, model: str) -> ServerReply:
    """What came back, read; raises ``ValueError`` where it is no chat completion."""
    read = Reply.model_validate(reply)
    choices = sorted(read.choices, key=lambda choice: choice.index)
    said = [_split_turn(choice, model) for choice in choices]
    told = [choice.logprobs.content if choice.logprobs else None for choice in choices]
    counted = prompt.logprobs is not None and all(content is not None for content in told)
    usage = read.usage or Usage()
    completion = Completion(
        texts=tuple(each.text for each in said),
        finish_reasons=tuple(choice.finish_reason for choice in choices),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        model=read.model or model,
        reasoning=tuple(each.thought for each in said) if any(each.thought is not None for each in said) else (),
        tokens=tuple(_tokens(t or (), each, model) for t, each in zip(told, said, strict=True)) if counted else (),
    )
    slipped = {kind for choice in choices for kind in _slipped(choice, prompt, model)}
    untold = {"logprobs"} if prompt.logprobs is not None and not counted else set()
    return ServerReply(completion, frozenset(slipped | untold))


def joined(first: Completion, second: Completion) -> Completion:
    """The answers of two requests as if they were of one."""
    thoughts = (*_each(first), *_each(second))
    return Completion(
        texts=first.texts + second.texts,
        finish_reasons=first.finish_reasons + second.finish_reasons,
        prompt_tokens=first.prompt_tokens,
        completion_tokens=None
        if first.completion_tokens is None or second.completion_tokens is None
        else first.completion_tokens + second.completion_tokens,
        model=first.model,
        reasoning=thoughts if any(thought is not None for thought in thoughts) else (),
        tokens=first.tokens + second.tokens if first.tokens and second.tokens else (),
        sent_as=first.sent_as | second.sent_as,
    )


def _each(completion: Completion) -> tuple[str | None, ...]:
    return completion.reasoning or (None,) * len(completion.texts)


def _split_turn(choice: ReplyChoice, model: str) -> SplitReply:
    turn, cut = choice.message, choice.finish_reason == "length"
    thought, text = turn.reasoning_content or turn.reasoning or turn.thoughts, turn.content or turn.refusal
    if not thought:
        return split_reply(text or "", model, cut=cut)
    if text or cut:
        return SplitReply(text or "", thought)
    return SplitReply(thought, None)


def _tokens(told: tuple[DrawnToken, ...], said: SplitReply, model: str) -> tuple[Token, ...]:
    """Those of the text; a server that tells thought and text apart counts the tokens of both."""
    if said.thought is not None and not said.text:
        return ()  # all of them are of the thought
    begins = said_from("".join(piece.token for piece in told), model) if said.thought is not None else 0
    ends = accumulate(len(piece.token) for piece in told)
    return tuple(_token(piece) for piece, end in zip(told, ends, strict=True) if end > begins or not begins)


def _token(piece: DrawnToken) -> Token:
    likeliest: dict[str, float] = {}
    for one in piece.top_logprobs or ():
        if one.logprob > max(RULED_OUT, likeliest.get(one.token, RULED_OUT)):  # halves of a character read alike
            likeliest[one.token] = one.logprob
    return Token(
        text=piece.token, logprob=piece.logprob if piece.logprob > RULED_OUT else RULED_OUT, likeliest=likeliest
    )


def _slipped(choice: ReplyChoice, prompt: Prompt, model: str) -> list[str]:
    """What an answer was to keep to, and does not. One that was cut short is held to its beginning only."""
    cut = choice.finish_reason == "length"
    text = split_reply(choice.message.content or "", model, cut=cut).text.strip()
    if not text:
        return []
    if prompt.choices is not None and text not in prompt.choices:
        begun = cut and any(option.startswith(text) for option in prompt.choices)
        return [] if begun else ["choices"]
    if prompt.form is not None and not (text.startswith("{") if cut else _fits(text, prompt.form)):
        return ["form"]
    return []


def _fits(text: str, form: dict[str, Any]) -> bool:
    """Whether it is JSON with the keys that the form needs: enough to tell a server that was not listening."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    if form.get("type") != "object":
        return True
    return isinstance(value, dict) and value.keys() >= set(form.get("required", ()))
