"""Cuts a text into passages that know where they stand.

Rules kept here
- ``text[start:end]`` is the passage, to the character; passages run forward and leave only blanks uncovered.
- Sentences stay whole where they fit; a text of at most ``size`` tokens is one passage.
- A token is a word or a mark, so the cut depends on no model and no download.
- The ``repr`` is the chunker's name in the index manifest.

llama-index does the cutting; it takes a second to import, so texts that need no cutting never load it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from evitrail.evidence_store.errors import MissingPackageError

_TOKEN = re.compile(r"\w+|[^\w\s]")


class TextSpan(NamedTuple):
    """Where a passage stands in its text."""

    start: int
    end: int


@dataclass(frozen=True)
class Sentences:
    """Whole sentences, up to ``size`` tokens a passage, the last ``overlap`` repeated in the next."""

    size: int = 300
    overlap: int = 50

    def cut(self, text: str) -> tuple[TextSpan, ...]:
        """The passages of ``text``, in order."""
        if len(_TOKEN.findall(text)) <= self.size:
            return (TextSpan(0, len(text)),)
        return _placed(_splitter(self.size, self.overlap).split_text(text), text)


@cache
def _splitter(size: int, overlap: int) -> Any:
    try:
        from llama_index.core.node_parser import SentenceSplitter
    except ImportError as error:
        raise MissingPackageError("cutting long texts needs llama-index; run `pip install llama-index-core`") from error
    return SentenceSplitter(chunk_size=size, chunk_overlap=overlap, tokenizer=_TOKEN.findall)


def _placed(pieces: list[str], text: str) -> tuple[TextSpan, ...]:
    """Where each piece stands. The splitter drops offsets, and a repetitive text has one piece in several places:
    follow every chain in which no piece leaves a gap behind the last, and keep one that ends where the text ends."""
    blank = re.compile(r"\s*")
    chains: dict[TextSpan, tuple[TextSpan, ...]] = {TextSpan(0, 0): ()}
    for piece in pieces:
        longer: dict[TextSpan, tuple[TextSpan, ...]] = {}
        for last, chain in chains.items():
            latest = blank.match(text, last.end).end()  # type: ignore[union-attr]  # \s* always matches
            at = text.find(piece, last.start, latest + len(piece))
            while at >= 0:
                span = TextSpan(at, at + len(piece))
                if span.end > last.end:
                    longer.setdefault(span, (*chain, span))
                at = text.find(piece, at + 1, latest + len(piece))
        chains = longer
    end = len(text.rstrip())
    return next(chain for span, chain in chains.items() if span.end == end)
