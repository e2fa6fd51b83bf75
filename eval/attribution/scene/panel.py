"""A panel of stock retrievers: what can be found for a query, if not by the one that is accused?

Rules kept here
- Dense, BM25 and hybrid search, five times as deep as the list that was served; the accused one is not among them.
- What no member finds for a query cannot be expected of any retriever: then the query is at fault, or the index.
- The panel searches the snapshot that the run searched. Each query is searched once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from evitrail.evidence_store.model import Passage
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retriever
from evitrail.retrieval.bm25 import BM25
from evitrail.retrieval.dense import Dense
from evitrail.retrieval.hybrid import Hybrid, fuse

DEEPER = 5
"""How many times deeper than the served list the panel looks."""


@dataclass(frozen=True)
class Found:
    """What the panel found for one query."""

    passages: tuple[Passage, ...]
    """All of it, by fused rank."""
    lists: tuple[tuple[str, tuple[Hit, ...]], ...]
    """Each member's own list, by its name."""

    def finds(self, refs: Iterable[str]) -> bool:
        """Whether any of these versions was found."""
        wanted = set(refs)
        return any(passage.ref in wanted for passage in self.passages)

    def rank(self, refs: Iterable[str]) -> int | None:
        """The best rank that any member gave one of these versions; None where none found one."""
        wanted = set(refs)
        ranks = [hit.rank for _, hits in self.lists for hit in hits if hit.passage.ref in wanted]
        return min(ranks, default=None)


@dataclass(frozen=True)
class Panel:
    """Searches with every stock retriever but the accused."""

    accused: Retriever | None
    length: int
    """How many passages the accused serves at once."""
    _known: dict[tuple[str, str], Found] = field(default_factory=dict, repr=False, compare=False)

    @property
    def depth(self) -> int:
        """How deep each member looks."""
        return DEEPER * max(self.length, 1)

    def found(self, query: str, snapshot: Snapshot) -> Found:
        """What there is to find for a query."""
        place = (snapshot.id, query)
        if place not in self._known:
            self._known[place] = self._searched(query, snapshot)
        return self._known[place]

    def _searched(self, query: str, snapshot: Snapshot) -> Found:
        dense, words = (one.search(query, snapshot, self.depth).hits for one in (Dense(), BM25()))
        both = fuse([dense, words], ("dense", "BM25"), self.depth)
        named = {repr(Dense()): dense, repr(BM25()): words, repr(Hybrid()): both}
        lists = tuple((name, hits) for name, hits in named.items() if name != repr(self.accused))
        everything = fuse([hits for _, hits in lists], tuple(name for name, _ in lists), 3 * self.depth)
        return Found(tuple(hit.passage for hit in everything), lists)
