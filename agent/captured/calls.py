"""A foreign model call as a ``Prompt`` and a ``Completion``, as our own calls are recorded.

Rules kept here
- Every message in full. A role that our prompts do not have stands for the nearest one. The message as it was,
  and whatever else the call was sent (tools, a format), is an input of the step beside the prompt.
- The step's parameters name the model. What nobody stated of the call is None in its prompt.
- A completion that calls tools has the calls, as JSON, after its text.
- Token counts and the finish reason are taken where servers put them; not found is None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from evitrail.agent.captured.plain import as_json, clean
from evitrail.agent.captured.records import CapturedValues
from evitrail.agent.llm.base import Completion, Message, Prompt
from evitrail.traces.record import Record

ROLES: dict[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "assistant": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
}
STATED = ("temperature", "max_tokens", "seed")
"""Fields of a prompt that a call, or else the model, may state, and None where neither does."""
PROMPT_TOKENS = ("prompt_tokens", "input_tokens", "prompt_eval_count", "prompt_token_count")
COMPLETION_TOKENS = ("completion_tokens", "output_tokens", "eval_count", "candidates_token_count")
REASONS = ("finish_reason", "stop_reason", "done_reason")


def prompt_of(arguments: Mapping[str, Any], model: Any) -> tuple[dict[str, Record], dict[str, Any]]:
    """What a model is given, the prompt and what is sent beside it; and the step's parameters."""
    sent = dict(arguments)
    messages = sent.pop("messages", None)
    text = sent.pop("prompt", "")
    sent.pop("formatted", None)  # llama-index's own flag; it goes to no model
    said = [text] if messages is None else list(messages)
    stated = {name: _stated(name, sent, model) for name in STATED}
    drawn = {"n": _stated("n", sent, model) or 1}
    prompt = Prompt(messages=tuple(map(_message, said)) or (Message(role="user", content=""),), **stated, **drawn)
    beside = {name: value for name, value in sent.items() if {**stated, **drawn}.get(name) is None}
    if unlike := [one for one in said if not isinstance(one, str) and _has_more(one)]:
        beside["messages"] = unlike
    inputs: dict[str, Record] = {
        "prompt": prompt,
        **({"beside": CapturedValues(value=as_json(beside))} if beside else {}),
    }
    return inputs, {"model": model_name(model)}


def completion_of(response: Any, model: str) -> Completion:
    """What a model answered: a completion's text, or a chat's message with the tools it calls."""
    message = getattr(response, "message", None)
    text = getattr(response, "text", None) if message is None else _content(message)
    calls = [] if message is None else _calls(message)
    if calls:
        text = "\n".join(filter(None, (text, json.dumps({"tool_calls": as_json(calls)}, ensure_ascii=False))))
    raw, told = getattr(response, "raw", None), getattr(response, "additional_kwargs", None)
    places = [told, _look(raw, "usage"), _look(raw, "usage_metadata"), raw]
    reason = _first([told, *(_look(raw, "choices") or ())[:1], raw], REASONS)
    return Completion(
        texts=(clean(str(text or "")),),
        finish_reasons=(clean(str(getattr(reason, "value", reason))) if reason is not None else None,),
        prompt_tokens=_count(_first(places, PROMPT_TOKENS)),
        completion_tokens=_count(_first(places, COMPLETION_TOKENS)),
        model=model,
    )


def model_name(model: Any) -> str:
    """What the model is called, by its own account."""
    told = getattr(getattr(model, "metadata", None), "model_name", None)
    return clean(str(told)) if told and told != "unknown" else type(model).__name__


def _stated(name: str, sent: Mapping[str, Any], model: Any) -> float | int | None:
    found = sent.get(name, getattr(model, name, None))
    least = {"temperature": 0, "seed": None}.get(name, 1)
    whole = name != "temperature"
    if isinstance(found, bool) or not isinstance(found, int if whole else (int, float)):
        return None
    return None if least is not None and not found >= least else found


def _message(said: Any) -> Message:
    if isinstance(said, str):
        return Message(role="user", content=clean(said))
    return Message(role=ROLES.get(_role(said), "user"), content=clean(_content(said)))


def _role(message: Any) -> str:
    role = getattr(message, "role", "user")
    return str(getattr(role, "value", role))


def _content(message: Any) -> str:
    """A message's text; what is not text stands there by its name."""
    blocks = getattr(message, "blocks", None)
    if not blocks:
        return str(getattr(message, "content", None) or "")
    return "\n".join(_block_text(block) for block in blocks if not _is_call(block))


def _block_text(block: Any) -> str:
    said = getattr(block, "text", getattr(block, "content", None))
    return said if isinstance(said, str) else f"[{getattr(block, 'block_type', 'block')}]"


def _has_more(message: Any) -> bool:
    """Whether our message cannot hold all of this one."""
    foreign = _role(message) not in ("system", "user", "assistant")
    others = any(getattr(block, "block_type", "text") != "text" for block in getattr(message, "blocks", None) or ())
    return foreign or others or bool(getattr(message, "additional_kwargs", None))


def _calls(message: Any) -> list[Any]:
    blocks = [block for block in getattr(message, "blocks", None) or () if _is_call(block)]
    return blocks or list((getattr(message, "additional_kwargs", None) or {}).get("tool_calls") or ())


def _is_call(block: Any) -> bool:
    return getattr(block, "block_type", None) == "tool_call"


def _look(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _first(places: Iterable[Any], names: Iterable[str]) -> Any:
    known = list(names)
    return next((found for place in places for name in known if (found := _look(place, name)) is not None), None)


def _count(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) else None
