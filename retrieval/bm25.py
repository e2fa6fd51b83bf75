"""Lexical retrieval: the passages that share the query's rare words (BM25, Robertson and Zaragoza 2009).

The rarity of a word is counted over what the snapshot knows, so that later additions to the store do
not move the scores of an earlier day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evitrail.retrieval.base import Retrieved, ranked

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot


@dataclass(frozen=True)
class BM25:
    """Words in common, the rarer the better."""

    valid_only: bool = False

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = snapshot.lexical(query, k, valid_only=self.valid_only)
        return Retrieved(query=query, hits=ranked(((p, s, f"BM25 {s:.2f}") for p, s in found), k))
