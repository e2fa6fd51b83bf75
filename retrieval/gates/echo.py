"""Evidence that adds nothing: near copies of another text, and passages that repeat the question.

Rules kept here
- Near copies in different lineages count once. The one that was recorded first is kept, whatever grade a later one
  claims: whoever copies a text to change a word of it comes after it. Texts that differ in a number or a denial are no
  copies; each is kept, with a remark that names the other. Texts of a few words are alike by chance and not compared.
- A passage that repeats the question is dropped: evidence is not written for one question. Of a long question half of
  its runs of words suffice (``evidence_store/quarantine/near_copies.py``), of a short one all of them must be there.
- A query that asks nothing is a search for words, and no passage repeats it.

Each hit is compared with one hit of each text before it, so the cost grows with the hits, never with the store.
Evidence written as questions and answers loses a passage whose heading asks the very question. A copy in other words
is not found here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evitrail.evidence_store.model import Passage, indexed_text
from evitrail.evidence_store.quarantine.near_copies import FEWEST, HELD, NEAR, RUN, runs, similarity
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.gates.asked import asked_of
from evitrail.retrieval.gates.base import GateContext, Reason, by_passage, sift
from evitrail.retrieval.stance import NUMBER, denials

COPIED = 0.8
"""The share of runs of words that copies have in common. What a store holds back for a look may be less alike than what
is dropped unseen."""

COPY = "echo.copy"
"""The rule by which a near copy of another hit is held back."""


def echo(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Nothing that repeats the question, and each text once."""
    question = asked_of(asked.query)
    reasons = {hit.passage.id: said for hit in hits if (said := _repeats(question, hit.passage))}
    remarks: list[tuple[Hit, Reason]] = []
    texts: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (asked.snapshot.recorded(one.passage.ref), one.passage.id)):
        if hit.passage.id in reasons:
            continue
        alike = [(one, share) for one in texts if (share := _alike(one.passage, hit.passage)) >= NEAR]
        altered = [one for one, _ in alike if _tells(one.passage) != _tells(hit.passage)]
        same = next((one for one, share in alike if share >= COPIED and one not in altered), None)
        if same is not None:
            why = f"a near copy of {same.passage.id}, which was recorded before it"
            reasons[hit.passage.id] = Reason(COPY, why)
            continue
        texts.append(hit)
        for one in altered:
            remarks += [(a, _altered(b)) for a, b in ((hit, one), (one, hit))]
    return sift("echo", hits, asked, lambda hit: reasons.get(hit.passage.id), by_passage(remarks))


def repeated_share(question: str, text: str) -> float:
    """The share of the question's runs of words that the text holds; 0 of a question shorter than one run."""
    if len(re.findall(r"\w+", question)) < RUN:
        return 0.0
    wanted = runs(question)
    return len(wanted & runs(text)) / len(wanted)


def _repeats(question: str, passage: Passage) -> Reason | None:
    share = repeated_share(question, indexed_text(passage.header.title, passage.text))
    if share < (HELD if len(runs(question)) >= FEWEST else 1.0):
        return None
    return Reason("echo.question", f"repeats the question: {share:.0%} of its runs of {RUN} words")


def _alike(a: Passage, b: Passage) -> float:
    """The share of runs that two texts have in common; 0 within a lineage, and of texts of a few words."""
    short = min(len(runs(a.text)), len(runs(b.text))) < FEWEST
    return 0.0 if short or a.header.id == b.header.id else similarity(a.text, b.text)


def _tells(passage: Passage) -> tuple[list[str], int]:
    """What a copy must not differ in: its numbers, and how often it denies."""
    return sorted(NUMBER.findall(passage.text)), denials(passage.text)


def _altered(other: Hit) -> Reason:
    return Reason("echo.altered", f"a near copy of {other.passage.id} with another number or denial")
