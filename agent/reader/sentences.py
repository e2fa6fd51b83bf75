"""Cut a text into sentences that know where they stand.

Rules kept here
- Every sentence is a slice: ``sentence.text == text[sentence.start:sentence.end]``, without surrounding spaces.
- Sentences run forward, never overlap, and leave out nothing but the space between them.
- A semicolon, a line end and a full stop without a space after it ("…oxygen.The next") end a sentence too:
  in guidelines each half is a statement of its own.

    >>> [s.text for s in sentences("Screen adults aged 45 to 75 years. Do not screen after 85.")]
    ['Screen adults aged 45 to 75 years.', 'Do not screen after 85.']

This module knows a few abbreviations and no grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

BOUNDARY = re.compile(
    r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9•*\-])"  # a stop, a space, a beginning
    r"|(?<=[a-z)\]%]\.)(?=[A-Z][a-z])"  # a stop and no space, as in scanned explanations
    r"|(?<=;)\s+"
    r"|\s*\n\s*"
)
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|vs|cf|al|etc|approx|Dr|Fig|No|St|Ref|Rec)|\b[A-Z])\.$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and its character offsets."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of ``text`` in order."""
    found: list[Sentence] = []
    start = 0
    for mark in BOUNDARY.finditer(text):
        if "\n" not in mark.group() and ABBREVIATION.search(text, start, mark.start()):
            continue
        found += _trimmed(text, start, mark.end())
        start = mark.end()
    return (*found, *_trimmed(text, start, len(text)))


def _trimmed(text: str, start: int, end: int) -> list[Sentence]:
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    end -= len(body) - len(body.rstrip())
    return [Sentence(text[start:end], start, end)] if start < end else []
