"""The content words of a text, as the store's word search has them: without endings, without function words.

Rules kept here
- One reading of words for all: what BM25 matches is what counts as shared here.
- Words are numbers here, as in the index. They are compared, never shown.

    >>> content("the risks of strokes") == content("Stroke risk")
    True
"""

from __future__ import annotations

from functools import lru_cache

from evitrail.evidence_store.index.words import query_words
from evitrail.evidence_store.model import Header, Passage, indexed_text

ALIKE = 2 / 3
"""What share of the shorter title's words two works on one subject have in common."""

Words = frozenset[int]


@lru_cache(maxsize=16_384)
def content(text: str) -> Words:
    """The content words of ``text``."""
    return frozenset(query_words(text))


def passage_words(passage: Passage) -> Words:
    """The content words of a passage under its title."""
    return content(indexed_text(passage.header.title, passage.text))


def same_subject(one: Header, other: Header) -> bool:
    """Whether two works are about the same thing, as far as their titles tell."""
    if one.id == other.id:
        return True
    a, b = content(one.title), content(other.title)
    return bool(a and b) and len(a & b) >= ALIKE * min(len(a), len(b))
