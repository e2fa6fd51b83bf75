"""The evidence that bears on one claim of an answer: what was served, and what the store holds besides.

Rules kept here
- The store is searched for the claim itself, in all that was ever recorded: an outdated claim is found by the outdated
  version that says it. Of every version found or served, the rest of its lineage is looked at too, so that the version
  in force stands beside the one that it replaced.
- Each passage carries what its version was worth on the day of the question, and whether it was served.
- The search is the same for every claim and system (hybrid, ten passages), whatever the answer was given from.

    evidence = Gatherer().evidence(question, claim, served, snapshot)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evitrail.agent.claims.values import AnswerClaim, BearingPassage, ClaimEvidence, ReadLine
from evitrail.agent.model import Question
from evitrail.agent.reader.sentences import sentences
from evitrail.evidence_store.model import Passage, indexed_text

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot


@dataclass(frozen=True)
class Gatherer:
    """Looks for what bears on a claim."""

    k: int = 10
    """Passages that the search of the store brings."""

    def evidence(
        self, question: Question, claim: AnswerClaim, served: Iterable[Passage] | None, snapshot: Snapshot
    ) -> ClaimEvidence:
        """The passages that may bear on a claim; ``served`` is None where nobody recorded what was served."""
        return _gathered(question, claim, served, snapshot, self.k)


def _gathered(
    question: Question, claim: AnswerClaim, served: Iterable[Passage] | None, snapshot: Snapshot, k: int
) -> ClaimEvidence:
    from evitrail.retrieval.hybrid import Hybrid  # loaded when a claim is judged

    given = {passage.id: passage for passage in served or ()}
    found = {hit.passage.id: hit.passage for hit in Hybrid().search(claim.text, snapshot, k).hits}
    every = {**found, **given}
    versions = {passage.ref for passage in every.values()}
    mates = {mate for ref in versions if ref in snapshot.headers for mate in snapshot.related(ref)}
    for mate in sorted(mates - versions):
        every |= {passage.id: passage for passage in snapshot.passages(mate)}
    ordered = [every[name] for name in sorted(every) if every[name].ref in snapshot.headers]
    lines = [sentences(passage.text) for passage in ordered]
    wholes = [indexed_text(passage.header.title, passage.text) for passage in ordered]
    relevant = snapshot.similarities(question.stem, wholes)
    near = iter(snapshot.similarities(claim.text, [line.text for each in lines for line in each]))
    return ClaimEvidence(
        passages=tuple(
            BearingPassage(
                passage=passage,
                status=snapshot.status(passage.ref),
                served=None if served is None else passage.id in given,
                relevance=relevance,
                lines=tuple(ReadLine(start=line.start, end=line.end, similarity=next(near)) for line in each),
            )
            for passage, each, relevance in zip(ordered, lines, relevant, strict=True)
        )
    )
