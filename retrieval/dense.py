"""Dense retrieval: the passages whose meaning is nearest to the query's, by cosine similarity.

Exact search, so that an audit can be repeated. ``valid_only`` filters by the snapshot's day inside the
index; without it superseded versions compete too, as they do in any vector database that has no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evitrail.retrieval.base import Retrieved, ranked

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot


@dataclass(frozen=True)
class Dense:
    """Standard retrieval: nearest embeddings."""

    valid_only: bool = False

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = snapshot.dense(query, k, valid_only=self.valid_only)
        return Retrieved(query=query, hits=ranked(((p, s, f"cosine similarity {s:.3f}") for p, s in found), k))
