"""Language models by name: ``openai:MODEL@URL``, ``vllm:PATH_OR_NAME``, ``hf:PATH_OR_NAME``.

Rules kept here
- A name is what the model's repr says, so that what a trace, a table or a plan names can be asked again.
- What a kind of model needs is imported when one is named; nothing is loaded, and nobody asked, before the first call.

    llm = llm_named("openai:Qwen/Qwen3-4B@http://127.0.0.1:8000/v1")

A kind is one line in ``LLMS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from evitrail.agent.llm.base import LLM
from evitrail.evidence_store.did_you_mean import nearest


def _openai(rest: str) -> LLM:
    """A model of any server that has OpenAI's API, vLLM's among them."""
    from evitrail.agent.llm.server.openai import OpenAILLM

    found = AT.search(rest)
    if not found or not found.start():
        got = "one that is not shown, as it may hold a password" if "@" in rest else repr(f"openai:{rest}")
        raise ValueError(f"expected openai:MODEL@URL, as in openai:qwen3@http://127.0.0.1:8000, got {got}")
    return OpenAILLM(rest[: found.start()], rest[found.start() + 1 :])


def _vllm(rest: str) -> LLM:
    """A model that vLLM's engine runs in this process."""
    from evitrail.agent.llm.in_process.vllm import VllmLLM

    return VllmLLM(rest)


def _transformers(rest: str) -> LLM:
    """A model that transformers runs in this process."""
    from evitrail.agent.llm.in_process.transformers import TransformersLLM

    return TransformersLLM(rest)


LLMS: dict[str, Callable[[str], LLM]] = {
    "hf": _transformers,
    "openai": _openai,
    "vllm": _vllm,
}
"""By what stands before the colon; each is given what stands after it."""

AT = re.compile("@(?=https?:)", re.IGNORECASE)
"""Between a model's name and its server's address."""


@runtime_checkable
class SentKeys(Protocol):
    """A model whose server may want a key."""

    def with_keys(self, key_env: Sequence[str]) -> LLM:
        """The same model, its keys read from these environment variables."""
        ...


def is_llm(spec: str) -> bool:
    """Whether it names a language model, well or badly."""
    kind, colon, _ = spec.partition(":")
    return bool(colon) and kind in LLMS


def llm_named(spec: str, key_env: Sequence[str] = ()) -> LLM:
    """The model of that name; raises ``ValueError`` where it is none. ``key_env``: see ``server/keys.py``."""
    kind, colon, rest = spec.partition(":")
    if not colon or kind not in LLMS or not rest:
        meant = "" if kind in LLMS else nearest(f"{kind}:", [f"{name}:" for name in LLMS])
        known = ", ".join(f"{name}:…" for name in LLMS)
        raise ValueError(f"expected a model as one of {known}, got '{kind}{colon}{'…' if rest else ''}'{meant}")
    made = LLMS[kind](rest)
    return made.with_keys(key_env) if key_env and isinstance(made, SentKeys) else made
