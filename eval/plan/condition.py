"""A condition is one condition of an experiment: which agent, and where its evidence comes from.

Rules kept here
- A condition is a specification: frozen, serialisable, complete. What it needs to run it is handed
  (store, reader, run), never held.
- The ten published conditions (SaFE-Scale, arXiv 2605.04039; parameters in its code at commit 09c18f0) are here under
  their published keys, or under a name that says more, with the key as its alias. ``padded_top_1`` was built there
  and never run. Embeddings are the store's own.
- ``deep_research`` serves one frozen report to every reader, as published. ``agentic`` (a critique loop) and
  ``per_option`` (a researcher for each option) are live agents, and ours; so is ``gated``: the clean-evidence
  retriever choosing from the store by itself, asked for what the question and its options name.
- *clean*, *conflict* and *deep_research* serve the case's curated evidence by id; the others search.
- A context that is long is cut, padded or left whole as ``fit`` says, by the model's own tokenizer, where a reader puts
  passages before a model as they are. Other readers read passage by passage and count words.
- A condition that a reader cannot hold is left out and counts nowhere (``lacking``).
- Only *gated* looks at the day the question is asked of; the others search all that was recorded, as
  a vector database without time does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from evitrail.agent.agents import AGENTS, Agent
from evitrail.agent.influence.values import Way
from evitrail.agent.model import Decoding
from evitrail.agent.reader.base import WHOLE, Fit, Fitting, Reader, Writing
from evitrail.agent.steps.influence import influence
from evitrail.agent.tools import Tools
from evitrail.eval.dataset.case import Case
from evitrail.eval.plan.components import component_named
from evitrail.eval.plugin import OUTSIDE
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.retrieval import RETRIEVERS, Dense, Fixed, Full, Retriever
from evitrail.traces.record import Grown
from evitrail.traces.run.live import Run

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

MAX_CONTEXT_TOKENS = 9_240
"""What a 16,384-token model has left for evidence by the published rule: less 2,048, 4,096 and 1,000. For readers that
count words; a model's own window decides where it is known."""

MOST_PASSAGES = 600
"""What a long context takes at most, as published; more than any curated set has, so that all of it is served."""


class Condition(Grown):
    """One condition."""

    later = frozenset({"components"})

    name: str
    agent: str
    """A name in ``AGENTS``; one of one's own is ``package.module:agent``."""
    retriever: str | None = None
    """A name in ``retrieval.RETRIEVERS``; None for curated or no evidence."""
    curated: Literal["clean", "conflict", "report"] | None = None
    """Serve this evidence of the case instead of searching."""
    k: int = 10
    snapshot: str | None = None
    """The state of the store it searches: a release, a ledger number, or a day to ask as of; None for the plan's."""
    fit: Fit = WHOLE
    """What becomes of a context that is long."""
    influence: Way | None = None
    """How it is measured, after the choice, what each passage did for it; None measures nothing."""
    components: dict[str, str] = Field(default_factory=dict)
    """Who acts in a role in place of the reader, by a name in ``COMPONENTS``."""

    @property
    def steps(self) -> Agent:
        """What it does; raises ``ConditionError`` for an agent or component that this process does not know."""
        agent = AGENTS[agent_named(self.agent, admitted=True)]
        if self.influence is None or not isinstance(agent, Agent):
            return agent
        return replace(agent, steps=(*agent.steps, partial(influence, way=self.influence)))

    def lacking(self, reader: Reader) -> str | None:
        """Why this condition cannot be run with this reader; None where it can."""
        if isinstance(reader, Fitting):
            return reader.holds(self.fit)
        if self.fit.keep == "padded":
            return "its control for length needs a reader that puts passages before a model as they are"
        return None

    def lacking_openly(self, reader: Reader) -> str | None:
        """Why this condition cannot be asked a question without options with this reader; None where it can."""
        agent = AGENTS[agent_named(self.agent, admitted=True)]
        if not isinstance(agent, Agent) or not agent.answers_openly:
            return f"its agent {self.agent!r} weighs options"
        if self.influence is not None:
            return "influence is measured on the choice of an option"
        if self.fit.keep != "whole":
            return "a context of a set length is put together for a choice"
        return None if isinstance(reader, Writing) else f"the reader {reader!r} does not answer in free text"

    def serves(self, case: Case) -> bool:
        """Whether the case names what this condition serves by id."""
        return self.curated is None or bool(_CURATED[self.curated](case))

    def retriever_for(self, case: Case, reader: Reader | None = None) -> Retriever | None:
        """What searches in this condition, for this case and reader."""
        return Fixed(_CURATED[self.curated](case)) if self.curated else self.searcher(reader)

    def searcher(self, reader: Reader | None = None) -> Retriever | None:
        """What searches in this condition, for this reader; None where nothing is searched, as of curated evidence."""
        if self.retriever == "full":
            if isinstance(reader, Fitting):
                return Dense()  # what is too much is cut off by the model's own tokens
            return Full(tokens=self.fit.tokens if isinstance(self.fit.tokens, int) else MAX_CONTEXT_TOKENS)
        return RETRIEVERS[self.retriever] if self.retriever else None

    def tools(self, case: Case, run: Run, snapshot: Snapshot, reader: Reader, decoding: Decoding) -> Tools:
        """Everything the condition's agent is given for one case."""
        return Tools(
            run=run,
            snapshot=snapshot,
            reader=reader,
            retriever=self.retriever_for(case, reader),
            k=self.k,
            decoding=decoding,
            fit=self.fit,
            stand_ins={role: component_named(role, spec) for role, spec in self.components.items()},
        )


_CURATED = {
    "clean": lambda case: case.clean_evidence,
    "conflict": lambda case: case.conflict_evidence,
    "report": lambda case: case.reports,
}

CONDITIONS: dict[str, Condition] = {
    condition.name: condition
    for condition in (
        Condition(name="closed_book", agent="closed_book"),
        Condition(name="clean", agent="single_pass", curated="clean", k=MOST_PASSAGES),
        Condition(name="conflict", agent="single_pass", curated="conflict", k=MOST_PASSAGES),
        Condition(name="top_1", agent="single_pass", retriever="dense", k=1),
        Condition(name="padded_top_1", agent="single_pass", retriever="dense", k=10, fit=Fit(keep="padded")),
        Condition(name="top_5", agent="single_pass", retriever="dense", k=5),
        Condition(name="standard", agent="single_pass", retriever="dense", k=10),
        Condition(name="deep_research", agent="single_pass", curated="report", k=MOST_PASSAGES),
        Condition(name="agentic", agent="agentic", retriever="dense", k=5),
        Condition(name="per_option", agent="per_option", retriever="dense", k=5),
        Condition(
            name="context_32k",
            agent="single_pass",
            retriever="full",
            k=MOST_PASSAGES,
            fit=Fit(keep="cut", tokens=30_000),
        ),
        Condition(
            name="context_100k",
            agent="single_pass",
            retriever="full",
            k=MOST_PASSAGES,
            fit=Fit(keep="cut", tokens=96_000),
        ),
        Condition(
            name="max_context",
            agent="single_pass",
            retriever="full",
            k=MOST_PASSAGES,
            fit=Fit(keep="cut", tokens="window"),
        ),
        Condition(name="gated", agent="aimed", retriever="clean", k=5),
    )
}
"""In the order tables show them."""

ALIASES = {
    "zero_shot": "closed_book",
    "evidence_clean": "clean",
    "evidence_conflict": "conflict",
    "top_10": "standard",
    "context_max": "max_context",
}
"""Published keys of conditions that have another name here; the other five have that very name."""

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


def agent_named(name: str, *, admitted: bool = False) -> str:
    """The name, proven to be one of an agent, or of code that may be one unless it must be ``admitted`` already."""
    if name in AGENTS or (not admitted and OUTSIDE.fullmatch(name)):
        return name
    known = f"{', '.join(AGENTS)}, or package.module:agent"
    raise ConditionError(f"expected an agent among {known}, got {name!r}{nearest(name, AGENTS)}")


def condition(name: str) -> Condition:
    """A preset by its name or its published key."""
    try:
        return CONDITIONS[ALIASES.get(name, name)]
    except KeyError:
        meant = nearest(name, [*CONDITIONS, *ALIASES])
        raise ConditionError(f"expected a condition among {', '.join(CONDITIONS)}, got {name!r}{meant}") from None
