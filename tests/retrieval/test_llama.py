"""A llama-index retriever serves as one of ours, and one of ours in a stock llama-index query engine."""

from __future__ import annotations

from datetime import date

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from world import WordVectors

from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.retrieval import RETRIEVERS
from evitrail.retrieval.clean import Clean
from evitrail.retrieval.llama import AsLlama, FromLlama, nodes
from evitrail.retrieval.testing import check_retriever

QUERY = "aspirin and the risk of stroke in adults"


class Words(BaseEmbedding):
    """llama-index's kind of encoder, with the test world's vectors."""

    def _get_text_embedding(self, text: str) -> list[float]:
        vector: list[float] = WordVectors().encode([text])[0].tolist()
        return vector

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class Fixed(BaseRetriever):
    """Returns what it was given."""

    def __init__(self, *found: NodeWithScore) -> None:
        self._found = list(found)
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._found


def vector(snapshot: Snapshot, k: int = 10) -> FromLlama:
    index = VectorStoreIndex(nodes(snapshot), embed_model=Words())
    return FromLlama("vector", index.as_retriever(similarity_top_k=k))


def test_a_llama_index_retriever_keeps_every_promise_of_ours(snapshot: Snapshot) -> None:
    found = check_retriever(vector(snapshot), snapshot, QUERY)
    assert len(found.hits) == 5
    assert found.gates == ()


def test_with_equal_vectors_it_finds_first_what_our_own_dense_search_finds_first(snapshot: Snapshot) -> None:
    theirs, ours = (each.search(QUERY, snapshot, k=3) for each in (vector(snapshot, k=3), RETRIEVERS["dense"]))
    assert theirs.hits[0].passage == ours.hits[0].passage


def test_a_passage_that_the_snapshot_does_not_know_is_left_out_on_record(
    store: EvidenceStore, snapshot: Snapshot
) -> None:
    wrapped = vector(snapshot)
    served = wrapped.search(QUERY, snapshot, k=10).hits[0].passage
    found = check_retriever(wrapped, snapshot.without([served.ref]), QUERY, k=10)
    assert served.ref not in {hit.passage.ref for hit in found.hits}
    (gate,) = found.gates
    assert served.id in {dropped.passage for dropped in gate.dropped}
    assert check_retriever(wrapped, store.snapshot(seq=0), QUERY).hits == ()


@pytest.mark.parametrize(
    ("node", "what"),
    [
        (TextNode(id_="5f0c", text="Aspirin."), "expected nodes that are passages"),
        (TextNode(id_="aspirin@1#0", text="Aspirin."), "expected the text of 'aspirin@1#0' as the store has it"),
        (TextNode(id_="aspirin@1#7", text="Aspirin."), "expected the text of 'aspirin@1#7' as the store has it"),
    ],
)
def test_a_node_that_is_no_passage_of_the_store_is_refused(snapshot: Snapshot, node: TextNode, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        FromLlama("fixed", Fixed(NodeWithScore(node=node))).search(QUERY, snapshot, k=5)


def test_without_scores_the_order_it_came_in_stands(snapshot: Snapshot) -> None:
    given = [NodeWithScore(node=node) for node in nodes(snapshot)[:4]]
    found = check_retriever(FromLlama("fixed", Fixed(*given)), snapshot, QUERY)
    assert [hit.passage.id for hit in found.hits] == [one.node.node_id for one in given]


def test_our_gates_serve_a_stock_query_engine_and_the_model_reads_version_and_certainty(snapshot: Snapshot) -> None:
    ours = Clean().search(QUERY, snapshot, k=3)
    engine = RetrieverQueryEngine.from_args(AsLlama(Clean(), snapshot, k=3), llm=MockLLM())
    answer = engine.query(QUERY)
    assert [one.node.node_id for one in answer.source_nodes] == [hit.passage.id for hit in ours.hits]
    for hit in ours.hits:
        assert hit.passage.text in str(answer)  # the mock model says its prompt
        assert f"version: {hit.passage.ref}" in str(answer)
    assert "certainty: high" in str(answer)
    assert "start:" not in str(answer)


def test_another_day_is_another_retriever(store: EvidenceStore) -> None:
    then, now = (AsLlama(Clean(), store.snapshot(day), k=10) for day in (date(2016, 1, 1), date(2021, 1, 1)))
    served = [{one.node.metadata["version"] for one in each.retrieve(QUERY)} for each in (then, now)]
    assert "aspirin@1" in served[0] - served[1]
    assert "aspirin@2" in served[1] - served[0]
