"""Curated evidence, served by id: what a clinician chose for this question, and nothing else.

The published conditions *clean* and *conflict* are this retriever with the case's own evidence
(SaFE-Scale, arXiv 2605.04039). The query is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from evidence_store.snapshot import Snapshot
from retrieval.base import Hit, Retrieved


@dataclass(frozen=True)
class Fixed:
    """The passages of the named evidence versions, in the order given; a version named twice is served once."""

    refs: tuple[str, ...] = field(default=())

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; raises ``KeyError`` for evidence the snapshot does not know."""
        passages = [passage for ref in dict.fromkeys(self.refs) for passage in snapshot.passages(ref)][:k]
        score = 1 / max(len(passages), 1)
        hits = tuple(
            Hit(passage=p, score=round(1 - place * score, 6), rank=place + 1, why="curated for this question")
            for place, p in enumerate(passages)
        )
        return Retrieved(query=query, hits=hits)
