"""Searching the embedded engine, beside qdrant-client's local mode: the same store, the same queries, one run.

    python bench/search.py

The demonstration's evidence is ingested into one store per engine, with embeddings shared. Each query is timed on both
in turn, with its vector already known, so the ratio is of the engines alone. Printed: the median ratio, its quartiles.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import EvidenceStore, Snapshot, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE

QUERIES = 60
ROUNDS = 5
KINDS: dict[str, Callable[[Snapshot, str], object]] = {
    "dense": lambda snapshot, query: snapshot.dense(query, 10),
    "dense, valid that day": lambda snapshot, query: snapshot.dense(query, 10, valid_only=True),
    "BM25": lambda snapshot, query: snapshot.lexical(query, 10),
}


def results() -> list[str]:
    """A Markdown table: how many times longer the peer takes."""
    cases = [case for case in load(DEMO_CASES) if case.as_of is not None][:QUERIES]
    with tempfile.TemporaryDirectory() as folder:
        stores = _stores(Path(folder))
        lines = [
            "| search, top 10 | embedded, ms (median) | local mode / embedded, median [quartiles] |",
            "|---|---|---|",
        ]
        for kind, search in KINDS.items():
            ours, ratios = [], []
            for case in cases:
                fast, slow = (_best(search, store.snapshot(as_of=case.as_of), case.stem) for store in stores)
                ours.append(fast * 1000)
                ratios.append(slow / fast)
            low, middle, high = statistics.quantiles(ratios, n=4)
            lines.append(f"| {kind} | {statistics.median(ours):.2f} | {middle:.1f} [{low:.1f}–{high:.1f}] |")
        passages = stores[0].stats().passages
        for store in stores:
            store.close()
    return [f"{passages} passages, {len(cases)} queries, the best of {ROUNDS} each.", "", *lines]


def _stores(folder: Path) -> tuple[EvidenceStore, EvidenceStore]:
    """One store per engine; the second takes the first one's embeddings."""
    evidence = read_evidence(DEMO_EVIDENCE)
    embedded = EvidenceStore.open(folder / "edge", create=True)
    embedded.ingest(evidence)
    (folder / "local").mkdir()
    shutil.copy(folder / "edge" / "embeddings.db", folder / "local" / "embeddings.db")
    local = EvidenceStore.open(folder / "local", create=True, index="local")
    local.ingest(evidence)
    return embedded, local


def _best(search: Callable[[Snapshot, str], object], snapshot: Snapshot, query: str) -> float:
    times = []
    for _ in range(ROUNDS + 1):  # the first embeds the query
        started = perf_counter()
        search(snapshot, query)
        times.append(perf_counter() - started)
    return min(times[1:])


if __name__ == "__main__":
    print("\n".join(results()))
