"""A reader that is nearly perfect: it knows what each labelled version says, and reads nothing else.

It shows the attribution what a strong model would show: hardly any failure but the injected one. Like any reader it
sees only what it is handed: what was not served it does not know, and what was out of force on the day it leaves aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import Ballots, Choice, Claim, Critique, Decoding, Query, Question, Synthesis
from evitrail.evidence_store.grading.grade import rank
from evitrail.retrieval.base import Hit
from evitrail.traces.record import content_id


@dataclass(frozen=True)
class TableReader:
    """Reads by a table of what each version speaks for, question by question."""

    name: str
    """Names the table in traces."""
    speaks: Mapping[str, Mapping[str, str]] = field(repr=False, compare=False)
    """By question, the option that each evidence version speaks for."""
    titles: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """By question, the title it asks for when it has to search again."""

    @property
    def deterministic(self) -> bool:
        return True

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """The title of what decides."""
        text = self.titles.get(question.id, question.stem)
        return Query(text=text if text not in asked else f"{text} ({len(asked) + 1})", reason="by the table")

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """Adequate where something is known of a passage."""
        known = self._claims(question, hits)
        weak = tuple(sorted(question.options.keys() - {claim.option for claim in known}))
        return Critique(adequate=bool(known), reason=f"{len(known)} passages known", weak_options=weak)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """For each known passage in force, what it speaks for."""
        claims = self._claims(question, hits)
        return Synthesis(claims=claims, note=f"{len(claims)} of {len(hits)} passages known")

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """The option of the surest evidence; abstains where there is none, or two are as sure."""
        totals = dict.fromkeys(sorted(question.options), 0.0)
        for claim in synthesis.claims:
            if claim.stance == "supports":
                totals[claim.option] = max(totals[claim.option], claim.strength)
        best = max(totals.values())
        leaders = [letter for letter, total in totals.items() if total == best]
        option = leaders[0] if best > 0 and len(leaders) == 1 else None
        return Choice(
            option=option,
            logits=totals,
            claims=tuple(content_id(claim) for claim in synthesis.claims if claim.option == option),
            reason="the surest evidence" if option else "nothing decides",
            ballots=Ballots(votes=(option,) * decoding.samples, temperature=decoding.temperature, seed=decoding.seed),
        )

    def _claims(self, question: Question, hits: Sequence[Hit]) -> tuple[Claim, ...]:
        table = self.speaks.get(question.id, {})
        return tuple(
            _claim(hit, table[hit.passage.ref]) for hit in hits if hit.passage.ref in table and _holds(question, hit)
        )


def _holds(question: Question, hit: Hit) -> bool:
    header = hit.passage.header
    return not header.retracted and (question.as_of is None or header.holds_on(question.as_of))


def _claim(hit: Hit, option: str) -> Claim:
    header, text = hit.passage.header, hit.passage.text
    return Claim(
        option=option,
        stance="supports",
        strength=1.0 + rank(header.grade),
        quote=text,
        passage=hit.passage.id,
        start=0,
        end=len(text),
        certainty=header.grade.certainty if header.grade else None,
    )
