"""Text that came from outside, set apart in a prompt so that it cannot speak for the prompt.

Rules kept here
- Each piece stands between two lines that carry a mark. The mark is a hash of all that is fenced in the prompt,
  so a text that ended its own fence would have to hold its own hash.
- What would hold the mark all the same is refused.
- A label is one line of ASCII JSON inside the fence: a title cannot begin a second line. Nor can an option's text.
- Hidden characters are written out, and what a chat template would take for a turn is broken (``outside_text.py``).

    fence = Fence.around(question, passage)
    fence.put("evidence", passage)      # [evidence 3f1c…] … [end of evidence 3f1c…]

Whether a model obeys what it reads is not decided here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from evitrail.agent.model import Claim, Question
from evitrail.agent.reader.prompting.outside_text import outside_text
from evitrail.evidence_store.model import Passage
from evitrail.traces.record import sha256

MARK_DIGITS = 16


@dataclass(frozen=True)
class Fence:
    """The mark that the fences of one prompt carry."""

    mark: str

    @classmethod
    def around(cls, *texts: str) -> Fence:
        """A fence for these texts, the same whenever they are the same."""
        return cls(sha256("\0".join(texts).encode())[-MARK_DIGITS:])

    def put(self, kind: str, text: str) -> str:
        """The text between its two lines."""
        if self.mark in text:
            raise ValueError(f"expected no text to hold the mark of its own fence, got one of {kind} with {self.mark}")
        return f"[{kind} {self.mark}]\n{outside_text(text)}\n[end of {kind} {self.mark}]"


def question_text(question: Question) -> str:
    """The stem, the options one a line, and the day it is asked of."""
    day = [f"As of {question.as_of}."] if question.as_of else []
    options = [f"{letter}. {' '.join(text.splitlines())}" for letter, text in sorted(question.options.items())]
    return "\n".join([question.stem, *day, *options])


def passage_text(passage: Passage) -> str:
    """A passage under its label: id, version, dates, certainty."""
    header = passage.header
    label = {
        "id": header.id,
        "version": header.version,
        "title": header.title,
        "kind": header.kind,
        "published": str(header.published),
        "valid_from": str(header.valid_from),
        "valid_to": str(header.valid_to) if header.valid_to else None,
        "retracted": header.retracted,
        "certainty": header.grade.certainty if header.grade else "unrated",
    }
    return f"{json.dumps(label)}\n{passage.text}"


def claim_text(claim: Claim) -> str:
    """A claim in one line."""
    said = {
        "option": claim.option,
        "stance": claim.stance,
        "strength": claim.strength,
        "certainty": claim.certainty or "unrated",
        "evidence": claim.evidence,
        "quote": claim.quote,
    }
    return json.dumps(said)
