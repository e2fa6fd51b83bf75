"""Who has only the index can read it: a stock ``QdrantVectorStore`` finds our passages, and what was in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient
from world import DRUGS, WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.evidence_store.index.base import Where, day_number
from evitrail.evidence_store.index.qdrant import seen_by
from evitrail.retrieval.llama import AsEmbedding, FromLlama

QUERY = "aspirin and the risk of stroke in adults"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(
        tmp_path / "store", create=True, embedder=WordVectors(), clock=clock, index="local"
    ) as opened:
        for n, drug in enumerate(DRUGS):
            text = f"In adults, {drug} lowers the risk of stroke."
            opened.ingest([evidence(drug, text=text, valid_from=date(2010 + n, 1, 1))])
        for n, drug in enumerate(DRUGS[::2]):
            text = f"{drug} does not lower the risk of stroke."
            later = evidence(drug, "2", text=text, valid_from=date(2017 + n, 1, 1), supersedes=f"{drug}@1")
            opened.ingest([later])
        opened.retract("warfarin@1", "fabricated data")
        yield opened


def read(folder: Path, k: int, where: Where | None = None) -> list[NodeWithScore]:
    """What a stock reader finds in a store that is closed."""
    client = QdrantClient(path=str(folder / "index" / "local"))
    vectors = QdrantVectorStore(client=client, collection_name="evitrail", dense_vector_name="dense")
    index = VectorStoreIndex.from_vector_store(vectors, embed_model=AsEmbedding(WordVectors()))
    asked = {"qdrant_filters": seen_by(where)} if where else {}
    found = index.as_retriever(similarity_top_k=k, vector_store_kwargs=asked).retrieve(QUERY)
    client.close()
    return found


def named(found: list[NodeWithScore]) -> set[str]:
    return {f"{one.node.metadata['ref']}#{one.node.metadata['part']}" for one in found}


def served(snapshot: Snapshot, valid: bool) -> dict[str, float]:
    return {passage.id: score for passage, score in snapshot.dense(QUERY, 1000, valid_only=valid)}


def test_a_stock_reader_finds_every_passage_with_its_text_title_and_our_score(store: EvidenceStore) -> None:
    snapshot = store.snapshot()
    scores = served(snapshot, valid=False)
    texts = {passage.id: passage.text for ref in snapshot.headers for passage in snapshot.passages(ref)}
    store.close()
    found = read(store.path, 1000)
    assert len(found) > 10
    assert named(found) == scores.keys()
    for one in found:
        told = one.node.metadata
        name = f"{told['ref']}#{told['part']}"
        assert one.node.get_content() == texts[name]
        assert told["title"] == snapshot.headers[told["ref"]].title
        assert one.score == pytest.approx(scores[name], abs=1e-6)


def test_with_our_filter_it_finds_what_was_in_force_as_known_then(store: EvidenceStore) -> None:
    seen = set()
    for day, seq in ((date(2013, 6, 1), store.seq), (date(2018, 6, 1), store.seq), (date(2018, 6, 1), store.seq // 2)):
        seen.add((day_number(day), seq, frozenset(served(store.snapshot(day, seq), valid=True))))
    store.close()
    assert len({names for *_, names in seen}) == 3
    for number, seq, names in seen:
        assert named(read(store.path, 1000, Where(seq, valid=True, day=number))) == names


class Read(BaseRetriever):
    """A stock reader's nodes, read while the store was closed: a folder is one process's at a time."""

    def __init__(self, found: list[NodeWithScore]) -> None:
        self._found = found
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._found


def test_what_it_finds_is_held_against_the_snapshot_like_any_other_retrieval(store: EvidenceStore) -> None:
    half = store.seq // 2
    store.close()
    found = read(store.path, 1000)
    with EvidenceStore.open(store.path, embedder=WordVectors()) as again:
        now, then = again.snapshot(), again.snapshot(seq=half)
        all_ = FromLlama("stock", Read(found)).search(QUERY, now, k=1000)
        assert [hit.passage for hit in all_.hits][:3] == [passage for passage, _ in now.dense(QUERY, 3)]
        [gate] = FromLlama("stock", Read(found)).search(QUERY, then, k=1000).gates
        assert set(gate.kept) == served(then, valid=False).keys()
        assert gate.dropped
