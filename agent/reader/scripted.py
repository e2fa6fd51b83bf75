"""A reader that says what it was told to say: for tests, for examples, and for breaking things on purpose.

    ScriptedReader(answers={"rad-001": "B"}, adequate_after=2)

It quotes the first passage it is given for the scripted option, judges the evidence adequate once it
has seen ``adequate_after`` passages, and votes for the scripted option every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import Ballots, Choice, Claim, Critique, Decoding, Query, Question, Synthesis
from evitrail.retrieval.base import Hit
from evitrail.traces.record import content_id


@dataclass(frozen=True)
class ScriptedReader:
    """Answers by the script; a question not in it is abstained from."""

    answers: Mapping[str, str] = field(default_factory=dict)
    adequate_after: int = 1

    @property
    def deterministic(self) -> bool:
        return True

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """The stem, then the stem with a number on it."""
        text = question.stem if not asked else f"{question.stem} ({len(asked) + 1})"
        return Query(text=text, reason="scripted")

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """Adequate once enough passages have been seen."""
        return Critique(adequate=len(hits) >= self.adequate_after, reason=f"{len(hits)} passages seen")

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """One claim: the first passage supports the scripted option."""
        option = self.answers.get(question.id)
        if option is None or not hits:
            return Synthesis(claims=(), note="nothing scripted" if hits else "no evidence was given")
        passage = hits[0].passage
        grade = passage.header.grade
        claim = Claim(
            option=option,
            stance="supports",
            strength=1.0,
            quote=passage.text,
            passage=passage.id,
            start=0,
            end=len(passage.text),
            certainty=grade.certainty if grade else None,
        )
        return Synthesis(claims=(claim,), note="as scripted")

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """The scripted option, by acclamation."""
        option = self.answers.get(question.id)
        votes = Ballots(votes=(option,) * decoding.samples, temperature=decoding.temperature, seed=decoding.seed)
        return Choice(
            option=option,
            logits={letter: float(letter == option) for letter in sorted(question.options)},
            claims=tuple(content_id(claim) for claim in synthesis.claims),
            reason="as scripted" if option else "nothing scripted for this question",
            ballots=votes,
        )
