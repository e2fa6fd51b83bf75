"""Taking evidence in, beside the model alone, and beside llama-index's pipeline with the same model.

    python bench/ingest.py ../shared/data/scifact     # without the folder, the demonstration's evidence

- model alone: ``encode`` of the passages' texts, cut beforehand; no store can be faster than its model
- evitrail: ``EvidenceStore.ingest``, checked, recorded durably, cut, embedded and indexed when it returns
- llama-index: ``IngestionPipeline`` with the same cutting into ``QdrantVectorStore`` in a folder; the model as
  sentence-transformers runs it, in batches of 64 sorted by length

They take turns, a block of texts each into an empty store, so that a ratio is of neighbours and no cache helps.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import Document
from llama_store import StockMiniLM, vector_store
from scifact import CORPUS, abstracts

from evitrail.evidence_store import Evidence, EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE
from evitrail.evidence_store.index.embed import Embedder
from evitrail.evidence_store.model import indexed_text
from evitrail.evidence_store.store import CHUNKER

BLOCKS = 6
VERSIONS = 50
"""In a block."""


class Cost(NamedTuple):
    """Of a block, in seconds; CPU is the whole process's, and moves less on a busy machine."""

    wall: float
    cpu: float


Way = Callable[[list[Evidence], Path], Cost]
"""Takes a block into an empty folder."""


def results(data: Path) -> list[str]:
    """A Markdown table: passages a second, and how evitrail compares."""
    blocks = given(data)
    embedder, stock = Embedder(), StockMiniLM()
    ways: dict[str, Way] = {
        "model alone": lambda block, _: embed(embedder, block),
        "evitrail": lambda block, folder: ingest(embedder, block, folder),
        "llama-index": lambda block, folder: pipeline(stock, block, folder),
    }
    taken: dict[str, list[Cost]] = {name: [] for name in ways}
    for block in [blocks[0], *blocks]:  # the first warms up
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                taken[name].append(way(block, Path(folder)))
    sizes = [len(texts(block)) for block in blocks]
    own = taken["evitrail"][1:]
    lines = ["| | passages/s | its time / evitrail's, median [quartiles] | the same in CPU time |", "|---|---|---|---|"]
    for name, (_, *costs) in taken.items():
        rate = statistics.median(size / cost.wall for size, cost in zip(sizes, costs, strict=True))
        told = ["", ""] if name == "evitrail" else [shares([c[n] for c in costs], [c[n] for c in own]) for n in (0, 1)]
        lines.append(f"| {name} | {rate:.0f} | {' | '.join(told)} |")
    return [f"{sum(sizes)} passages in {len(blocks)} blocks, in turn.", "", *lines]


def shares(theirs: list[float], ours: list[float]) -> str:
    """One as a share of the other, block by block."""
    low, middle, high = statistics.quantiles([a / b for a, b in zip(theirs, ours, strict=True)], n=4)
    return f"{middle:.2f} [{low:.2f}–{high:.2f}]"


def given(data: Path) -> list[list[Evidence]]:
    """Blocks of evidence: SciFact's abstracts where they are, else the demonstration's, each by itself."""
    there = (data / CORPUS).is_file()
    found = abstracts(data) if there else iter(read_evidence(DEMO_EVIDENCE))
    alone = [item.model_copy(update={"supersedes": None}) for item in islice(found, BLOCKS * VERSIONS)]
    size = -(-len(alone) // BLOCKS)
    return [alone[at : at + size] for at in range(0, len(alone), size)]


def texts(block: Sequence[Evidence]) -> list[str]:
    """What is embedded."""
    return [indexed_text(v.title, v.text[span.start : span.end]) for v in block for span in CHUNKER.cut(v.text)]


def embed(embedder: Embedder, block: Sequence[Evidence]) -> Cost:
    return timed(embedder.encode, texts(block))


def ingest(embedder: Embedder, block: Sequence[Evidence], folder: Path) -> Cost:
    with EvidenceStore.open(folder, create=True, embedder=embedder) as store:
        return timed(store.ingest, block)


def pipeline(stock: StockMiniLM, block: Sequence[Evidence], folder: Path) -> Cost:
    cut = SentenceSplitter(
        chunk_size=CHUNKER.size, chunk_overlap=CHUNKER.overlap, tokenizer=re.compile(r"\w+|[^\w\s]").findall
    )
    documents = [
        Document(id_=item.ref, text=item.text, metadata={"title": item.title, "valid_from": str(item.valid_from)})
        for item in block
    ]
    store = vector_store(str(folder))
    run = IngestionPipeline(transformations=[cut, stock], vector_store=store).run
    seconds = timed(lambda: run(documents=documents))
    store.client.close()
    return seconds


def timed(call: Callable[..., object], *args: object) -> Cost:
    wall, cpu = perf_counter(), process_time()
    call(*args)
    return Cost(perf_counter() - wall, process_time() - cpu)


if __name__ == "__main__":
    print("\n".join(results(Path(*sys.argv[1:2]))))
