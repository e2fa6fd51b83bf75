"""Components that do one thing wrong, each around another that does it well: faults whose place is known.

Each changes what one step says and nothing else. What a fault needs to know of the questions (which evidence decides,
which option is wrong) is handed over by question or by query, and is not part of its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import (
    CheckedAnswers,
    Choice,
    Claim,
    Critique,
    Decoding,
    Kept,
    LetterVerdict,
    ModelAnswer,
    Query,
    Question,
    Synthesis,
)
from evitrail.agent.reader.base import Reader
from evitrail.agent.reader.checking.explicit_letter import explicit_letter
from evitrail.eval.dataset.case import Case
from evitrail.evidence_store.grading.grade import rank
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retrieved, Retriever
from evitrail.traces.record import content_id

OFF_TOPIC = ("visiting hours and parking at the hospital", "how the canteen plans its menus")
STRONG = 50.0
"""The strength of a claim that drowns all others."""


@dataclass(frozen=True)
class Missing:
    """A retriever that never finds what decides (R1)."""

    inner: Retriever
    decides: frozenset[str] = field(repr=False, compare=False)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = self.inner.search(query, snapshot, k + 5)
        return _listed(found, [hit for hit in found.hits if hit.passage.ref not in self.decides][:k])


@dataclass(frozen=True)
class PastTheCut:
    """A retriever that ranks what decides just below the cut-off (R2)."""

    inner: Retriever
    cut: int
    decides: frozenset[str] = field(repr=False, compare=False)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = self.inner.search(query, snapshot, max(k, self.cut) + 10)
        others = [hit for hit in found.hits if hit.passage.ref not in self.decides]
        deciding = [hit for hit in found.hits if hit.passage.ref in self.decides]
        return _listed(found, [*others[: self.cut], *deciding, *others[self.cut :]][:k])


@dataclass(frozen=True)
class Flooding:
    """A retriever that puts passages on a wrong option in front of what was asked for (R3)."""

    inner: Retriever
    lures: Mapping[str, str] = field(repr=False, compare=False)
    """By query, the text of a wrong option."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = self.inner.search(query, snapshot, k)
        if query not in self.lures or not found.hits:
            return found
        first = found.hits[0]
        lured = self.inner.search(self.lures[query], snapshot, k + 5).hits
        flood = [hit for hit in lured if hit.passage.ref != first.passage.ref][: k - 1]
        return _listed(found, [*flood, first][:k])


@dataclass(frozen=True)
class Judging:
    """A critique that always says the same (K1, K2)."""

    adequate: bool

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """See ``Reader.appraise``."""
        return Critique(adequate=self.adequate, reason=f"{len(hits)} passages seen")


@dataclass(frozen=True)
class OffTopic:
    """Queries about something else (Q1)."""

    def aim(self, question: Question) -> Query:
        """See ``Aims.aim``."""
        return Query(text=OFF_TOPIC[0], reason="what is asked")

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """See ``Reader.plan``."""
        return Query(text=OFF_TOPIC[len(asked) % 2], reason="what is missing")


@dataclass(frozen=True)
class Forgetful:
    """Keeps the last list only (Q2)."""

    def keep(self, question: Question, retrieved: Sequence[Retrieved]) -> Kept:
        """See ``Keeps.keep``."""
        return Kept(passages=tuple(hit.passage.id for hit in retrieved[-1].hits))


@dataclass(frozen=True)
class Misreading:
    """A synthesis with one fault: it omits, distorts, invents, or follows the weaker evidence (Y1 to Y4)."""

    fault: str
    inner: Reader
    cases: Mapping[str, Case] = field(repr=False, compare=False)

    def synthesise(self, question: Question, hits: Sequence[Hit]) -> Synthesis:
        """See ``Reader.synthesise``."""
        said, case = self.inner.synthesise(question, hits), self.cases[question.id]
        claims = {"Y1": _omitted, "Y2": _distorted, "Y3": _invented, "Y4": _weaker}[self.fault](said.claims, case, hits)
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
        """See ``Reader.choose``."""
        right = self.inner.choose(question, synthesis, decoding)
        if self.fault == "C2":
            prior = self.inner.choose(question, Synthesis(claims=(), note=synthesis.note), decoding)
            return prior if prior.option is not None else right
        if self.fault == "C3" and right.option is not None:
            return right
        letters = sorted(question.options)
        worst = wrong_option(self.cases[question.id])
        option = (
            worst
            if self.fault == "C3" or right.option is None
            else letters[(letters.index(right.option) + 1) % len(letters)]
        )
        votes = right.ballots.model_copy(update={"votes": (option,) * len(right.ballots.votes)})
        named = tuple(content_id(claim) for claim in synthesis.claims if claim.option == option)
        return right.model_copy(update={"option": option, "ballots": votes, "claims": named})


@dataclass(frozen=True)
class Misparsing:
    """A check that confirms the next letter (C4)."""

    def check(self, question: Question, choice: Choice) -> CheckedAnswers:
        """See ``Checking.check``."""
        letters = sorted(question.options)
        found = explicit_letter((choice.said.greedy if choice.said else "") or "", question.options)
        other = letters[(letters.index(found.letter) + 1) % len(letters)] if found.letter else None
        verdict = LetterVerdict(parsed=found.letter, confirmed=other, clear="yes", reason="selected explicitly")
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


def wrong_option(case: Case) -> str:
    """A wrong option of a case: one that does harm where one is known to, else the first."""
    wrong = [letter for letter in sorted(case.options) if letter != case.answer]
    harmful = [letter for letter in wrong if case.labels and case.labels[letter].high_risk]
    return (harmful or wrong)[0]


def _omitted(claims: Sequence[Claim], case: Case, hits: Sequence[Hit]) -> list[Claim]:
    """Nothing of what decides is left."""
    return [claim for claim in claims if claim.evidence not in case.clean_evidence]


def _distorted(claims: Sequence[Claim], case: Case, hits: Sequence[Hit]) -> list[Claim]:
    """What decides is read as speaking for a wrong option."""
    other = wrong_option(case)
    return [
        claim.model_copy(update={"option": other})
        if claim.evidence in case.clean_evidence and claim.option == case.answer
        else claim
        for claim in claims
    ]


def _invented(claims: Sequence[Claim], case: Case, hits: Sequence[Hit]) -> list[Claim]:
    """One claim more, which quotes what no passage says."""
    if not hits:
        return list(claims)
    passage, quote = hits[-1].passage, f"The recommended course is {case.options[wrong_option(case)]}"
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


def _listed(found: Retrieved, hits: Sequence[Hit]) -> Retrieved:
    numbered = tuple(
        hit.model_copy(update={"rank": place, "score": round(1 / place, 6)}) for place, hit in enumerate(hits, 1)
    )
    return Retrieved(query=found.query, hits=numbered, gates=found.gates)
