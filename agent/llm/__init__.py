"""Who is asked? Language models: what is said to them, what they say, and every call recorded."""

from evitrail.agent.llm.base import (
    LLM,
    Completion,
    CountsTokens,
    Cut,
    DoesNotFit,
    LLMError,
    Message,
    Prompt,
    Token,
    Unreachable,
    recorded,
)
from evitrail.agent.llm.scripted import ScriptedLLM

__all__ = [
    "LLM",
    "Completion",
    "CountsTokens",
    "Cut",
    "DoesNotFit",
    "LLMError",
    "Message",
    "Prompt",
    "ScriptedLLM",
    "Token",
    "Unreachable",
    "recorded",
]
