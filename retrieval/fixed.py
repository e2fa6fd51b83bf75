"""Curated evidence, served by id: what a clinician chose for this question, and nothing else.

The published conditions *clean* and *conflict* are this retriever with the case's own evidence
(SaFE-Scale, arXiv 2605.04039). The query is not looked at.

A version is served to the character: its passages are cut anew where the next begins, without what chunks leave out
or say twice, so that put together they are its text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from evitrail.evidence_store.model import Passage
from evitrail.retrieval.base import Hit, Retrieved

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot


@dataclass(frozen=True)
class Fixed:
    """The passages of the named evidence versions, in the order given; a version named twice is served once."""

    refs: tuple[str, ...] = field(default=())

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; raises ``KeyError`` for evidence the snapshot does not know."""
        passages = [passage for ref in dict.fromkeys(self.refs) for passage in _seamless(ref, snapshot)][:k]
        score = 1 / max(len(passages), 1)
        hits = tuple(
            Hit(passage=p, score=round(1 - place * score, 6), rank=place + 1, why="curated for this question")
            for place, p in enumerate(passages)
        )
        return Retrieved(query=query, hits=hits)


def _seamless(ref: str, snapshot: Snapshot) -> list[Passage]:
    """The version's passages, each up to where the next begins."""
    parts, text = snapshot.passages(ref), snapshot.evidence(ref).text
    cuts = pairwise((0, *(passage.start for passage in parts[1:]), len(text)))
    return [
        passage.model_copy(update={"start": start, "end": end, "text": text[start:end]})
        for passage, (start, end) in zip(parts, cuts, strict=True)
    ]
