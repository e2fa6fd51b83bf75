r"""The claims of an answer: its sentences that state something, each with its place.

Rules kept here
- A claim is a sentence as ``agent/reader/sentences.py`` cuts it, so a semicolon or a line end begins another. A mark or
  number before an item of a list is left out.
- A question states nothing, nor does a line without a word or number that could be looked up.
- Two statements that "and" joins within a sentence stay one claim, and are judged together.

    >>> [claim.text for claim in claims_in("Repeat the CT at 12 months; PET misleads. Why?\n- No biopsy is needed.")]
    ['Repeat the CT at 12 months;', 'PET misleads.', 'No biopsy is needed.']
"""

from __future__ import annotations

import re

from evitrail.agent.claims.values import AnswerClaim
from evitrail.agent.reader.extractive.tokens import tokens
from evitrail.agent.reader.sentences import sentences

ITEM = re.compile(r"(?:[-*•–]|\(?\d{1,2}[.)])\s+")
"""What stands before an item of a list."""


def claims_in(answer: str) -> tuple[AnswerClaim, ...]:
    """The claims of an answer in order."""
    found = []
    for sentence in sentences(answer):
        mark = ITEM.match(sentence.text)
        start = sentence.start + (mark.end() if mark else 0)
        text = answer[start : sentence.end]
        if tokens(text) and not ITEM.fullmatch(f"{text} ") and not text.rstrip("\"')]").endswith("?"):
            found.append(AnswerClaim(text=text, start=start, end=sentence.end))
    return tuple(found)
