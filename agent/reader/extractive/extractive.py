"""A reader without a language model: it finds the sentences that tell the options apart, and shows its sums.

Rules kept here
- Equal arguments give equal results: no clock, no hidden state; ballots come from the seed and the question's id.
- Every claim quotes a sentence exactly, and lists the terms that spoke for and against with their weights.
- ``choose`` sees claims only. Its logits are the sums ``scoring.py`` describes; a tie abstains.
- What leaves the reader is rounded to six decimals, so that records are equal on every machine.

    reader = ExtractiveReader(embed=embedder.encode)
    synthesis = reader.synthesise(question, hits)
    reader.choose(question, synthesis, Decoding()).option

It weighs words, numbers and meaning (an embedding), and what else its weights name; it does not reason over several
sentences, and it knows no medicine. Without ``embed`` it reads words and numbers only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evitrail.agent.model import (
    Ballots,
    Choice,
    Citation,
    Claim,
    Critique,
    Decoding,
    Query,
    Question,
    Synthesis,
    WrittenAnswer,
)
from evitrail.agent.reader.extractive import scoring
from evitrail.agent.reader.extractive.embedding_similarity import Embed
from evitrail.agent.reader.extractive.explanation import explanation_terms
from evitrail.agent.reader.extractive.features import features
from evitrail.agent.reader.extractive.scoring import Weights
from evitrail.agent.reader.queries import focused, whole_stem
from evitrail.retrieval.base import Hit
from evitrail.traces.record import content_id

DIGITS = 6
TIE = 1e-6
QUOTED = 3
"""Sentences that an answer in free text quotes."""


@dataclass(frozen=True)
class ExtractiveReader:
    """Reads by shared words, numbers and embedding; deterministic, in milliseconds, explained."""

    embed: Embed | None = field(default=None, repr=False, compare=False)
    weights: Weights = field(default_factory=scoring.fitted)

    def __repr__(self) -> str:
        return f"ExtractiveReader(weights={self.weights.name!r})"

    @property
    def deterministic(self) -> bool:
        return True

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """The stem first; then what is asked with the terms that tell apart the options still weak."""
        if critique is None and question.stem not in asked:
            return whole_stem(question)
        return focused(question, critique.weak_options if critique else (), asked)

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """Adequate when the claims these hits give would separate the best option from the second."""
        claims = self.synthesise(question, hits).claims
        weak = tuple(sorted(set(question.options) - {c.option for c in claims}))
        if not claims:
            return Critique(adequate=False, reason="no sentence tells the options apart", weak_options=weak)
        best, second = sorted(self._logits(question, claims).values(), reverse=True)[:2]
        adequate = best - second >= self.weights.enough
        words = "a clear lead" if adequate else "too little"
        reason = f"{len(claims)} claims; the best option leads by {best - second:.2f}, {words}"
        reason += f" ({self.weights.enough:.2f} is enough)"
        return Critique(adequate=adequate, reason=reason, weak_options=weak)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """For each option, the few sentences that speak most strongly for and against it."""
        if not hits:
            return Synthesis(claims=(), note="no passages were found, so nothing could be read")
        passages = [hit.passage for hit in hits]
        seen = features(question, passages, self.embed, self.weights.named)
        relevant = scoring.relevance(seen.relevance, self.weights)
        signed = scoring.strengths(seen.options, relevant, self.weights).round(DIGITS)
        shares = (seen.options * scoring.worth(self.weights)) * relevant[None, :, None]
        claims = []
        for o, letter in enumerate(seen.letters):
            for stance, sign, limit in (("supports", 1, scoring.SUPPORTS), ("refutes", -1, scoring.REFUTES)):
                strongest = np.argsort(-sign * signed[o], kind="stable")[:limit]
                for s in (s for s in strongest if sign * signed[o, s] > 0):
                    line, passage = seen.lines[s], passages[seen.places[s]]
                    claims.append(
                        Claim(
                            option=letter,
                            stance=stance,
                            strength=float(abs(signed[o, s])),
                            quote=line.sentence.text,
                            passage=passage.id,
                            start=line.sentence.start,
                            end=line.sentence.end,
                            terms=explanation_terms(seen, o, s, shares[o, s], DIGITS),
                        )
                    )
        note = f"read {len(seen.lines)} sentences in {len(passages)} passages; {len(claims)} claims"
        return Synthesis(claims=tuple(claims), note=note)

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """The option with the largest logit, and ballots drawn from their softmax."""
        found = self._logits(question, synthesis.claims)
        letters = sorted(found)
        ordered = sorted(letters, key=lambda letter: (-found[letter], letter))
        ballots = _draw(question, found, decoding)
        used = tuple(content_id(claim) for claim in synthesis.claims)
        first = ordered[0]
        option: str | None = first
        if len(ordered) > 1 and found[first] - found[ordered[1]] <= TIE:
            option = None
            reason = f"options {first} and {ordered[1]} are equal at {found[first]:.2f}: " + (
                "the evidence does not decide" if used else "no claim speaks for or against any option"
            )
        else:
            margin = f", {found[first] - found[ordered[1]]:.2f} ahead of {ordered[1]}" if len(ordered) > 1 else ""
            reason = f"{first} at {found[first]:.2f}{margin}, from {len(used)} claims"
        return Choice(option=option, logits=found, claims=used, reason=reason, ballots=ballots)

    def write(self, question: Question, hits: Sequence[Hit]) -> WrittenAnswer:
        """The few sentences that speak most of what is asked, word for word; equal sentences once."""
        passages = [hit.passage for hit in hits]
        asked = question.model_copy(update={"options": {"A": question.stem}})  # relevance looks at the stem alone
        seen = features(asked, passages, self.embed, self.weights.relevance.keys())
        relevant = scoring.relevance(seen.relevance, self.weights).round(DIGITS) if seen.lines else np.zeros(0)
        chosen: dict[str, Citation] = {}
        for place in np.argsort(-relevant, kind="stable"):
            passage, sentence = passages[seen.places[place]], seen.lines[place].sentence
            if len(chosen) < QUOTED:
                chosen.setdefault(
                    sentence.text,
                    Citation(
                        evidence=passage.ref,
                        passage=passage.id,
                        start=sentence.start,
                        end=sentence.end,
                        quote=sentence.text,
                    ),
                )
        note = f"quotes {len(chosen)} of {len(seen.lines)} sentences" if chosen else "there is nothing to quote"
        return WrittenAnswer(text=" ".join(chosen), note=note, citations=tuple(chosen.values()))

    def _logits(self, question: Question, claims: Sequence[Claim]) -> dict[str, float]:
        letters = sorted(question.options)
        signed = np.zeros((len(letters), len(claims)))
        for i, claim in enumerate(claims):
            signed[letters.index(claim.option), i] = claim.strength if claim.stance == "supports" else -claim.strength
        values = scoring.logits(signed, self.weights)
        if not claims:
            values = scoring.closed_book(question) * self.weights.closed_book
        return {letter: round(float(v), DIGITS) for letter, v in zip(letters, values, strict=True)}


def _draw(question: Question, logits: dict[str, float], decoding: Decoding) -> Ballots:
    """Votes from softmax(logits / temperature), by inverse CDF over the sorted letters."""
    letters = sorted(logits)
    scaled = np.array([logits[letter] for letter in letters]) / decoding.temperature
    share = np.exp(scaled - scaled.max())
    own = int.from_bytes(hashlib.sha256(question.id.encode()).digest()[:8], "big")
    points = np.random.default_rng([decoding.seed, own]).random(decoding.samples)
    places = np.minimum(np.searchsorted(np.cumsum(share / share.sum()), points, side="right"), len(letters) - 1)
    votes = tuple(letters[i] for i in places)
    return Ballots(votes=votes, temperature=decoding.temperature, seed=decoding.seed)
