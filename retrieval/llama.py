"""llama-index retrievers as ours, and ours as llama-index's: the door to llama-index in this folder.

Rules kept here
- A passage keeps its name on both sides: the node's id is ``id@version#part``. A node that llama-index's own
  ``QdrantVectorStore`` read from our index has the point's id, and the name in its metadata.
- What a llama-index retriever returns is compared with the snapshot. A passage the snapshot does not know is left out,
  and the trace says so; a node that is no passage of a store, or whose text is not the passage's, is an error.
- Our text is the passage's own; the version, its dates and its certainty are in the metadata that a model reads.

    index = VectorStoreIndex(nodes(snapshot))                           # any llama-index index of ours
    theirs = FromLlama("vector", index.as_retriever(similarity_top_k=10))
    theirs.search("aspirin and stroke", snapshot, k=5)                  # a retriever like any of ours

    ours = AsLlama(Clean(), snapshot, k=5)                              # in a stock query engine
    RetrieverQueryEngine.from_args(ours, llm=llm).query("aspirin and stroke")

    VectorStoreIndex.from_vector_store(theirs, embed_model=AsEmbedding(store.encoder))  # a stock reader of our index
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from llama_index.core.base.embeddings.base import BaseEmbedding, Embedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle, TextNode

from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.model import Passage
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Dropped, GateReport, Retrieved, Retriever, ranked

PLACE = ("part", "start", "end")
"""Metadata that is for programs, not for models."""


@dataclass(frozen=True)
class FromLlama:
    """A llama-index retriever over passages of the store; ``name`` is what traces call it."""

    name: str
    retriever: BaseRetriever = field(repr=False, compare=False)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; raises ``ValueError`` for nodes that are no passages of a store.

        A passage that is found more than once, as by a reader of the index without our filter, stands where it stands
        first.
        """
        known: dict[str, tuple[Passage, float, str]] = {}
        unknown: list[Dropped] = []
        for place, found in enumerate(self.retriever.retrieve(query), start=1):
            name = _name(found.node)
            passage = _passage(found.node, snapshot, self.name)
            if passage is None:
                unknown.append(Dropped(passage=name, why="not in the snapshot: recorded later, or left out of it"))
            else:
                score = 1 / place if found.score is None else float(found.score)
                known.setdefault(passage.id, (passage, score, f"{self.name} ranked it {place}"))
        kept = tuple(known)
        gates = (GateReport(gate="snapshot", kept=kept, dropped=tuple(unknown)),) if unknown else ()
        return Retrieved(query=query, hits=ranked(known.values(), k), gates=gates)


class AsLlama(BaseRetriever):
    """One of our retrievers over one snapshot, as llama-index knows retrievers."""

    def __init__(self, retriever: Retriever, snapshot: Snapshot, k: int = 10) -> None:
        self._retriever = retriever
        self._snapshot = snapshot
        self._k = k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._retriever.search(query_bundle.query_str, self._snapshot, self._k)
        return [NodeWithScore(node=_node(hit.passage), score=hit.score) for hit in found.hits]


class AsEmbedding(BaseEmbedding):
    """The model that a store's index was built with, as llama-index knows models."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(model_name=encoder.model)
        self._encoder = encoder

    def _get_text_embedding(self, text: str) -> Embedding:
        vector: Embedding = self._encoder.encode([text])[0].tolist()
        return vector

    def _get_query_embedding(self, query: str) -> Embedding:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> Embedding:
        return self._get_text_embedding(query)


def nodes(snapshot: Snapshot) -> list[TextNode]:
    """Every passage that a snapshot knows, to be put into an index of llama-index's."""
    return [_node(passage) for passage in _passages(snapshot)]


def _passages(snapshot: Snapshot) -> Iterable[Passage]:
    return (passage for ref in snapshot.headers for passage in snapshot.passages(ref))


def _node(passage: Passage) -> TextNode:
    header = passage.header
    told = {
        "title": header.title,
        "version": header.ref,
        "kind": header.kind,
        "valid_from": header.valid_from.isoformat(),
        "valid_to": header.valid_to.isoformat() if header.valid_to else None,
        "certainty": header.grade.certainty if header.grade else None,
        "retracted": header.retracted,
        "concern": header.concern,
        **{key: getattr(passage, key) for key in PLACE},
    }
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=told,
        excluded_embed_metadata_keys=[key for key in told if key != "title"],  # what the index searches as well
        excluded_llm_metadata_keys=list(PLACE),
    )


def _name(node: BaseNode) -> str:
    told = node.metadata
    return f"{told['ref']}#{told['part']}" if {"ref", "part"} <= told.keys() else node.node_id


def _passage(node: BaseNode, snapshot: Snapshot, retriever: str) -> Passage | None:
    """The passage a node is; None where the snapshot does not know it."""
    name = _name(node)
    ref, mark, part = name.partition("#")
    if not mark or not part.isdecimal() or "@" not in ref:
        raise ValueError(
            f"{retriever}: expected nodes that are passages, named id@version#part, got {name!r}; "
            "build its index from `evitrail.retrieval.llama.nodes(snapshot)`"
        )
    if ref not in snapshot.headers:
        return None
    passages = snapshot.passages(ref)
    passage = passages[int(part)] if int(part) < len(passages) else None
    if passage is None or node.get_content(MetadataMode.NONE) != passage.text:
        raise ValueError(
            f"{retriever}: expected the text of {name!r} as the store has it, got another; "
            "its index was built from another store, build it again"
        )
    return passage
