"""A server's reply as it is read: what is needed of a chat completion, in the forms that servers give it.

Rules kept here
- A content is a text, or parts of one; thoughts among the parts are told apart, and a refusal stands in its place.
- A word, count or probability that is none was not told. Whatever else a server tells is passed over.

    Reply.model_validate(json.loads(body)).choices[0].message.content

What the fields mean is decided in ``chat.py``.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from evitrail.agent.llm.base import Text

THOUGHTS = ("thinking", "reasoning", "reasoning_content")
"""What servers call a part of a content that is a thought."""
SURE = 0.01
"""A logarithm of a probability is not above 0, but for rounding."""


def _joined(parts: object) -> object:
    """A text that came in parts, whole; thoughts among the parts are no text (``_thoughts``)."""
    if not isinstance(parts, list):
        return parts if isinstance(parts, str) else None
    return "".join(
        part if isinstance(part, str) else str(_word(part.get("text")) or _word(part.get("refusal")) or "")
        for part in parts
        if isinstance(part, str) or (isinstance(part, dict) and not _is_thought(part))
    )


def _is_thought(part: dict[str, Any]) -> bool:
    return part.get("type") in THOUGHTS


def _thoughts(parts: object) -> str | None:
    """What was thought aloud among the parts of a content."""
    if not isinstance(parts, list):
        return None
    found = [part for part in parts if isinstance(part, dict) and _is_thought(part)]
    said = [part.get("thinking") or part.get("reasoning") or part.get("text") for part in found]
    return "".join(str(_joined(one) or "") for one in said) or None


def _count(told: object) -> object:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _word(told: object) -> object:
    return told if isinstance(told, str) else None


class Likely(BaseModel):
    """A token that might have come, and how likely that was."""

    token: Text
    logprob: float


class DrawnToken(Likely):
    """The token that came."""

    top_logprobs: tuple[Likely, ...] | None = None


class Logprobs(BaseModel):
    content: tuple[DrawnToken, ...] | None = None


def _readable(told: object) -> Logprobs | None:
    """What was told of tokens; what cannot be read was not told."""
    try:
        read = Logprobs.model_validate(told)
    except ValidationError:
        return None
    return None if any(math.isnan(piece.logprob) or piece.logprob > SURE for piece in read.content or ()) else read


Joined = Annotated[Text | None, BeforeValidator(_joined)]
Count = Annotated[int | None, BeforeValidator(_count)]
Word = Annotated[Text | None, BeforeValidator(_word)]


class Turn(BaseModel):
    """What the model said and thought; servers differ in what they call the latter."""

    content: Joined = None
    thoughts: Text | None = None
    """Those that stood among the parts of the content."""
    reasoning_content: Joined = None
    reasoning: Joined = None
    refusal: Joined = None

    @model_validator(mode="before")
    @classmethod
    def _thoughts_among_parts(cls, told: Any) -> Any:
        return {**told, "thoughts": _thoughts(told.get("content"))} if isinstance(told, dict) else told


class ReplyChoice(BaseModel):
    """One of the answers drawn."""

    index: Annotated[int, BeforeValidator(lambda told: _count(told) or 0)] = 0
    message: Turn
    finish_reason: Word = None
    logprobs: Annotated[Logprobs | None, BeforeValidator(_readable)] = None


class Usage(BaseModel):
    prompt_tokens: Count = None
    completion_tokens: Count = None


class Reply(BaseModel):
    """What of a chat completion is read; whatever else a server tells is passed over."""

    choices: list[ReplyChoice] = Field(min_length=1)
    usage: Annotated[Usage | None, BeforeValidator(lambda told: told if isinstance(told, dict) else None)] = None
    model: Word = None
