"""The scene of one failure: the run as recorded, the store it saw, and what is known of its evidence.

Rules kept here
- Everything is read from the record; nothing is done again here.
- A *player* is one recorded step that has an oracle, by its path (``retrieve[2]``), or the store.
- What the failure *rests on* is the evidence whose claims spoke for the option that was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from evitrail.agent.model import Query, Synthesis
from evitrail.agent.reader.base import Reader
from evitrail.eval.attribution.scene.facts import Facts, facts
from evitrail.eval.attribution.scene.labels import Labels
from evitrail.eval.attribution.scene.panel import Panel
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.plan.components import component_named
from evitrail.evidence_store.grading.grade import rank
from evitrail.retrieval.base import Hit, Retrieved, Retriever
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

MODEL = "model"
"""The kind of step that asks a model."""


USUAL = 10
"""Passages at most that a list is taken to have room for where fewer were served."""


class Correction(NamedTuple):
    """One thing that is wrong with the store."""

    code: str
    ref: str
    what: str
    """In words, with the store as the subject: ``holds … as in force``."""


@dataclass(frozen=True)
class Scene:
    """One recorded run with all that its failure is judged by."""

    trace: Trace
    snapshot: Snapshot
    reader: Reader
    vouched: frozenset[str] = frozenset()
    """Evidence that some case of the experiment names."""
    named: Snapshot | None = field(default=None, repr=False)
    """The state of a store that somebody says is right."""
    corrections: tuple[Correction, ...] = ()
    """What is wrong with the store, as far as the failure rests on it (``reference.py``)."""

    @property
    def run(self) -> str:
        """The run's name."""
        return self.trace.run

    @cached_property
    def config(self) -> RunConfig:
        """What the run was begun with."""
        return self.trace.config(RunConfig)

    @cached_property
    def labels(self) -> Labels:
        """What is known of the evidence."""
        return Labels(self.config.case)

    @cached_property
    def facts(self) -> Facts:
        """What the run recorded, by kind of step."""
        return facts(self.trace)

    @cached_property
    def steps(self) -> Sequence[Activity]:
        """The steps that stand within no other, in order."""
        return [step for step in self.trace.activities if "/" not in step.path]

    @property
    def says_deterministic(self) -> bool:
        """Whether the reader, and whoever acts in a role in its place, say that they are deterministic."""
        others = [component_named(role, spec) for role, spec in self.config.condition.components.items()]
        return self.reader.deterministic and all(getattr(one, "deterministic", True) for one in others)

    @cached_property
    def retriever(self) -> Retriever | None:
        """Who searched."""
        return self.config.condition.retriever_for(self.config.case, self.reader)

    @cached_property
    def panel(self) -> Panel:
        """Who else can search."""
        longest = max((len(found.hits) for found in self.facts.retrieved), default=0)
        return Panel(self.retriever, max(longest, min(self.config.condition.k, USUAL)))

    @cached_property
    def rests_on(self) -> Mapping[str, float]:
        """For each version that spoke for the chosen option, the strength of its claims.

        Where nothing was chosen: for each that spoke for the strongest other option than the key.
        """
        return self.facts.behind(self.rested_on_option)

    @cached_property
    def rested_on_option(self) -> str | None:
        """The option that was chosen; where none was, the one that most spoke for besides the key."""
        said, choice = self.facts.synthesis, self.facts.choice
        if choice is None or choice.option is not None or said is None:
            return choice.option if choice else None
        single: dict[str, float] = {}
        for claim in said.claims:
            if claim.stance == "supports" and claim.option != self.config.case.answer:
                single[claim.option] = max(single.get(claim.option, 0.0), claim.strength)
        return max(single, key=lambda option: (single[option], option), default=None)

    @cached_property
    def decides(self) -> frozenset[str]:
        """The deciding evidence that the store holds as current on the day."""
        held = (ref for ref in self.labels.decides if ref in self.snapshot.headers)
        return frozenset(ref for ref in held if self.snapshot.status(ref) == "current")

    def certainty(self, ref: str) -> int:
        """For ordering only: high 4 … very low 1, unrated 0."""
        return rank(self.snapshot.headers[ref].grade) if ref in self.snapshot.headers else 0

    def in_force(self, ref: str) -> bool:
        """Whether the store holds the version as current on the day."""
        return ref in self.snapshot.headers and self.snapshot.status(ref) == "current"

    def retrieved(self, step: Activity) -> Retrieved:
        """What a search came to."""
        return self.trace.get(step.output, Retrieved)

    def query(self, step: Activity) -> Query:
        """What a search was for."""
        return self.trace.get(next(given.id for given in step.inputs if given.role == "query"), Query)

    def made_by_step(self, step: Activity) -> bool:
        """Whether a step decided on the query of this search; else it is the question as asked."""
        asked = next(given.id for given in step.inputs if given.role == "query")
        return any(other.output == asked for other in self.steps if other.output_type == "Query")

    def lists(self, step: Activity) -> list[Retrieved]:
        """The lists of hits that a step was given."""
        return [self.trace.get(one.id, Retrieved) for one in step.inputs if one.type == "Retrieved"]

    def seen(self, step: Activity) -> dict[str, Hit]:
        """The passages that a step was given, each once."""
        return {hit.passage.id: hit for found in self.lists(step) for hit in found.hits}

    def synthesis(self, step: Activity) -> Synthesis:
        """What a synthesis came to."""
        return self.trace.get(step.output, Synthesis)

    def order(self, player: str) -> int:
        """A player's place in causal order, the store first."""
        places = {step.path: place for place, step in enumerate(self.steps, start=1)}
        return places.get(player, 0)


def refs(hits: Sequence[Hit] | Mapping[str, Hit]) -> set[str]:
    """The evidence versions of these hits."""
    return {hit.passage.ref for hit in (hits.values() if isinstance(hits, Mapping) else hits)}
