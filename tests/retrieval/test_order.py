"""Fifty identical queries give one answer, to the byte: whatever ties, from several threads, across reopening."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.retrieval import Hybrid, Retriever

QUERY, DAY = "aspirin and the risk of stroke", date(2021, 1, 1)
ROUNDS, THREADS, TIMES = 5, 4, 10
TIED = 90
"""Passages that say the same, more than a search goes deep: where it is cut, equal scores must be told apart."""


def opened(folder: Path, engine: str | None = None) -> EvidenceStore:
    return EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock, index=engine)


@pytest.fixture(scope="module", params=["edge", "local"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp(request.param)
    with opened(path, request.param) as store:
        said = "In adults, aspirin lowers the risk of stroke."
        same = [evidence(f"same-{n}", text=said, title="Aspirin") for n in range(TIED)]
        near = [evidence(f"near-{n}", text=f"{said} Dose {n % 3}.", title="Aspirin") for n in range(TIED)]
        store.ingest([item for pair in zip(near, reversed(same), strict=True) for item in pair])
    return path


def asked(store: EvidenceStore, retriever: Retriever) -> bytes:
    return retriever.search(QUERY, store.snapshot(DAY), 20).model_dump_json().encode()


@pytest.mark.parametrize("retriever", [Hybrid(), Hybrid(valid_only=True), Hybrid(depth=7)], ids=repr)
def test_fifty_identical_queries_give_one_order_to_the_byte(folder: Path, retriever: Retriever) -> None:
    answers = []
    for _ in range(ROUNDS):
        with opened(folder) as store, ThreadPoolExecutor(THREADS) as pool:
            answers += pool.map(lambda _: asked(store, retriever), range(TIMES))
    assert len(answers) == 50
    assert set(answers) == {answers[0]}


@pytest.mark.parametrize("retriever", [Hybrid(), Hybrid(depth=7)], ids=repr)
def test_passages_that_say_the_same_come_in_the_order_of_their_names(folder: Path, retriever: Retriever) -> None:
    with opened(folder) as store:
        hits = retriever.search(QUERY, store.snapshot(DAY), 20).hits
    same = [hit.passage.id for hit in hits if hit.passage.id.startswith("same-")]
    every = sorted(f"same-{n}@1#0" for n in range(TIED))
    assert len(same) > 1
    assert same == every[: len(same)]
