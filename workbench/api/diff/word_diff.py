"""What changed from one text to another, word by word.

Rules kept here
- A word stands with the blanks after it. What is the same in both is told as the newer text has it; so the parts that
  are the same or new make up the newer text.
- One or two words that stay between two longer changes are told as changed too: a text in crumbs cannot be read.
- Of texts with more than ``MOST`` words, sentences are compared: the time that words take grows with their square.

    >>> word_diff("repeat CT at 3 months", "repeat CT at 6 months")
    (('=', 'repeat CT at '), ('-', '3 '), ('+', '6 '), ('=', 'months'))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Literal

Op = Literal["=", "-", "+"]
Change = tuple[Op, str]
Span = tuple[bool, int, int, int, int]
"""Whether both are the same there, and from where to where in either."""

MOST = 4000
"""Words of either text up to which words are compared."""
CRUMB = 2
"""Words that, the same in both, are yet no part to read by itself between two changes."""
TOKEN = re.compile(r"\s+|(?:\w+(?:[.,:/–-]\w+)*|[^\w\s])\s*")
SENTENCE = re.compile(r".+?(?:[.!?]\s+|\n+|$)", re.DOTALL)


def word_diff(old: str, new: str) -> tuple[Change, ...]:
    """The parts of both texts in order: the same ``=``, only in the old ``-``, only in the new ``+``."""
    a, b = TOKEN.findall(old), TOKEN.findall(new)
    if max(len(a), len(b)) > MOST:
        a, b = SENTENCE.findall(old), SENTENCE.findall(new)
    matcher = SequenceMatcher(None, [one.strip() for one in a], [one.strip() for one in b], autojunk=False)
    spans = [(op == "equal", a_from, a_to, b_from, b_to) for op, a_from, a_to, b_from, b_to in matcher.get_opcodes()]
    return tuple(_parts(_without_crumbs(spans), a, b))


def _without_crumbs(given: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for at, (same, a, a_end, b, b_end) in enumerate(given):
        inside = 0 < at < len(given) - 1
        crumb = same and inside and a_end - a <= CRUMB and min(_size(given[at - 1]), _size(given[at + 1])) > CRUMB
        changed = not same or crumb
        if changed and kept and not kept[-1][0]:
            kept[-1] = (False, kept[-1][1], a_end, kept[-1][3], b_end)
        else:
            kept.append((not changed, a, a_end, b, b_end))
    return kept


def _size(span: Span) -> int:
    _, a, a_end, b, b_end = span
    return max(a_end - a, b_end - b)


def _parts(spans: Iterable[Span], a: list[str], b: list[str]) -> Iterator[Change]:
    for same, a_from, a_to, b_from, b_to in spans:
        if same:
            yield "=", "".join(b[b_from:b_to])
            continue
        if a_to > a_from:
            yield "-", "".join(a[a_from:a_to])
        if b_to > b_from:
            yield "+", "".join(b[b_from:b_to])
