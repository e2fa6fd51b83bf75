"""Why a model server did not answer, in one line: where, what was expected, what was got, what to do.

Rules kept here
- What may be otherwise in a moment is ``Unreachable``: nobody there, too slow, 429, 5xx.
- A prompt that is too long is ``DoesNotFit``, in whichever words a server says so.
- Of what a server says, the beginning of one line is told, without any key that was sent to it.
- A server that refuses one parameter of a request (``RefusedParameter``) may be asked without it.

    raise refused(400, body, "http://127.0.0.1:8000/v1")

Pure: nothing is asked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from evitrail.agent.llm.base import DoesNotFit, LLMError, Unreachable
from evitrail.traces.known_secrets import SECRETS, masked

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


class RefusedParameter(LLMError):
    """A server that does not take one of the parameters of a request."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


PARAMETERS = (
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "n",
    "seed",
    "top_logprobs",
    "logprobs",
    "response_format",
    "structured_outputs",
)
"""What of a request a server may refuse by name."""
QUOTED = re.compile(rf"['\"`]({'|'.join(PARAMETERS)})['\"`]")
NAMED = re.compile(rf"\b({'|'.join(name for name in PARAMETERS if len(name) > 1)})\b")
UNTAKEN = re.compile(
    r"unsupported|not supported|does not support|not permitted|not allowed|extra inputs|extra fields|unexpected|unknown"
    r"|unrecogni[sz]ed|deprecated|only the default|must be 1\b|not available|incompatible",
    re.IGNORECASE,
)
"""How OpenAI, vLLM, LiteLLM, Mistral and Azure say that they do not take a parameter, or none but its default."""


def passing(status: int) -> bool:
    """Whether the same request may be answered when it is sent again."""
    return status == 429 or (status >= 500 and status != 501)


def refused(status: int, body: str, url: str, to: str = "") -> LLMError:
    """A server's refusal; ``to`` is where it says to ask instead."""
    said = _message_of(body)
    if status in (401, 403):
        return LLMError(
            f"{url}: expected to be let in, got {status}; give its key in EVITRAIL_LLM_KEY (OPENAI_API_KEY for"
            " OpenAI's own server), or name its variable with --key-env"
        )
    if 300 <= status < 400:
        where = masked(excerpt(to)) or "nowhere"
        return LLMError(
            f"{url}: expected an answer, got {status}, which points to {where}; redirects are not followed, so give the"
            " address itself"
        )
    if status in (400, 413, 422) and TOO_LONG.search(body):
        return DoesNotFit(f"{url}: expected a prompt that fits the model, got {status} ({said}); give it less to read")
    got = f"{status} ({said})" if said else f"{status}"
    if status in (400, 422) and (parameter := _refused_parameter(body)):
        said = f"{url}: expected an answer, got {got}; correct what it complains of"
        return RefusedParameter(said, parameter)
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
    """The beginning of what somebody said, on one line, without the secrets that are known."""
    line = SECRETS.hidden(" ".join(text.split()))
    return line if len(line) <= TOLD else f"{line[:TOLD]}…"


def _refused_parameter(body: str) -> str | None:
    """The parameter that a server does not take: the one it names as such, or else the first that it speaks of."""
    if not UNTAKEN.search(body):
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = body
    named = next((name for name in _pointed_at(value) if name in PARAMETERS), None)
    said = _plain(value)
    found = QUOTED.search(said) or NAMED.search(said)
    return named or (found[1] if found else None)


def _pointed_at(value: object) -> Iterator[str]:
    """The names that an error points at: OpenAI's ``param``, the end of each ``loc`` of FastAPI's."""
    if isinstance(value, list):
        for one in value:
            yield from _pointed_at(one)
    elif isinstance(value, dict):
        yield from _pointed_at(value.get("error"))
        yield from _pointed_at(value.get("detail"))
        loc = value.get("loc")
        yield from map(str, [value.get("param"), *(loc[-1:] if isinstance(loc, list) else [])])


def _plain(value: object) -> str:
    """All that a JSON value says, its keys left away."""
    if isinstance(value, dict):
        return " ".join(_plain(one) for one in value.values())
    return " ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _message_of(body: str) -> str:
    """The message within, wherever a server puts it; nothing of a page."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "" if "<" in body else excerpt(body)
    for key in ("error", "message", "detail"):
        if isinstance(value, dict) and value.get(key):
            value = value[key]
    return excerpt(value if isinstance(value, str) else json.dumps(value) if value else "")
