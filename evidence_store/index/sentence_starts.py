"""Finds where the sentences of a text begin, in time that grows with the text and not faster.

Rules kept here
- nltk's Punkt tokenizer decides, untrained: it needs no download.
- Punkt gives up on what takes it five seconds, which a long text does on a slow machine. So it is handed blocks of a
  bounded length, and the result depends on no clock.
- A block ends between two words that stand side by side, far from any mark that could end a sentence, so that Punkt
  finds what it finds in the whole text. Where there is no such place within a block's length, the block ends there all
  the same; a sentence then ends a few words off at worst.

    list(sentence_starts("Aspirin helps. It costs little."))     # [0, 15]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from evitrail.evidence_store.errors import MissingPackageError

BLOCK = 20_000
"""Characters after which a block ends at the next good place, and at twice as many in any place."""
_BETWEEN_WORDS = re.compile(r"[^\W\d_][ \t\n\r]+[^\W\d_]+[ \t\n\r]+(?=[^\W\d_])")


def sentence_starts(text: str) -> Iterator[int]:
    """Where each sentence begins, in order; the first begins at 0."""
    yield 0
    for start, end in _blocks(text):
        found = _punkt().span_tokenize(text[start:end])
        next(found, None)  # what a block begins with goes on from the one before
        yield from (start + sentence for sentence, _ in found)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > BLOCK:
        good = _BETWEEN_WORDS.search(text, start + BLOCK, start + 2 * BLOCK)
        end = min(good.end() if good else start + 2 * BLOCK, len(text))
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)


@cache
def _punkt() -> Any:
    try:
        from nltk.tokenize.punkt import PunktSentenceTokenizer
    except ImportError as error:
        raise MissingPackageError("cutting long texts needs nltk; run `pip install nltk`") from error
    return PunktSentenceTokenizer()
