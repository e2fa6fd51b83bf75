"""The tokens of a text: its words, as ``agent/reader/terms.py`` reads them, and its numerals."""

from __future__ import annotations

from evitrail.agent.reader.extractive.quantities import numerals
from evitrail.agent.reader.terms import terms


def tokens(text: str) -> frozenset[str]:
    """The words of ``text`` and the numerals in it."""
    return terms(text).words | numerals(text)
