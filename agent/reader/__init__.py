"""Readers: what turns evidence into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.agent.reader.base import Fit as Fit
    from evitrail.agent.reader.base import Fitting as Fitting
    from evitrail.agent.reader.base import Reader as Reader
    from evitrail.agent.reader.base import Recording as Recording
    from evitrail.agent.reader.direct import DirectReader as DirectReader
    from evitrail.agent.reader.extractive.extractive import ExtractiveReader as ExtractiveReader
    from evitrail.agent.reader.named import READERS as READERS
    from evitrail.agent.reader.named import reader_named as reader_named
    from evitrail.agent.reader.prompted import PromptedReader as PromptedReader
    from evitrail.agent.reader.prompting.templates import Prompts as Prompts
    from evitrail.agent.reader.scripted import ScriptedReader as ScriptedReader

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "base": ("Fit", "Fitting", "Reader", "Recording"),
        "direct": ("DirectReader",),
        "extractive.extractive": ("ExtractiveReader",),
        "named": ("READERS", "reader_named"),
        "prompted": ("PromptedReader",),
        "prompting.templates": ("Prompts",),
        "scripted": ("ScriptedReader",),
    },
)
