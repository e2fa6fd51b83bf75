"""Cuts a text into passages that know where they stand.

Rules kept here
- ``text[start:end]`` is the passage, to the character; passages run forward and leave only blanks uncovered.
- Sentences stay whole where they fit; a text of at most ``size`` tokens is one passage.
- A token is a word or a mark, so the cut depends on no model and no download.
- The work grows with the length of the text and not faster, whatever the text is.
- The ``repr`` is the chunker's name in the index manifest.

The cut is the one that llama-index's ``SentenceSplitter`` makes, which the tests compare it with. That one is not
called, because it does not say where a passage stands, and gives up on a long text. Texts that need no cutting load
nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

from evitrail.evidence_store.index.sentence_starts import BLOCK, sentence_starts

_TOKEN = re.compile(r"\w+|[^\w\s]")
_CLAUSE = re.compile(r"[^,.;。？！]+[,.;。？！]?|[,.;。？！]")
PARAGRAPH = "\n\n\n"
"""What stands between paragraphs."""
DEEPEST = 20
"""Levels of parts within parts at which sentences are looked for: a sentence by itself may turn out to be two, and the
second of them two again, without end. From the third level on only in what is no longer than a block."""


class TextSpan(NamedTuple):
    """Where a passage stands in its text."""

    start: int
    end: int


class Piece(NamedTuple):
    """A part of a text that is not cut any further."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True)
class Sentences:
    """Whole sentences, up to ``size`` tokens a passage, the last ``overlap`` repeated in the next."""

    size: int = 300
    overlap: int = 50

    def cut(self, text: str) -> tuple[TextSpan, ...]:
        """The passages of ``text``, in order."""
        if _tokens(text) <= self.size:
            return (TextSpan(0, len(text)),)
        return tuple(span for start, end in self._passages(text) if (span := _stripped(text, start, end)))

    def _passages(self, text: str) -> Iterator[tuple[int, int]]:
        """Pieces put together for as long as they fit; a passage begins with the last few of the one before."""
        held: deque[Piece] = deque()
        load, grown = 0, False
        for piece in _pieces(text, 0, len(text), self.size):
            if grown and load + piece.tokens > self.size:
                yield held[0].start, held[-1].end
                load, grown = _shortened(held, load, self.overlap), False
            if not grown:
                load = _shortened(held, load, self.size - piece.tokens)
            held.append(piece)
            load, grown = load + piece.tokens, True
        yield held[0].start, held[-1].end


def _shortened(held: deque[Piece], load: int, room: int) -> int:
    """Let go of the first pieces until the rest has no more tokens than there is room for; returns how many it has."""
    while held and load > room:
        load -= held.popleft().tokens
    return load


def _pieces(text: str, start: int, end: int, size: int, level: int = 0) -> Iterator[Piece]:
    """The text in parts of at most ``size`` tokens: paragraphs, else sentences, clauses, words, characters."""
    parts = _parts(text[start:end], level)
    first, second = next(parts), next(parts, None)
    for part in chain([first], [] if second is None else [second], parts):
        at, to = start + part[0], start + part[1]
        tokens = _tokens(text[at:to])
        if tokens <= size or second is None:
            yield Piece(at, to, tokens)
        else:
            yield from _pieces(text, at, to, size, level + 1)


def _parts(text: str, level: int) -> Iterator[tuple[int, int]]:
    """Where the parts of a text stand, by the first way to cut it that gives more than one."""
    for cuts in WAYS:
        if cuts is sentence_starts and level > 1 and (level >= DEEPEST or len(text) > BLOCK):
            continue
        starts = iter(cuts(text))
        first, second = next(starts, None), next(starts, None)
        if second is not None:
            return pairwise(chain([first or 0, second], starts, [len(text)]))
    return iter([(0, len(text))])


def _before(separator: str) -> Callable[[str], Iterator[int]]:
    """Cuts before each separator; two parts are never empty."""

    def starts(text: str) -> Iterator[int]:
        yield 0
        yield from (found.start() for found in re.finditer(re.escape(separator), text) if found.start())

    return starts


def _clauses(text: str) -> Iterator[int]:
    return (found.start() for found in _CLAUSE.finditer(text))


def _characters(text: str) -> Iterable[int]:
    return range(len(text))


WAYS: tuple[Callable[[str], Iterable[int]], ...] = (
    _before(PARAGRAPH),
    sentence_starts,
    _clauses,
    _before(" "),
    _characters,
)
"""The ways to cut, those that leave most together first; each gives the places where parts begin."""


def _tokens(text: str) -> int:
    return len(_TOKEN.findall(text))


def _stripped(text: str, start: int, end: int) -> TextSpan | None:
    """The span without the blanks round it; None where it holds nothing else."""
    inner = text[start:end]
    start += len(inner) - len(inner.lstrip())
    return TextSpan(start, start + len(inner.strip())) if inner.strip() else None
