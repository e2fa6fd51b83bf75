"""How asking, opening, memory and disk grow with the store, beside llama-index's store and the bare engine.

    python bench/growth.py                      # 10,000 to 100,000 passages
    python bench/growth.py 100000 1000000       # these sizes; llama-index's store is asked up to 100,000

Rules kept here
- Passages are clinical sentences drawn from the demonstration's evidence; vectors are drawn too, a direction for each
  word. Three versions in ten are superseded: 1.6 rectangles a passage.
- A query is a question of the demonstration, on a day of its own, its vector known; asked for are the ten best of
  what counted that day. Taking the snapshot is part of it.
- Both stores are asked in turn, so a ratio is of neighbours. The peer is asked fewer queries: it takes seconds.
- The bare engine is the same index, asked the same vectors with the same filter and limit, without a store round it;
  by its own walk of the graph where ours is approximate, with as many candidates, though it then finds fewer.
- The approximate store holds the same, and has a graph. Its recall is that of the ten best, against exact search of the
  same store. Above 100,000 passages it is the only one, and is searched both ways.
- Evidence is ingested by portions of 50,000, as by a program that reads a large file.
- Memory is that of a fresh process that opens the store and answers, beyond what its imports take.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from drawn_vectors import Drawn
from llama_index.vector_stores.qdrant import QdrantVectorStore
from llama_store import ask, node, same_filter, vector_store

from evitrail.agent.reader.sentences import sentences
from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import Evidence, EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.fold import fold
from evitrail.evidence_store.index.base import DENSE as DENSE_VECTOR
from evitrail.evidence_store.index.base import PLACE, point_id, rectangle
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.index.edge_filter import qe, seen_by
from evitrail.evidence_store.index.edge_search import EF
from evitrail.evidence_store.ledger.ledger import Ledger, utc_now
from evitrail.evidence_store.model import indexed_text
from evitrail.evidence_store.recall import measured
from evitrail.retrieval import BM25, Dense, Hybrid, Retriever

SIZES = (10_000, 40_000, 100_000)
ON_LOCAL = SIZES[0]  # up to here our store is built on local mode as well
QUERIES = 60
PORTION = 50_000
TITLE = 8
"""Words of a passage that are its title."""
PEERS = {10_000: 6, 40_000: 3, 100_000: 2}
"""How many of them the peer is asked; its hybrid search, which takes twice as long, on the smallest store only."""
FIRST = date(2005, 1, 1)
Asked = tuple[str, date]
"""A question, and the day it is asked of."""


@dataclass(frozen=True)
class Opened:
    """What a process that opens the store and answers one query takes."""

    copying: float
    """Opening it to read, in seconds, as the first reader since a write: the index is copied."""
    reading: float
    words: float
    """Opening it to read after that; and with a first answer by words, before anything else was asked."""
    writing: float
    first: float
    """Opening it to write; and a first hybrid answer then."""
    memory: float
    mapped: float
    """Megabytes of its own, and of files that it has mapped beside them."""


def results(sizes: Sequence[int] = SIZES) -> list[str]:
    """Markdown tables: what our store takes, exact and approximate, and how many times longer the peer."""
    questions = [case.stem for case in load(DEMO_CASES)][:QUERIES]
    dice, endless = random.Random(1), versions()
    asked = [(question, FIRST + timedelta(days=dice.randrange(6_000))) for question in questions]
    ours = [
        "| passages | hybrid, ms: p50 | p95 | dense, ms: p50 | p95 | dense / bare engine | open to read, s: the first "
        "since a write | later | and answer by words | open to write, s | first answer, s | memory, MB (and mapped) "
        "| disk, MB | ingest, passages/s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    graph = [
        "| passages, approximate | hybrid, ms: p50 | p95 | dense, ms: p50 | p95 | dense / bare engine "
        "| recall@10, all versions | current that day | disk, MB | ingest, passages/s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    theirs = ["| passages | search | ours, ms | peer, ms | peer / ours, median [quartiles] |", "|---|---|---|---|---|"]
    peer = vector_store(hybrid=True)
    with tempfile.TemporaryDirectory() as folder:
        path, near, held, seq = Path(folder) / "edge", Path(folder) / "graph", 0, 0
        with EvidenceStore.open(near, create=True, embedder=Drawn()) as store:
            store.reindex(mode="approximate")
        for size in sizes:
            new = list(islice(endless, size - held))
            both = size <= SIZES[-1]
            rate_near = grown(near, new)
            rate, where = (f"{grown(path, new):.0f}", path) if both else ("", near)
            opened = in_a_process_of_its_own(where, asked[0])
            with EvidenceStore.open(where, embedder=Drawn()) as store:
                ours.append(
                    f"| {size:,} | {percentiles(store, HYBRID, asked)} | {percentiles(store, DENSE, asked)} "
                    f"| {beside_bare(store, asked)} | {opened.copying:.2f} | {opened.reading:.2f} | {opened.words:.2f} "
                    f"| {opened.writing:.2f} | {opened.first:.2f} "
                    f"| {opened.memory:.0f} ({opened.mapped:.0f}) | {on_disk(where):.0f} | {rate} |"
                )
                print(ours[-1], file=sys.stderr, flush=True)
                if size in PEERS:
                    seq = fill(peer, path, seq)
                    theirs += [compared(size, kind, store, peer, asked[: PEERS[size]]) for kind in kinds(size)]
                if size == ON_LOCAL:
                    theirs.append(on_local(Path(folder) / "local", new, store, asked[: PEERS[size]]))
            with EvidenceStore.open(near, embedder=Drawn()) as store:
                times = " | ".join(percentiles(store, one, asked, exact=False) for one in (HYBRID, DENSE))
                found = " | ".join(f"{one.mean:.3f}" for one in measured(store))
                graph.append(
                    f"| {size:,} | {times} | {beside_bare(store, asked, exact=False)} | {found} "
                    f"| {on_disk(near):.0f} | {rate_near:.0f} |"
                )
                print(graph[-1], file=sys.stderr, flush=True)
            held = size
    told = f"{QUERIES} queries to our store; of them the peer is asked {', '.join(map(str, PEERS.values()))}."
    return [told, "", *ours, "", *graph, "", *theirs]


HYBRID, DENSE, WORDS = Hybrid(valid_only=True), Dense(valid_only=True), BM25(valid_only=True)


def kinds(size: int) -> tuple[str, ...]:
    return ("dense", "hybrid") if size == SIZES[0] else ("dense",)


def versions() -> Iterator[Evidence]:
    """Versions without end, a passage each; of ten, three supersede the one before."""
    dice = random.Random(0)
    said = [s.text for version in read_evidence(DEMO_EVIDENCE) for s in sentences(version.text)]
    number = 0
    while True:
        for place in range(10):
            follows = place in (5, 7, 9)
            first = FIRST + timedelta(days=dice.randrange(3_000) + 3_000 * follows)
            name = f"lineage-{number - follows}"
            text = " ".join(dice.choices(said, k=3))
            yield Evidence.of_day(
                first,
                id=name,
                version="2" if follows else "1",
                title=" ".join(text.split()[:TITLE]),
                text=text,
                organization="",
                kind="guideline",
                supersedes=f"{name}@1" if follows else None,
            )
            number += 1


def grown(path: Path, new: list[Evidence], index: str | None = None) -> float:
    """Take these in; passages a second."""
    with EvidenceStore.open(path, create=True, embedder=Drawn(), index=index) as store:
        before, started = store.stats().passages, perf_counter()
        for at in range(0, len(new), PORTION):
            store.ingest(new[at : at + PORTION])
        return (store.stats().passages - before) / (perf_counter() - started)


def fill(peer: QdrantVectorStore, path: Path, after: int) -> int:
    """Give the peer what was recorded after that event, with the same rectangles; returns the last event's number."""
    ledger = Ledger.open(path / "ledger.db", utc_now)
    held, (last, _) = list(fold(ledger.events(after)).values()), ledger.head()
    ledger.close()
    vectors = Drawn().encode([indexed_text(v.evidence.title, v.evidence.text) for v in held])
    spans = [TextSpan(0, len(version.evidence.text)) for version in held]
    peer.add(
        [
            node(point_id(version, 0, span, nth), version.evidence.text, rectangle(row, nth), vector)
            for version, span, vector in zip(held, spans, vectors, strict=True)
            for nth, row in enumerate(version.rows)
        ]
    )
    return last


def search(store: EvidenceStore, retriever: Retriever, question: str, day: date, exact: bool = True) -> object:
    """As a user does it, snapshot and all."""
    return retriever.search(question, store.snapshot(as_of=day, exact=exact), 10)


def timed(call: Callable[..., object], *args: object) -> float:
    """Milliseconds."""
    started = perf_counter()
    call(*args)
    return (perf_counter() - started) * 1000


def percentiles(store: EvidenceStore, retriever: Retriever, asked: Sequence[Asked], exact: bool = True) -> str:
    """Two cells: the median, and what 95 of 100 queries stay under."""
    for query in asked:  # to warm up
        search(store, retriever, *query, exact)
    times = [timed(search, store, retriever, *query, exact) for query in asked]
    return f"{statistics.median(times):.1f} | {statistics.quantiles(times, n=20)[-1]:.1f}"


def beside_bare(store: EvidenceStore, asked: Sequence[Asked], exact: bool = True) -> str:
    """A cell: how many times longer a search by meaning takes than the engine alone, and what that takes."""
    params = qe.SearchParams(exact=True) if exact else qe.SearchParams(hnsw_ef=EF)
    shard = store._index.searched.index._shard  # type: ignore[attr-defined]  # what our own code is measured against
    pairs = []
    for question, day in asked:
        where = store.snapshot(as_of=day)._where(valid_only=True)
        query = qe.Query.Nearest(store.encoder.encode([question])[0].tolist(), DENSE_VECTOR)
        request = qe.QueryRequest(10, query=query, filter=seen_by(where), with_payload=PLACE, params=params)
        shard.query(request)  # to warm up, both
        search(store, DENSE, question, day, exact)
        bare = timed(shard.query, request)
        pairs.append((bare, timed(search, store, DENSE, question, day, exact)))
    low, middle, high = statistics.quantiles([ours / bare for bare, ours in pairs], n=4)
    return f"{middle:.1f} [{low:.1f}–{high:.1f}] of {statistics.median(bare for bare, _ in pairs):.1f} ms"


def on_disk(path: Path) -> float:
    """Megabytes, without the copy of the index that readers share."""
    return sum(f.stat().st_blocks * 512 for f in path.rglob("*") if f.is_file() and "readers" not in f.parts) / 1e6


def compared(size: int, kind: str, store: EvidenceStore, peer: QdrantVectorStore, asked: Sequence[Asked]) -> str:
    """A row: both in turn, over the same queries."""
    retriever, seq = (HYBRID if kind == "hybrid" else DENSE), store.seq
    pairs = []
    for question, day in asked:
        vector, where = store.encoder.encode([question])[0], same_filter(seq, day)
        theirs = timed(ask, peer, question, vector, where, kind == "hybrid")
        pairs.append((timed(search, store, retriever, question, day), theirs))
    return row(f"{size:,} | {kind}", pairs)


def on_local(path: Path, new: list[Evidence], store: EvidenceStore, asked: Sequence[Asked]) -> str:
    """A row: our store on the peer's engine."""
    grown(path, new, index="local")
    with EvidenceStore.open(path, embedder=Drawn()) as local:
        pairs = [(timed(search, store, DENSE, *query), timed(search, local, DENSE, *query)) for query in asked]
    return row(f"{len(new):,} | dense; here the peer is our own store on local mode", pairs)


def row(what: str, pairs: Sequence[tuple[float, float]]) -> str:
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    low, middle, high = statistics.quantiles([slow / fast for fast, slow in pairs], n=4)
    return f"| {what} | {ours:.1f} | {theirs:,.0f} | {middle:.0f} [{low:.0f}–{high:.0f}] |"


def in_a_process_of_its_own(path: Path, query: Asked) -> Opened:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(opened, path, query).result()


def opened(path: Path, query: Asked) -> Opened:
    """In a fresh process: open, answer, and see what that took beyond a store of ten passages."""
    with tempfile.TemporaryDirectory() as folder:
        grown(Path(folder), list(islice(versions(), 10)))
        with EvidenceStore.open(folder, embedder=Drawn()) as small:
            search(small, HYBRID, *query)
    before, started = memory(), perf_counter()
    EvidenceStore.open(path, embedder=Drawn(), read_only=True).close()
    copying, started = perf_counter() - started, perf_counter()
    with EvidenceStore.open(path, embedder=Drawn(), read_only=True) as store:
        reading = perf_counter() - started
        search(store, WORDS, *query)
    words, started = perf_counter() - started, perf_counter()
    with EvidenceStore.open(path, embedder=Drawn()) as store:
        writing = perf_counter() - started
        search(store, HYBRID, *query)
        first = perf_counter() - started - writing
        for _ in range(10):
            search(store, HYBRID, *query)
        after = memory()
    grew = (now - then for now, then in zip(after, before, strict=True))
    return Opened(copying, reading, words, writing, first, *grew)


def memory() -> tuple[float, float]:
    """Resident megabytes: this process's own, and files it has mapped, which the system may take back (Linux)."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    own, mapped = (float(said[key].split()[0]) / 1e3 for key in ("RssAnon", "RssFile"))
    return own, mapped


if __name__ == "__main__":
    print("\n".join(results([int(size) for size in sys.argv[1:]] or SIZES)))
