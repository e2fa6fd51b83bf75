"""How much is read: what is about the question, and of that the smallest set that suffices.

Rules kept here
- Near is counted in ranks, not in scores, for scores of different retrievers mean different things.
- Low certainty excludes only beside something much surer on the same question.
- In order of belief, a hit is not needed beside one that has every word of the question that it has, and more. One that
  has just as many stays: it may be a second opinion, and disagree.
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.evidence_store.grading.grade import LEVELS, rank
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.content import Words, content, passage_words
from evitrail.retrieval.gates.base import GateContext, Reason, sift

NEAR = 5
"""How many of the most relevant hits are taken to be about the question."""
ENOUGH = 5
"""How many sources are read at most, once they are current, on topic and in order of certainty. With 3, 4 and 5 of them
31, 32 and 33 of the 45 questions of the demonstration's fit split came out right."""
MUCH_SURER = 2
"""Levels of certainty between two sources from which the weaker one is left out."""


def near(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Only what is about the question: the first few by relevance."""
    first = {hit.passage.id for hit in sorted(hits, key=lambda h: (h.rank, h.passage.id))[:NEAR]}

    def why_not(hit: Hit) -> Reason | None:
        if hit.passage.id in first:
            return None
        return Reason("near.far", f"not among the {NEAR} most relevant that are left")

    return sift("near", hits, asked, why_not)


def sufficient(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """The smallest set that suffices: in order, what says no less than another and is not much less sure than any."""
    surest = max((rank(hit.passage.header.grade) for hit in hits), default=0)
    wanted = content(asked.query)
    needed: dict[str, Words] = {}
    reasons: dict[str, Reason] = {}
    for hit in hits:
        level, words = rank(hit.passage.header.grade), passage_words(hit.passage) & wanted
        fuller = next((name for name, others in needed.items() if words < others), None)
        if surest - level >= MUCH_SURER:
            why = f"certainty {_level(level)} beside {_level(surest)} on the same question"
            reasons[hit.passage.id] = Reason("sufficient.less_sure", why)
        elif fuller is not None:
            why = f"{fuller}, surer or more relevant, has all its words of the question and more"
            reasons[hit.passage.id] = Reason("sufficient.covered", why)
        elif len(needed) == ENOUGH:
            reasons[hit.passage.id] = Reason("sufficient.enough", f"{ENOUGH} surer or more relevant sources suffice")
        else:
            needed[hit.passage.id] = words
    return sift("sufficient", hits, asked, lambda hit: reasons.get(hit.passage.id))


def _level(level: int) -> str:
    return LEVELS[level - 1].replace("_", " ") if level else "unrated"
