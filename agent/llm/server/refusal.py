"""Why a model server did not answer, in one line: where, what was expected, what was got, what to do.

Rules kept here
- What may be otherwise in a moment is ``Unreachable``: nobody there, too slow, 429, 5xx.
- A prompt that is too long is ``DoesNotFit``, in whichever words a server says so.
- Of what a server says, the beginning of one line is told; nothing where it may repeat the key.

    raise refused(400, body, "http://127.0.0.1:8000/v1")

Pure: nothing is asked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from evitrail.agent.llm.base import DoesNotFit, LLMError, Unreachable

TOO_LONG = re.compile(
    r"context[ _](length|window|size)|max_model_len|maximum (input|model) length|longer than the model"
    r"|prompt is too long|max_(new|total)_tokens",
    re.IGNORECASE,
)
"""How vLLM, SGLang, llama.cpp, TGI and OpenAI say that a prompt does not fit."""
TOLD = 200
"""Characters of what a server said."""


class NotFound(LLMError):
    """Somebody is there, and knows nothing of what was asked for: a model, or all of the API."""


def passing(status: int) -> bool:
    """Whether the same request may be answered when it is sent again."""
    return status == 429 or (status >= 500 and status != 501)


def refused(status: int, body: str, url: str) -> LLMError:
    """A server's refusal."""
    said = _message_of(body)
    if status in (401, 403):
        return LLMError(
            f"{url}: expected to be let in, got {status}; give the server's key in EVITRAIL_LLM_KEY or OPENAI_API_KEY"
        )
    if status in (400, 413, 422) and TOO_LONG.search(body):
        return DoesNotFit(f"{url}: expected a prompt that fits the model, got {status} ({said}); give it less to read")
    got = f"{status} ({said})" if said else f"{status}"
    if status in (404, 405):
        return NotFound(str(not_one(url, got)))
    if passing(status):
        return Unreachable(f"{url}: expected an answer, got {got}; see the server's log, then run the same again")
    return LLMError(f"{url}: expected an answer, got {got}; correct what it complains of")


def not_one(url: str, got: str) -> LLMError:
    """Somebody is there, and speaks another language."""
    return LLMError(
        f"{url}: expected a server with OpenAI's API, got {got}; give its address, as in http://HOST:PORT/v1"
    )


def silent(url: str, why: str, tries: int) -> Unreachable:
    """Nobody answered."""
    times = "once" if tries == 1 else f"{tries} times"
    return Unreachable(
        f"{url}: expected a model server, got {why!r}, {times}; start it (`vllm serve MODEL`) or correct the address"
    )


def no_such_model(url: str, model: str, served: Sequence[str]) -> LLMError:
    """The server is right, the model's name is not; its names are told, nearest first."""
    known = sorted(served, key=lambda name: SequenceMatcher(None, model.lower(), name.lower()).ratio(), reverse=True)
    return LLMError(f"{url}: expected one of its models ({', '.join(known) or 'it serves none'}), got {model!r}")


def excerpt(text: str) -> str:
    """The beginning of what somebody said, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= TOLD else f"{line[:TOLD]}…"


def _message_of(body: str) -> str:
    """The message within, wherever a server puts it; nothing of a page."""
    try:
        value = json.loads(body)
    except ValueError:
        return "" if "<" in body else excerpt(body)
    for key in ("error", "message", "detail"):
        if isinstance(value, dict) and value.get(key):
            value = value[key]
    return excerpt(value if isinstance(value, str) else json.dumps(value) if value else "")
