"""Readers: what turns evidence into an answer, by the name a plan or the command line calls them."""

from collections.abc import Callable

from agent.reader.base import Reader, Recording
from agent.reader.extractive import ExtractiveReader
from agent.reader.features import Embed
from agent.reader.prompted import PromptedReader
from agent.reader.scripted import ScriptedReader
from agent.reader.templates import Prompts

READERS: dict[str, Callable[[Embed], Reader]] = {
    "extractive": lambda embed: ExtractiveReader(embed=embed),
    "scripted": lambda embed: ScriptedReader(),
}
"""Each is handed the store's embedding function, and may ignore it. A prompted reader needs a model as well."""

__all__ = ["READERS", "ExtractiveReader", "PromptedReader", "Prompts", "Reader", "Recording", "ScriptedReader"]
