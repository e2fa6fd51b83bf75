"""How well the retrievers find the abstracts that SciFact's claims cite, as BEIR scores it.

    python bench/scifact.py ../shared/data/scifact           # in a temporary store
    python bench/scifact.py ../shared/data/scifact STORE     # in one that is kept: nothing is embedded twice

Rules kept here
- What is measured is what a user gets: a real store with its own chunks and model, the registered retrievers.
- Relevance is that of BEIR's SciFact: the 300 claims of the dev split, each with the documents it cites.
- A document ranks where its best passage does; enough passages are asked for that 100 documents are ranked.
- ir-measures scores, not we.

SciFact (Wadden et al., EMNLP 2020) is no part of this repository; PATH holds its two files.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import ir_measures
from ir_measures import Measure, R, nDCG

from evitrail.evidence_store import Evidence, EvidenceStore
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, Dense, Hybrid, Retriever

RETRIEVERS: dict[str, Retriever] = {"bm25": BM25(), "dense": Dense(), "hybrid": Hybrid()}
CORPUS, CLAIMS = "corpus.jsonl.gz", "claims.jsonl"
MEASURES: tuple[Measure, ...] = (nDCG @ 10, R @ 10, R @ 100)
DOCUMENTS = 100
PASSAGES = 400
"""Asked of a retriever; a long abstract is several."""
ANY_DAY = date(2020, 1, 1)
"""The corpus has no dates, and no claim asks for a day."""

Run = dict[str, dict[str, float]]
"""For each claim, the documents found and their scores."""


class Claim(NamedTuple):
    """A query and the documents that answer it."""

    id: str
    text: str
    cites: dict[str, int]


def results(data: Path, kept: Path | None = None) -> list[str]:
    """A Markdown table of the three retrievers, or one line where the data is not there."""
    if not all((data / name).is_file() for name in (CORPUS, CLAIMS)):
        return [f"Left out: the SciFact data is not at `{data}`."]
    asked = claims(data)
    with tempfile.TemporaryDirectory() as folder, EvidenceStore.open(kept or Path(folder), create=True) as store:
        store.ingest(abstracts(data))
        stats, snapshot = store.stats(), store.snapshot()
        scores = {name: score(ranked(retriever, snapshot, asked), asked) for name, retriever in RETRIEVERS.items()}
    return [
        f"{stats.versions:,} abstracts in {stats.passages:,} passages; the {len(asked)} claims of the dev split, with "
        f"the abstracts they cite: {sum(len(claim.cites) for claim in asked)} pairs, which is BEIR's test set.",
        "",
        "| retriever | " + " | ".join(str(measure) for measure in MEASURES) + " |",
        "|---" * (1 + len(MEASURES)) + "|",
        *(f"| {name} | " + " | ".join(f"{found[m]:.3f}" for m in MEASURES) + " |" for name, found in scores.items()),
    ]


def abstracts(data: Path) -> Iterator[Evidence]:
    """Every abstract of the corpus as one version of evidence; SciFact tells neither its day nor its design."""
    with gzip.open(data / CORPUS, "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            yield Evidence.of_day(
                ANY_DAY,
                id=f"scifact-{line['doc_id']}",
                version="1",
                title=line["title"],
                text=" ".join(line["abstract"]),
                organization="",
                kind="observational_study",
            )


def claims(data: Path) -> list[Claim]:
    """The claims of the dev split: all 300 cite a document, 188 of them one with a labelled rationale."""
    lines = map(json.loads, (data / CLAIMS).read_text(encoding="utf-8").splitlines())
    return [
        Claim(str(line["id"]), line["claim"], {f"scifact-{cited}": 1 for cited in line["cited_doc_ids"]})
        for line in lines
        if line["split"] == "dev"
    ]


def ranked(retriever: Retriever, snapshot: Snapshot, asked: list[Claim]) -> Run:
    """The documents that a retriever finds for each claim, each where its best passage stands."""
    run: Run = {}
    for claim in asked:
        documents: dict[str, float] = {}
        for hit in retriever.search(claim.text, snapshot, PASSAGES).hits:
            documents.setdefault(hit.passage.header.id, 1 / hit.rank)
        run[claim.id] = dict(list(documents.items())[:DOCUMENTS])
    return run


def score(run: Run, asked: list[Claim]) -> dict[Measure, float]:
    """Each measure's mean over the claims."""
    qrels = {claim.id: claim.cites for claim in asked}
    return dict(ir_measures.calc_aggregate(MEASURES, qrels, run))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(f"expected PATH [STORE], got {len(sys.argv) - 1} arguments; PATH is a folder with SciFact's two files")
    print("\n".join(results(*map(Path, sys.argv[1:]))))
