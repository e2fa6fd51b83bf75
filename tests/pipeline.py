"""Somebody else's pipeline to look at: three pieces of advice, an embedding that counts letters, a scripted model.

    engine(Scripted(says=("At 36 weeks.",))).query("When to swab?")

``Scripted`` keeps every prompt it saw in ``asked``, and does ``before`` each answer what a test wants done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from llama_index.core import VectorStoreIndex
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

from evitrail.traces import Trace

ADVICE = {
    "swab-2019": "Swab at 36 weeks for group B streptococcus.",
    "swab-2010": "Swab at 35 weeks for group B streptococcus.",
    "cabbage": "Deer eat cabbage.",
}
QUESTION = "When to swab for group B streptococcus?"
QUERY = [
    "query[1]/retrieve[1]/embed[1]",
    "query[1]/retrieve[1]",
    "query[1]/synthesise[1]/model[1]",
    "query[1]/synthesise[1]",
    "query[1]",
]
"""The steps of one query, in the order they end."""


class Letters(BaseEmbedding):
    """A text as how often each letter stands in it."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(query.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_query_embedding(text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class Scripted(CustomLLM):
    """Says one text after the other, the last one for ever; streams it word by word."""

    says: Sequence[str] = ("At 36 weeks.",)
    asked: list[str] = []  # noqa: RUF012 - a pydantic field: each model gets its own
    before: Callable[[], None] = lambda: None
    api_key: str = "sk-not-to-be-written"
    temperature: float = 0.5

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted-1")

    def _reply(self, prompt: str) -> str:
        self.asked.append(prompt)
        self.before()
        return self.says[min(len(self.asked), len(self.says)) - 1]

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        text = self._reply(prompt)
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(text.split())}
        return CompletionResponse(text=text, raw={"usage": usage, "choices": [{"finish_reason": "stop"}]})

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Iterator[CompletionResponse]:
        said = ""
        for word in self._reply(prompt).split(" "):
            delta = f" {word}" if said else word
            said += delta
            yield CompletionResponse(text=said, delta=delta)


def text_nodes() -> list[TextNode]:
    """The advice, each piece cut from a document of its own name."""
    return [
        TextNode(
            id_=name,
            text=text,
            metadata={"year": 2000},
            start_char_idx=0,
            end_char_idx=len(text),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"{name}.txt")},
        )
        for name, text in ADVICE.items()
    ]


def engine(model: Scripted, **settings: Any) -> BaseQueryEngine:
    """A query engine over the advice; two pieces are served for each question."""
    index = VectorStoreIndex(text_nodes(), embed_model=Letters())
    return index.as_query_engine(llm=model, similarity_top_k=2, **settings)


def paths(trace: Trace) -> list[str]:
    """The steps that ended."""
    return [activity.path for activity in trace.activities]


def errors(trace: Trace) -> dict[str, str]:
    """The steps that failed, and why."""
    return {record.body["path"]: record.body["error"] for record in trace.of_type("activity.error")}
