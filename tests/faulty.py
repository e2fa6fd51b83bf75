"""Small worlds in which one step is at fault by construction, asked once and attributed.

    told = happened(tmp_path, Faulty([GOLD, NOTE], asked=NOTED, retriever=Missing(BM25(), DECIDES)))
    told.wrong.culprit, told.codes

Its components are known to the product while the world is attributed, and are forgotten afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ward import HIGH, LOW, WardReader, advice, arm, ask, case, opened

from evitrail.agent.agents import AGENTS, Agent
from evitrail.agent.model import Decoding
from evitrail.agent.reader.base import Reader
from evitrail.agent.steps import choose, keep, requery, retrieve, synthesise
from evitrail.eval.attribution.attribute import evidence_named, scene_of
from evitrail.eval.attribution.blame import Blame, Kind
from evitrail.eval.attribution.blame_record import blame_failures, blames, not_attributed
from evitrail.eval.attribution.replays.budget import Budget
from evitrail.eval.attribution.roles.contracts import broken
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.roles.roles import roles_of
from evitrail.eval.attribution.scene.reference import reference
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.runs import JOURNAL, traces
from evitrail.eval.plan.components import COMPONENTS
from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import BM25, RETRIEVERS
from evitrail.retrieval.base import Retriever
from evitrail.traces.journal.journal import Journal

GOLD = advice("apixaban", "B", grade=HIGH)
NOTE = advice("apixaban", "C", id="apixaban-note", grade=LOW)
DECIDES = frozenset({"apixaban@1"})
ASKED = case("apixaban")
PARKING = "Visiting hours and parking at the hospital, and how the canteen plans its menus, floor"
ASIDE = [advice("parking", "A", id=f"parking-{n}", title="Visitors", text=f"{PARKING} {n}.") for n in range(70)]
"""More passages about something else than any search looks at."""


def against(*items: Evidence, **changes: Any) -> Case:
    """The question, with evidence labelled as speaking for C against what decides."""
    refs = tuple(item.ref for item in items)
    return case("apixaban", conflict_evidence=("apixaban@1", *refs), meta={"conflict_option": "C"}, **changes)


NOTED = against(NOTE)
WORDED = case("apixaban", options={"A": "give alpha", "B": "give bravo", "C": "give charlie", "D": "give delta"})
"""The question with options that differ in words."""
STRANGER = advice(
    "apixaban", "C", id="letter", grade=HIGH, organization="Open Letters", text=f"{NOTE.text} Give charlie."
)
"""It says in so many words what C says, and nobody knows it."""


@dataclass(frozen=True)
class Faulty:
    """One question asked of one store, by one agent, some of whose parts err."""

    evidence: Sequence[Evidence]
    reader: Reader = field(default_factory=WardReader)
    asked: Case = ASKED
    retriever: Retriever = field(default_factory=BM25)
    components: Mapping[str, Any] = field(default_factory=dict)
    """Who acts in place of the reader, by role."""
    agent: Any = "single_pass"
    """A name, or an agent of one's own."""
    k: int = 3
    samples: int = 3
    prepare: Callable[[EvidenceStore], object] = lambda store: None
    """What curators do before it is asked."""
    named: Callable[[EvidenceStore], Snapshot] | None = None
    """A state of the store that somebody says is right."""
    budget: Budget | None = None
    """Calls of models that its attribution may make."""


class Told(NamedTuple):
    """What was said of it."""

    found: Sequence[Blame]
    breaks: Sequence[Break]
    scene: Scene
    refused: Mapping[str, str]
    """The runs that could not be attributed."""

    @property
    def wrong(self) -> Blame:
        """The record of the wrong answer."""
        return self.of("wrong")

    def of(self, kind: Kind) -> Blame:
        """The record of one kind of failure."""
        (one,) = (each for each in self.found if each.outcome == kind)
        return one

    def codes(self, player: str) -> set[str | None]:
        """The codes of the promises that a player broke."""
        return {one.code for one in self.breaks if one.step == player}


def happened(folder: Path, world: Faulty) -> Told:
    """Ask, attribute, and say what came of it."""
    with known(world) as condition, opened(folder) as store:
        store.ingest(world.evidence)
        world.prepare(store)
        assert ask(folder / "x", store, [world.asked], [condition], world.reader, decoding=drawn(world)) == []
        named = world.named(store) if world.named else None
        with Journal.open(folder / "x" / JOURNAL) as journal:
            blame_failures(journal, store, world.reader, reference=lambda day: named, budget=world.budget)
            (trace,) = traces(journal)
            scene = scene_of(trace, store, world.reader, named, evidence_named(journal))
            scene = replace(scene, corrections=reference(scene).corrections)
            breaks = broken(scene, roles_of(condition.steps))
            return Told(blames(journal), breaks, scene, not_attributed(journal))


def drawn(world: Faulty) -> Decoding:
    """How its answers are drawn."""
    return Decoding(samples=world.samples)


@contextmanager
def known(world: Faulty) -> Iterator[Any]:
    """The condition with the world's parts in it."""
    named = {role: f"faulty {role}" for role in world.components}
    agent = world.agent if isinstance(world.agent, str) else "faulty agent"
    RETRIEVERS["faulty retriever"] = world.retriever
    COMPONENTS.update({named[role]: one for role, one in world.components.items()})
    if agent == "faulty agent":
        AGENTS[agent] = world.agent
    try:
        yield arm(agent=agent, retriever="faulty retriever", k=world.k, components=named)
    finally:
        RETRIEVERS.pop("faulty retriever")
        AGENTS.pop("faulty agent", None)
        for spec in named.values():
            COMPONENTS.pop(spec)


TWICE = Agent("twice", (retrieve, requery, retrieve, keep, synthesise, choose))
"""Searches twice, whatever it found first."""
