"""Who is asked? Language models: what is said to them, what they say, and every call recorded."""

from evitrail.agent.llm.base import (
    LLM,
    Completion,
    Cut,
    DoesNotFit,
    LLMError,
    Measured,
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
    "Cut",
    "DoesNotFit",
    "LLMError",
    "Measured",
    "Message",
    "Prompt",
    "ScriptedLLM",
    "Token",
    "Unreachable",
    "recorded",
]
