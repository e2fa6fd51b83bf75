"""A condition is one arm of an experiment: which agent, and where its evidence comes from.

Rules kept here
- A condition is a specification: frozen, serialisable, complete. What it needs to run it is handed
  (store, reader, run), never held.
- ``closed_book, clean, conflict, standard, agentic, max_context`` are the published six (SaFE-Scale,
  arXiv 2605.04039; parameters in its code at commit 09c18f0). Their keys in the published files are
  aliases. Two differ from the paper, and say so: *agentic* is a live agent per reader where the paper
  serves one frozen report, and embeddings are the store's own.
- ``gated`` is ours: the clean-evidence retriever choosing from the store by itself, asked for what the
  question and its options name.
- *clean* and *conflict* serve the case's curated evidence by id; the others search.
- Only *gated* looks at the day the question is asked of; the others search all that was recorded, as
  a vector database without time does.
"""

from __future__ import annotations

from typing import Literal

from agent.agents import AGENTS, Agent
from agent.model import Decoding
from agent.reader.base import Reader
from agent.tools import Tools
from eval.benchmark import Case
from evidence_store.snapshot import Snapshot
from retrieval import RETRIEVERS, Fixed, Full, Retriever
from traces.record import Record
from traces.run import Run

MAX_CONTEXT_TOKENS = 9_240
"""What a 16,384-token model has left for evidence by the published rule: less 2,048, 4,096 and 1,000."""

MOST_PASSAGES = 600
"""What *max_context* takes at most, as published; more than any curated set has, so that all of it is served."""


class Condition(Record):
    """One arm."""

    name: str
    agent: Literal["closed_book", "single_pass", "aimed", "agentic"]
    retriever: str | None = None
    """A name in ``retrieval.RETRIEVERS``; None for curated or no evidence."""
    curated: Literal["clean", "conflict"] | None = None
    """Serve this evidence of the case instead of searching."""
    k: int = 10

    @property
    def steps(self) -> Agent:
        return AGENTS[self.agent]

    def retriever_for(self, case: Case) -> Retriever | None:
        """What searches in this arm, for this case."""
        if self.curated:
            return Fixed(case.clean_evidence if self.curated == "clean" else case.conflict_evidence)
        if self.retriever == "full":
            return Full(tokens=MAX_CONTEXT_TOKENS)
        return RETRIEVERS[self.retriever] if self.retriever else None

    def tools(self, case: Case, run: Run, snapshot: Snapshot, reader: Reader, decoding: Decoding) -> Tools:
        """Everything the arm's agent is given for one case."""
        return Tools(
            run=run,
            snapshot=snapshot,
            reader=reader,
            retriever=self.retriever_for(case),
            k=self.k,
            decoding=decoding,
        )


CONDITIONS: dict[str, Condition] = {
    condition.name: condition
    for condition in (
        Condition(name="closed_book", agent="closed_book"),
        Condition(name="clean", agent="single_pass", curated="clean", k=MOST_PASSAGES),
        Condition(name="conflict", agent="single_pass", curated="conflict", k=MOST_PASSAGES),
        Condition(name="standard", agent="single_pass", retriever="dense", k=10),
        Condition(name="agentic", agent="agentic", retriever="dense", k=5),
        Condition(name="max_context", agent="single_pass", retriever="full", k=MOST_PASSAGES),
        Condition(name="gated", agent="aimed", retriever="clean", k=5),
    )
}
"""In the order tables show them."""

ALIASES = {
    "zero_shot": "closed_book",
    "evidence_clean": "clean",
    "evidence_conflict": "conflict",
    "top_10": "standard",
    "deep_research": "agentic",
    "context_max": "max_context",
}
"""Keys of the published result files."""

PUBLISHED = (
    "zero_shot",
    "evidence_clean",
    "evidence_conflict",
    "top_1",
    "top_5",
    "top_10",
    "deep_research",
    "context_32k",
    "context_100k",
    "context_max",
)
"""All keys of the published result files, in the order that tables show them."""


class ConditionError(ValueError):
    """No such condition; the message lists those there are."""


def condition(name: str) -> Condition:
    """A preset by its name or its published key."""
    try:
        return CONDITIONS[ALIASES.get(name, name)]
    except KeyError:
        known = ", ".join(CONDITIONS)
        raise ConditionError(f"expected a condition among {known}, got {name!r}") from None
