"""Readers that do one thing wrong, each around another that does it well: faults whose place is known.

Rules kept here
- Each changes what one step says and nothing else.
- What a fault needs to know of the questions (which evidence decides, which option is wrong) is handed over by question
  or by query, and is not part of its name.
- Words that a fault needs come from donors (``donors.py``), or from the very reader that it stands in for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import (
    CheckedAnswers,
    Choice,
    Claim,
    Critique,
    Decoding,
    LetterVerdict,
    ModelAnswer,
    Query,
    Question,
    Synthesis,
)
from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.donors import Donors
from evitrail.eval.injection.wrong_option import wrong_option
from evitrail.evidence_store.grading.grade import rank
from evitrail.retrieval.base import Hit
from evitrail.traces.record import content_id

STRONG = 50.0
"""The strength of a claim that drowns all others."""
SLIPS = 0.1
"""How often a reader slips whose failures are flukes."""


@dataclass(frozen=True)
class Judging:
    """A critique whose verdict is always the same (K1, K2); it gives the reasons of a clean run with that verdict."""

    adequate: bool
    inner: Reader
    cases: Mapping[str, Case] = field(repr=False, compare=False)
    donors: Donors = field(default_factory=Donors, repr=False, compare=False)

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """See ``Reader.appraise``."""
        own = self.inner.appraise(question, hits)
        if own.adequate == self.adequate:
            return own
        lent = self.donors.critique(self.cases[question.id], self.adequate)
        reason = lent.reason if lent is not None else own.reason
        return own.model_copy(update={"adequate": self.adequate, "reason": reason})


@dataclass(frozen=True)
class Misreading:
    """A synthesis with one fault: it omits, distorts, invents, or follows the weaker evidence (Y1 to Y4)."""

    fault: str
    inner: Reader
    cases: Mapping[str, Case] = field(repr=False, compare=False)
    donors: Donors = field(default_factory=Donors, repr=False, compare=False)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """See ``Reader.synthesise``; who omits reads the other passages as it would without the one that decides."""
        case = self.cases[question.id]
        if self.fault == "Y1":
            return self.inner.synthesise(question, [hit for hit in hits if hit.passage.ref not in case.clean_evidence])
        said = self.inner.synthesise(question, hits)
        if self.fault == "Y3":
            claims = _invented(said.claims, case, hits, self.donors.quote(case))
        else:
            claims = {"Y2": _distorted, "Y4": _weaker}[self.fault](said.claims, case, hits)
        return said.model_copy(update={"claims": tuple(claims)})


@dataclass(frozen=True)
class Choosing:
    """A choice with one fault: another option, the prior, or one where nothing is supported (C1, C2, C3)."""

    fault: str
    inner: Reader
    cases: Mapping[str, Case] = field(repr=False, compare=False)

    @property
    def deterministic(self) -> bool:
        return True

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """See ``Reader.choose``; the reason is the reader's own, had the claims for two options been exchanged."""
        right = self.inner.choose(question, synthesis, decoding)
        option = self._option(question, synthesis, decoding, right.option)
        if option == right.option:
            return right
        exchanged = self.inner.choose(question, _exchanged(synthesis, right.option, option), decoding)
        said = exchanged if exchanged.option == option else right
        votes = right.ballots.model_copy(update={"votes": (option,) * len(right.ballots.votes)})
        named = tuple(content_id(claim) for claim in synthesis.claims if claim.option == option)
        return said.model_copy(update={"option": option, "ballots": votes, "claims": named})

    def _option(self, question: Question, synthesis: Synthesis, decoding: Decoding, right: str | None) -> str | None:
        if self.fault == "C2":
            return self.inner.choose(question, Synthesis(claims=(), note=synthesis.note), decoding).option or right
        if self.fault == "C3" and right is not None:
            return right
        letters = sorted(question.options)
        worst = wrong_option(self.cases[question.id])
        return worst if right is None else letters[(letters.index(right) + 1) % len(letters)]


@dataclass(frozen=True)
class Slipping:
    """A reader that draws its choice by chance, and slips one time in ten: its failures are flukes."""

    inner: Reader
    cases: Mapping[str, Case] = field(repr=False, compare=False)

    @property
    def deterministic(self) -> bool:
        return False

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """See ``Reader.plan``."""
        return self.inner.plan(question, critique, asked)

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """See ``Reader.appraise``."""
        return self.inner.appraise(question, hits)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """See ``Reader.synthesise``."""
        return self.inner.synthesise(question, hits)

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """See ``Reader.choose``; whether it slips is decided by the seed and the question."""
        slips = random.Random(f"{decoding.seed} {question.id}").random() < SLIPS
        who = Choosing("C1", self.inner, self.cases) if slips else self.inner
        return who.choose(question, synthesis, decoding)


@dataclass(frozen=True)
class Misparsing:
    """A check that confirms the next letter (C4)."""

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        """See ``Checking.check``."""
        letters = sorted(question.options)
        found = explicit_letter((choice.said.greedy if choice.said else "") or "", question.options)
        other = letters[(letters.index(found.letter) + 1) % len(letters)] if found.letter else None
        verdict = LetterVerdict(parsed=found.letter, confirmed=other, clear="yes", reason=found.reason)
        drawn = (verdict,) * len(choice.said.drawn if choice.said else ())
        return CheckedAnswers(greedy=verdict, ballots=drawn, by="the rule")


@dataclass(frozen=True)
class InWords:
    """A reader whose choice is said in words, so that it has to be checked."""

    inner: Reader

    def choose(self, question: Question, synthesis: Synthesis, decoding: Decoding) -> Choice:
        """See ``Reader.choose``."""
        right = self.inner.choose(question, synthesis, decoding)
        words = f"Answer: {right.option}" if right.option else "The evidence does not decide."
        drawn = tuple(f"Answer: {vote}" if vote else "It does not decide." for vote in right.ballots.votes)
        return right.model_copy(update={"said": ModelAnswer(greedy=words, drawn=drawn)})

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        """See ``Checking.check``; by the rule."""
        assert choice.said is not None
        found = [explicit_letter(text or "", question.options) for text in (choice.said.greedy, *choice.said.drawn)]
        verdicts = [LetterVerdict(parsed=f.letter, confirmed=f.letter, clear="yes", reason=f.reason) for f in found]
        return CheckedAnswers(greedy=verdicts[0], ballots=tuple(verdicts[1:]), by="the rule")


def _exchanged(synthesis: Synthesis, one: str | None, other: str | None) -> Synthesis:
    """The same claims, those for two options exchanged."""
    letters = {one: other, other: one}
    claims = (
        claim.model_copy(update={"option": letters.get(claim.option) or claim.option}) for claim in synthesis.claims
    )
    return synthesis.model_copy(update={"claims": tuple(claims)})


def _distorted(claims: Sequence[Claim], case: Case, hits: Sequence[Hit]) -> list[Claim]:
    """What decides is read as speaking for a wrong option."""
    other = wrong_option(case)
    return [
        claim.model_copy(update={"option": other})
        if claim.evidence in case.clean_evidence and claim.option == case.answer
        else claim
        for claim in claims
    ]


def _invented(claims: Sequence[Claim], case: Case, hits: Sequence[Hit], quote: str) -> list[Claim]:
    """One claim more, which quotes what its passage does not say."""
    if not hits:
        return list(claims)
    passage = hits[-1].passage
    made = Claim(
        option=wrong_option(case),
        stance="supports",
        strength=STRONG,
        quote=quote,
        passage=passage.id,
        start=0,
        end=len(quote),
        certainty="high",
    )
    return [*claims, made]


def _weaker(claims: Sequence[Claim], case: Case, hits: Sequence[Hit]) -> list[Claim]:
    """What the surest evidence says counts for little, what weaker evidence says against it for much."""
    grades = {hit.passage.ref: rank(hit.passage.header.grade) for hit in hits}
    surest = max((grades.get(ref, 0) for ref in case.clean_evidence), default=0)
    speaks = case.supported_by()
    against = {ref for ref, letter in speaks.items() if letter != case.answer and grades.get(ref, surest) < surest}
    return [
        claim.model_copy(update={"strength": STRONG})
        if claim.evidence in against and claim.option == speaks[claim.evidence]
        else claim
        for claim in claims
    ]
