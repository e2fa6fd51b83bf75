"""Who judges a claim of an answer: a rule here, a language model in ``model_judge.py``.

Rules kept here
- A judge sees the claim and the gathered evidence; never the answer key, never a label.
- By the rule, a claim is said by the stretch that says most of it, if that is enough. Of evidence in force and evidence
  that is not, whichever says more of it decides: that tells "at 50 years" from "at 45 years".
- By the rule, no evidence says a claim that holds a number which the evidence lacks.
- By the rule, evidence in force contradicts a claim if it is about the same thing and states another number, or if only
  one of the two denies it. A contradiction in other words is missed.

    RuleClaimJudge().judge(question, claim, evidence).verdict
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from evitrail.agent.claims.support import Stretch, stretches
from evitrail.agent.claims.values import AnswerClaim, ClaimEvidence, ClaimSource, ClaimVerdict, JudgedClaim
from evitrail.agent.model import Question
from evitrail.traces.run.live import Run

ENOUGH = 0.52
"""The strength from which on a stretch says the claim."""
ABOUT = 0.52
"""The likeness from which on a stretch is about the same thing."""
OPPOSED = 0.3
"""The share of a claim that only one of the two denies from which on they say the opposite."""
CLOSE = 0.05
"""How far behind the strongest a stretch may be and still be named as a source."""
SOURCES = 3
"""Passages that a claim is tied to at most."""


class ClaimJudge(Protocol):
    """Judges claims of answers, one at a time."""

    @property
    def deterministic(self) -> bool:
        """Whether equal claims and evidence always get equal verdicts."""
        ...

    def judge(
        self, question: Question, claim: AnswerClaim, evidence: ClaimEvidence, run: Run | None = None
    ) -> JudgedClaim:
        """The verdict on one claim; its calls of models are steps of ``run``, where one is given."""
        ...


@dataclass(frozen=True)
class RuleClaimJudge:
    """Judges by shared words and numbers, meaning and denials; no model is called."""

    @property
    def deterministic(self) -> bool:
        return True

    def judge(
        self, question: Question, claim: AnswerClaim, evidence: ClaimEvidence, run: Run | None = None
    ) -> JudgedClaim:
        """See ``ClaimJudge.judge``."""
        every = stretches(claim.text, evidence.passages)
        said = [one for one in every if says(one)]
        current, past = (
            best([one for one in said if one.of.in_force]),
            best([one for one in said if not one.of.in_force]),
        )
        if current and (past is None or current.strength >= past.strength):
            if current.denied >= OPPOSED:
                return self._said(claim, "contradicted", [current], every, "evidence in force denies it")
            return self._said(claim, "supported", supporting(every, current), every, "evidence in force says it")
        if past and past.denied < OPPOSED:
            why = f"only evidence that was not in force says it ({past.of.status.replace('_', ' ')})"
            return self._said(claim, "outdated", supporting(every, past), every, why)
        about = max((one for one in every if one.of.in_force), key=_alike, default=None)
        if about and about.alike >= ABOUT and (about.missing or about.denied >= OPPOSED):
            why = "evidence in force states another number" if about.missing else "evidence in force denies it"
            return self._said(claim, "contradicted", [about], every, why)
        return self._said(claim, "unsupported", [], every, "nothing that was served or found says it")

    def _said(
        self, claim: AnswerClaim, verdict: ClaimVerdict, tied: Sequence[Stretch], every: Sequence[Stretch], why: str
    ) -> JudgedClaim:
        return judged(claim, verdict, tied, every, why, by=repr(self))


def judged(
    claim: AnswerClaim,
    verdict: ClaimVerdict | None,
    tied: Sequence[Stretch],
    every: Sequence[Stretch],
    why: str,
    *,
    by: str,
) -> JudgedClaim:
    """A verdict with its sources, and whether something that was served says the claim."""
    sources: tuple[ClaimSource, ...] = tuple(
        one.source("contradicts" if verdict == "contradicted" else "supports") for one in tied
    )
    unknown = verdict is None or any(one.of.served is None for one in every)
    says_it = verdict in ("supported", "outdated") and any(one.of.served for one in tied)
    grounded = None if unknown else says_it
    return JudgedClaim(claim=claim, verdict=verdict, reason=why, sources=sources, grounded=grounded, by=by)


def best(among: Sequence[Stretch]) -> Stretch | None:
    """The stretch that says most of the claim; of equal ones one that was served, then the first by its id."""
    return min(among, key=_order, default=None)


def says(stretch: Stretch) -> bool:
    """Whether a stretch says the claim: enough of it, and every number in it."""
    return stretch.strength >= ENOUGH and not stretch.missing


def supporting(every: Sequence[Stretch], first: Stretch) -> list[Stretch]:
    """The strongest stretch of each passage that says the claim about as well as the first, and in force as it is."""
    kept: dict[str, Stretch] = {}
    for one in sorted(every, key=_order):
        alike = one.of.in_force == first.of.in_force and one.strength >= first.strength - CLOSE
        if alike and says(one) and one.denied < OPPOSED:
            kept.setdefault(one.of.passage.id, one)
    return list(kept.values())[:SOURCES]


def _order(one: Stretch) -> tuple[float, bool, str, int, int]:
    """The strongest first; of equal ones what was served, then by passage, and the shorter of two stretches."""
    return (-round(one.strength, 6), not one.of.served, one.of.passage.id, one.end - one.start, one.start)


def _alike(one: Stretch) -> tuple[float, str, int]:
    return (round(one.alike, 6), one.of.passage.id, -one.start)
