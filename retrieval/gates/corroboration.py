"""Corroboration: is a source the only one for its answer, and is anything else known of it?

Rules kept here
- Only a query that offers answers is judged (``asked.py``). A passage speaks for the answer most of whose words it has,
  where it has clearly more of them than of any other answer's. One that has many of the words of the question and all
  its answers is about the question, even where it is not clear which answer it speaks for.
- A stranger is a source whose publisher has no other lineage in this store (its organization, where no publisher is
  known). A source stands alone where no known, graded source of another organization speaks for the same answer.
  Strangers who agree with each other corroborate nothing, nor does an opinion that nobody graded.
- A stranger that stands alone is held back beside a graded source of at least its kind, known or recorded before it,
  that does not say the same and is about the question or, by its title, on the stranger's own subject. With the policy
  ``remark`` it is kept with a remark.
- Any other source that stands alone gets a remark, where a source of at least its kind speaks for another answer.
- A source that stands alone may be right, as a new guideline is at first. The first evidence of an honest publisher is
  held back only beside older evidence that does not say the same, and no longer once it has a second lineage.

Only the hits that are left are compared, a handful after the gate *near*. Which answer a passage speaks for is
read from words alone. The shares were chosen on the demonstration's questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from evitrail.evidence_store.grading.grade import rank
from evitrail.evidence_store.model import Header, Kind, Passage
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.content import content, passage_words, same_subject
from evitrail.retrieval.gates.asked import asked_of, offered_in
from evitrail.retrieval.gates.base import GateContext, Reason, by_passage, sift

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

MOST = 0.6
"""The share of an answer's words that a passage which speaks for it has."""
LEAD = 0.15
"""By how much that is more than of the next answer's."""
ABOUT = 0.4
"""The share of the words of the question and its answers that a passage about it has."""
JUDGED = 2
"""The rank of certainty (low) from which on a source counts as graded here."""
STANDING: dict[Kind, int] = {
    "guideline": 3,
    "systematic_review": 3,
    "randomized_trial": 2,
    "observational_study": 1,
    "case_report": 0,
    "expert_opinion": 0,
    "narrative_review": 0,
    "preprint": 0,
}
"""Kinds of one number are of equal standing."""


class Source(NamedTuple):
    """A hit, and what is known of who says it."""

    hit: Hit
    answer: int | None
    """The answer it speaks for; None where that is not clear."""
    stranger: bool
    about: bool
    """Whether it is about the question."""
    recorded: int
    """When it was recorded, as a number of the ledger."""

    @property
    def header(self) -> Header:
        return self.hit.passage.header

    @property
    def graded(self) -> bool:
        """Whether its certainty is known and at least low."""
        return rank(self.header.grade) >= JUDGED


def corroboration(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """No stranger that stands alone beside known sources; a remark on any other source that stands alone."""
    offered = offered_in(asked.query)
    sources = [_source(hit, offered, asked) for hit in sorted(hits, key=lambda h: (h.rank, h.passage.id))]
    held: dict[str, Reason] = {}
    remarks: list[tuple[Hit, Reason]] = []
    for one in sources:
        others = [other for other in sources if other.header.organization != one.header.organization]
        if one.answer is None or any(other.answer == one.answer and _corroborates(other) for other in others):
            continue
        others = [other for other in others if STANDING[other.header.kind] >= STANDING[one.header.kind]]
        alone = f"alone for {offered[one.answer]!r}"
        silent = next((other for other in others if _can_be_asked(other, one)), None)
        against = next((other for other in others if other.answer not in (None, one.answer)), None)
        if one.stranger and silent:
            why = f"{alone}, by a source with nothing else in this store; {silent.hit.passage.id} does not say so"
            reason = Reason("corroboration.stranger", why)
            if asked.lone == "hold":
                held[one.hit.passage.id] = reason
            else:
                remarks.append((one.hit, reason))
        elif against:
            why = f"{alone}, against {against.hit.passage.id}"
            remarks.append((one.hit, Reason("corroboration.alone", why)))
    return sift("corroboration", hits, asked, lambda hit: held.get(hit.passage.id), by_passage(remarks))


def spoken_for(passage: Passage, offered: Sequence[str]) -> int | None:
    """Which of the answers the passage speaks for, by its place; None where it is not clear."""
    words = passage_words(passage)
    shares = [len(wanted & words) / len(wanted) if (wanted := content(answer)) else 0.0 for answer in offered]
    ordered = sorted(range(len(offered)), key=lambda i: (-shares[i], i))
    if len(ordered) < 2 or shares[ordered[0]] < MOST or shares[ordered[0]] - shares[ordered[1]] < LEAD:
        return None
    return ordered[0]


def stranger(passage: Passage, snapshot: Snapshot) -> bool:
    """Whether its publisher, or where none is known its organization, has no other lineage in the store."""
    return snapshot.is_only_lineage(passage.ref)


def _source(hit: Hit, offered: Sequence[str], asked: GateContext) -> Source:
    words, wanted = passage_words(hit.passage), content(" ".join((asked_of(asked.query), *offered)))
    about = len(words & wanted) >= ABOUT * len(wanted)
    known = asked.snapshot
    return Source(
        hit, spoken_for(hit.passage, offered), stranger(hit.passage, known), about, known.recorded(hit.passage.ref)
    )


def _corroborates(other: Source) -> bool:
    """Whether what it says, too, does not stand alone any more."""
    return other.graded and not other.stranger


def _can_be_asked(other: Source, alone: Source) -> bool:
    """Whether it would say what a stranger says, and does not: graded, known or there before, and about the same."""
    there = not other.stranger or other.recorded < alone.recorded
    about = other.about or same_subject(other.header, alone.header)
    return there and about and other.graded and other.answer != alone.answer
