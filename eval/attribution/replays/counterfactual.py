"""Counterfactuals: a recorded run, done again with some steps repaired, through the same engine.

Rules kept here
- Each is a stored run of its own, a fork that names its parent and what was repaired or changed.
- The token rule: a step whose component and inputs are those of the record is reused, never drawn again.
  So a counterfactual explains *this* failure, and costs only the steps it touches.
- A step that the recorded run did not have is repaired where every recorded step of its kind is; with everything
  repaired, every step is.
- Work done in one counterfactual is reused by the next of the same replicate. Replicate 0 keeps the recorded seed,
  each other has a seed of its own for what has to be drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from evitrail.agent.tools import Tools
from evitrail.eval.attribution.replays.budget import Budget
from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.attribution.replays.mended_run import Edit, MendedRun, renumbered
from evitrail.eval.attribution.replays.replay import NEW, Diverged, Replay, Replays, fork_name
from evitrail.eval.attribution.roles.role import Mending
from evitrail.eval.attribution.scene.players import BUDGET, STORE, kind_of
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.experiment.answer import answer_with
from evitrail.eval.log.runs import outcome_of
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Retrieved, Retriever
from evitrail.retrieval.fixed import Fixed
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.live import Live
from evitrail.traces.run.memory import Memory, recorded_work

RAISED = 2
"""How many times more searches an agent may make where its limit is mended."""


@dataclass(frozen=True)
class FoundAgain:
    """Another retriever's hits, with evidence that the index lost in front of them."""

    inner: Retriever
    refs: tuple[str, ...]

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = self.inner.search(query, snapshot, k)
        lost = Fixed(self.refs).search(query, snapshot, k).hits
        return found.model_copy(update={"hits": renumbered([*lost, *found.hits][:k])})


@dataclass(frozen=True)
class Withholding:
    """Another retriever's hits, save for some evidence: what if it had not been served?"""

    inner: Retriever
    refs: tuple[str, ...]
    recorded: Mapping[str, Retrieved] = field(default_factory=dict, repr=False, compare=False)
    """What the recorded run found, by query: by the token rule it is not searched for again."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; the list gets shorter, nothing takes the empty places."""
        found = self.recorded.get(query) or self.inner.search(query, snapshot, k)
        return found.model_copy(update={"hits": renumbered(h for h in found.hits if h.passage.ref not in self.refs)})


@dataclass(kw_only=True)
class Counterfactuals(Replays):
    """The counterfactuals of one run, executed and recorded."""

    journal: Journal
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self._memories: dict[int, Memory] = {}

    def _do(self, what: Mended, edits: Mapping[str, tuple[str, Edit]], again_from: str | None) -> Replay:
        scene, name = self.scene, fork_name(what)
        recorded = self._recorded(what.replicate)
        memory = _until(recorded, scene, again_from) if again_from else recorded
        self.budget.before_replay()
        live = Live.begin(self.journal, name, what, parent=scene.run, memory=memory)
        tools = self._tools(what, live, edits, memory)
        try:
            said = answer_with(scene.config, tools)
        except Exception as error:
            if cast("MendedRun", tools.run).in_step:
                raise
            raise Diverged(f"{name}: {type(error).__name__}: {error}") from error
        live.end(said)
        self.budget.after_replay(self.journal, name)
        if not again_from:
            memory |= live.memory
        return Replay(name, outcome_of(name, scene.config, said), live.executed, live.reused)

    def _recorded(self, replicate: int) -> Memory:
        if replicate not in self._memories:
            self._memories[replicate] = recorded_work(self.journal, self.scene.run)
        return self._memories[replicate]

    def _tools(self, what: Mended, live: Live, edits: Mapping[str, tuple[str, Edit]], recorded: Memory) -> Tools:
        config, scene = self.scene.config, self.scene
        mended = frozenset(what.mended)
        snapshot, retriever = scene.snapshot, scene.retriever
        if STORE in mended:
            snapshot = self.reference.snapshot
            if retriever is not None and self.reference.found_again:
                retriever = FoundAgain(retriever, self.reference.found_again)
        if retriever is not None and what.without:
            then = {} if STORE in mended else {found.query: found for found in scene.facts.retrieved}
            retriever = Withholding(retriever, what.without, then)
        decoding = config.decoding
        if what.replicate:
            decoding = decoding.model_copy(update={"seed": decoding.seed + what.replicate})
        known = frozenset(step.path for step in scene.steps)
        found_again = self.reference.found_again if STORE in mended else ()
        mending = Mending(scene, snapshot, self.roles, known, found_again)
        run = MendedRun(
            live,
            mending,
            mended,
            frozenset(self.roles) if NEW in what.edited else self._kinds(mended),
            edits,
            (recorded, config.decoding) if what.replicate else None,
            bare=bool(edits or what.without),
        )
        tools = config.condition.tools(config.case, run, snapshot, scene.reader, decoding)
        rounds = tools.rounds * RAISED if BUDGET in mended else tools.rounds
        return replace(tools, retriever=retriever, rounds=rounds)

    def _kinds(self, mended: frozenset[str]) -> frozenset[str]:
        """The kinds whose new steps are repaired too."""
        if mended == set(self.players):
            return frozenset(self.roles)
        kept = {kind_of(player) for player in self.players if player not in mended}
        return frozenset(kind_of(player) for player in mended) - kept - {STORE, BUDGET}


def _until(memory: Memory, scene: Scene, path: str) -> Memory:
    """The recorded work up to and with one step."""
    kept = {step.key for step in scene.steps[: scene.order(path)]}
    within = {key for place, work in memory.items() if place[0] in kept for key in work.inner}
    return {place: work for place, work in memory.items() if place[0] in kept | within}
