"""What every retriever promises, as code that runs.

    check_retriever(MyRetriever(), store.snapshot(as_of=day), "adrenal incidentaloma follow-up")

Raises ``AssertionError`` with the broken promise; returns what the retriever found.
"""

from __future__ import annotations

from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Retrieved, Retriever


def check_retriever(retriever: Retriever, snapshot: Snapshot, query: str, k: int = 5) -> Retrieved:
    """Hold a retriever to the rules of ``evitrail.retrieval.base``."""
    found = retriever.search(query, snapshot, k)
    name = repr(retriever)
    ids = [hit.passage.id for hit in found.hits]
    assert found.query == query, f"{name} does not say which query it answered"
    assert len(ids) <= k, f"{name} returned {len(ids)} hits, asked for at most {k}"
    assert len(set(ids)) == len(ids), f"{name} returned a passage twice"
    assert [h.rank for h in found.hits] == list(range(1, len(ids) + 1)), f"{name} does not rank 1, 2, 3 …"
    scores = [h.score for h in found.hits]
    assert scores == sorted(scores, reverse=True), f"{name} does not order by score"
    for hit in found.hits:
        known = {p.id: p for p in snapshot.passages(hit.passage.ref)}
        assert known.get(hit.passage.id) == hit.passage, f"{name} returned {hit.passage.id}, not in the snapshot"
        assert hit.why, f"{name} does not say why {hit.passage.id} is there"
    for gate in found.gates:
        silent = [d.passage for d in gate.dropped if not d.why]
        assert not silent, f"{name}: gate {gate.gate} dropped {silent} without a reason"
        both = {d.passage for d in gate.dropped} & set(gate.kept)
        assert not both, f"{name}: gate {gate.gate} both kept and dropped {sorted(both)}"
        stray = {n.passage for n in gate.noted} - set(gate.kept)
        assert not stray, f"{name}: gate {gate.gate} has remarks on {sorted(stray)}, which it did not keep"
    assert retriever.search(query, snapshot, k) == found, f"{name} answers the same call differently"
    return found
