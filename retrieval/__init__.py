"""What is relevant? Interchangeable retrievers over one snapshot of the evidence store."""

from evitrail.retrieval.base import Dropped, GateReport, Hit, Noted, Retrieved, Retriever
from evitrail.retrieval.bm25 import BM25
from evitrail.retrieval.clean import Clean
from evitrail.retrieval.dense import Dense
from evitrail.retrieval.fixed import Fixed
from evitrail.retrieval.full import Full
from evitrail.retrieval.hybrid import Hybrid

RETRIEVERS: dict[str, Retriever] = {
    "bm25": BM25(),
    "clean": Clean(),
    "dense": Dense(),
    "full": Full(),
    "hybrid": Hybrid(),
}
"""Those that search; by the name a plan or the command line calls them. ``Fixed`` needs its evidence named."""

__all__ = [
    "BM25",
    "RETRIEVERS",
    "Clean",
    "Dense",
    "Dropped",
    "Fixed",
    "Full",
    "GateReport",
    "Hit",
    "Hybrid",
    "Noted",
    "Retrieved",
    "Retriever",
]
