"""Who is asked? Language models: what is said to them, what they say, and every call recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.agent.llm.base import LLM as LLM
    from evitrail.agent.llm.base import Completion as Completion
    from evitrail.agent.llm.base import CountsTokens as CountsTokens
    from evitrail.agent.llm.base import Cut as Cut
    from evitrail.agent.llm.base import DoesNotFit as DoesNotFit
    from evitrail.agent.llm.base import LLMError as LLMError
    from evitrail.agent.llm.base import Message as Message
    from evitrail.agent.llm.base import Prompt as Prompt
    from evitrail.agent.llm.base import Token as Token
    from evitrail.agent.llm.base import Unreachable as Unreachable
    from evitrail.agent.llm.base import recorded as recorded
    from evitrail.agent.llm.scripted import ScriptedLLM as ScriptedLLM

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "base": (
            "LLM",
            "Completion",
            "CountsTokens",
            "Cut",
            "DoesNotFit",
            "LLMError",
            "Message",
            "Prompt",
            "Token",
            "Unreachable",
            "recorded",
        ),
        "scripted": ("ScriptedLLM",),
    },
)
