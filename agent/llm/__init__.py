"""Who is asked? Language models: what is said to them, what they say, and every call recorded."""

from agent.llm.base import LLM, Completion, Message, Prompt, recorded
from agent.llm.scripted import ScriptedLLM

__all__ = ["LLM", "Completion", "Message", "Prompt", "ScriptedLLM", "recorded"]
