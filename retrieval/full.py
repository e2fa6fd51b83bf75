"""Max context: fill a token budget with the best-ranked passages, as a long-context model invites one to.

Tokens are counted as words times 4/3, the usual ratio for English, because no particular model's
tokenizer is at hand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evitrail.retrieval.base import Hit, Retrieved
from evitrail.retrieval.dense import Dense

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

TOKENS_PER_WORD = 4 / 3


@dataclass(frozen=True)
class Full:
    """As many of the nearest passages as ``tokens`` will hold; at most 600, as published."""

    tokens: int = 8000
    limit: int = 600

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; here the budget and ``limit`` decide the number, within ``k``."""
        kept: list[Hit] = []
        used = 0.0
        for hit in Dense().search(query, snapshot, min(k, self.limit)).hits:
            used += len(hit.passage.text.split()) * TOKENS_PER_WORD
            if used > self.tokens:
                break
            kept.append(hit)
        return Retrieved(query=query, hits=tuple(kept))
