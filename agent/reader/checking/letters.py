"""Letters in an answer in words: what the published parser finds, and the guards on what a judge confirms.

Rules kept here
- ``parsed_letter`` is the parser of the published code, faults included: "Based on the CT, C" is B to it. What it
  finds is kept beside what was confirmed, and counts nowhere.
- A letter occurs in a text where no letter or digit stands beside it. A small one must be marked as one, "(b)": the
  article in "a stroke" is none.
- A judge's letter counts only where it said "yes" (guard 1) and the letter occurs in the words (guard 2).

    >>> parsed_letter("A stroke is likely, so C"), sole_letter(" C\n", "ABCD"), occurs("C", "B cell, C-reactive")
    ('A', 'C', True)

After sections 2.5 and 2.6 of the SaFE-Scale specification (code at commit 09c18f0). Which letter a text *selects* is
not decided here: that is ``explicit_letter.py``, or a judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

PUBLISHED_LETTERS = "ABCDE"

ALONE = r"(?<![^\W_]){}(?![^\W_])"
"""No letter or digit on either side."""
MARKED = r"(?:(?<=[(\[{{*`]){0}(?![^\W_])|(?<![^\W_]){0}(?=[)\]}}*`]))"


class Guarded(NamedTuple):
    """What is left of a judge's letter."""

    letter: str | None
    override: Literal["letter_not_in_raw"] | None = None


def parsed_letter(raw: str | None) -> str | None:
    """The first character if it is one of A to E, else the first of them that stands alone anywhere."""
    text = (raw or "").strip()
    if text[:1] and text[0] in PUBLISHED_LETTERS:
        return text[0]
    found = re.search(ALONE.format(f"([{PUBLISHED_LETTERS}])"), text)
    return found[1] if found else None


def sole_letter(raw: str | None, letters: Iterable[str]) -> str | None:
    """The letter that is all of an answer, spaces and case apart; None where it is anything else."""
    text = (raw or "").strip().casefold()
    return next((letter for letter in letters if text == letter.casefold()), None)


def occurs(letter: str, raw: str | None) -> bool:
    """Whether the letter stands in the text with no letter or digit beside it."""
    capital, small = ALONE.format(re.escape(letter)), MARKED.format(re.escape(letter.lower()))
    return re.search(f"{capital}|{small}", raw or "") is not None


def said_yes(clear: str | None, letter: str | None) -> str | None:
    """Guard 1: a letter counts where the judge said "yes", whatever else it said."""
    return letter if clear == "yes" else None


def guarded(clear: str | None, letter: str | None, raw: str | None) -> Guarded:
    """Both guards: the letter that counts, and whether the second one took it away."""
    kept = said_yes(clear, letter)
    if kept is None or occurs(kept, raw):
        return Guarded(kept)
    return Guarded(None, "letter_not_in_raw")
