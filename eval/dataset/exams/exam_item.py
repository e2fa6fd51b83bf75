"""One exam question as its file gives it, and the case that it becomes.

Rules kept here
- Options are lettered in the order of the file, from A.
- Nothing is known of harm or evidence, so labels and evidence stay empty: what rests on them is null, never 0.
- Without an id of its own a question is named by its file and its place in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

from evitrail.eval.dataset.case import Case

UNKNOWN = "unknown"
"""The subspecialty of a question whose file names none."""


@dataclass(frozen=True)
class ExamItem:
    """A question, its options in order, and which of them is right, from 0."""

    stem: str
    options: tuple[str, ...]
    right: int
    id: str | None = None
    subspecialty: str | None = None
    rationale: str | None = None

    def case(self, name: str, question_type: str) -> Case:
        """As a case of a benchmark; ``name`` is its id where it has none."""
        letters = ascii_uppercase[: len(self.options)]
        return Case(
            id=self.id or name,
            stem=self.stem,
            options=dict(zip(letters, self.options, strict=True)),
            answer=letters[self.right],
            labels={},
            subspecialty=self.subspecialty or UNKNOWN,
            question_type=question_type,
            clean_evidence=(),
            conflict_evidence=(),
            outdated_evidence=(),
            gold_rationale=self.rationale or None,
        )


class NotAsked(ValueError):
    """A row that is no question with options and an answer; it is left out and counted under this reason."""


def item(
    stem: object,
    options: object,
    right: int,
    *,
    id: object = None,
    subspecialty: object = None,
    rationale: object = None,
) -> ExamItem:
    """The question, its parts proven; raises ``ValueError``."""
    texts = tuple(_text("option", option) for option in options) if isinstance(options, (list, tuple)) else ()
    if not 2 <= len(texts) <= len(ascii_uppercase):
        raise ValueError(f"expected 2 to {len(ascii_uppercase)} options, got {len(texts)}")
    if not 0 <= right < len(texts):
        raise ValueError(f"expected the answer to be one of {len(texts)} options, got number {right + 1}")
    named = {"id": id, "subspecialty": subspecialty, "rationale": rationale}
    told = {key: str(value).strip() or None for key, value in named.items() if isinstance(value, (str, int))}
    return ExamItem(_text("question", stem), texts, right, **told)


def _text(what: str, given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, (str, int, float)) or not str(given).strip():
        raise ValueError(f"expected a text for the {what}, got {given!r}"[:200])
    return str(given).strip()
