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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

from evitrail.agent.tools import Tools
from evitrail.eval.attribution.replays.budget import Budget
from evitrail.eval.attribution.replays.mended_run import Edit, MendedRun
from evitrail.eval.attribution.roles.role import Break, Mending, Role
from evitrail.eval.attribution.scene.reference import Reference
from evitrail.eval.attribution.scene.scene import BUDGET, STORE, Scene, kind_of
from evitrail.eval.experiment.answer import answer_with
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.run_name import ForkName
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retrieved, Retriever
from evitrail.retrieval.fixed import Fixed
from evitrail.traces.journal.journal import Journal
from evitrail.traces.record import Grown
from evitrail.traces.run.live import Live
from evitrail.traces.run.memory import Memory, recorded_work

NEW = "new-steps"
"""The name of a change: what the recorded run did not have is mended."""
NEEDS_NO_LABEL = ("keep", "choose", "check")
"""Kinds of steps whose oracle knows what is best without labelled evidence."""
RAISED = 2
"""How many times more searches an agent may make where its limit is mended."""


class Mended(Grown, stored_as="Mended"):
    """What distinguishes a counterfactual from the run it is a fork of."""

    later = frozenset({"edited"})

    of: str
    mended: tuple[str, ...] = ()
    """The steps that were repaired, by path; ``store``, ``budget``."""
    without: tuple[str, ...] = ()
    """Evidence versions withheld from every list of hits."""
    replicate: int = 0
    edited: tuple[str, ...] = ()
    """Other changes, by name: a random list of hits (``sham-retrieve[1]-3``), a stock retriever's list."""


class Diverged(Exception):
    """With a step repaired the agent cannot go on: what follows has no place for its output."""


class Replay(NamedTuple):
    """One counterfactual, done."""

    run: str
    outcome: Outcome
    executed: int
    reused: int


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

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; the list gets shorter, nothing takes the empty places."""
        found = self.inner.search(query, snapshot, k)
        return found.model_copy(update={"hits": renumbered(h for h in found.hits if h.passage.ref not in self.refs)})


def renumbered(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits with ranks 1, 2, 3 …"""
    return tuple(hit.model_copy(update={"rank": place}) for place, hit in enumerate(hits, start=1))


@dataclass
class Replays:
    """All counterfactuals of one run; each is executed once and reused."""

    journal: Journal
    scene: Scene
    reference: Reference
    roles: Mapping[str, Role]
    budget: Budget = field(default_factory=Budget)
    done: dict[Mended, Replay] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._memories: dict[int, Memory] = {}

    @property
    def players(self) -> tuple[str, ...]:
        """See ``players_of``."""
        return players_of(self.scene, self.roles)

    def play(
        self,
        mended: Iterable[str] = (),
        *,
        replicate: int = 0,
        without: tuple[str, ...] = (),
        edits: Mapping[str, tuple[str, Edit]] | None = None,
        again_from: str | None = None,
        and_new: bool = False,
    ) -> Replay:
        """Do the run with these players mended.

        ``without`` withholds evidence; ``edits`` puts another list in place of the one a search came to, by path and
        under a name; ``again_from`` draws everything after that step anew; ``and_new`` repairs every step that the
        recorded run did not have.
        """
        players, given = self.players, set(mended)
        edits = edits or {}
        names = [name for name, _ in edits.values()] + ([f"again-from-{again_from}"] if again_from else [])
        names += [NEW] if and_new else []
        what = Mended(
            of=self.scene.run,
            mended=tuple(player for player in players if player in given),
            without=without,
            replicate=replicate,
            edited=tuple(names),
        )
        if what not in self.done:
            self.done[what] = self._do(what, edits, again_from)
        return self.done[what]

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
            retriever = Withholding(retriever, what.without)
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


def players_of(scene: Scene, roles: Mapping[str, Role]) -> tuple[str, ...]:
    """The store, every recorded step that has an oracle, and the limit on searches, in causal order."""
    steps = [step.path for step in scene.steps if step.kind in roles and roles[step.kind].oracle is not None]
    first = (STORE,) if scene.retriever is not None else ()
    return (*first, *steps, *((BUDGET,) if scene.facts.critiques else ()))


def playable(scene: Scene, players: Sequence[str], breaks: Sequence[Break]) -> tuple[str, ...]:
    """The players whose repairing can do anything; without labels only those whose oracle needs none."""
    if scene.labels.missing is not None and scene.named is None:
        return tuple(player for player in players if kind_of(player) in NEEDS_NO_LABEL)
    idle = set() if scene.corrections else {STORE}
    idle |= set() if any(one.code == "B1" for one in breaks) else {BUDGET}
    return tuple(player for player in players if player not in idle)


def _until(memory: Memory, scene: Scene, path: str) -> Memory:
    """The recorded work up to and with one step."""
    kept = {step.key for step in scene.steps[: scene.order(path)]}
    within = {key for place, work in memory.items() if place[0] in kept for key in work.inner}
    return {place: work for place, work in memory.items() if place[0] in kept | within}


def fork_name(what: Mended) -> str:
    """``standard.rad-001~retrieve[1]+choose[1]``: the parent, and what was repaired, changed or withheld."""
    changed = [*what.mended, *what.edited, *(f"-{ref}" for ref in what.without)]
    return str(ForkName(what.of, "+".join(changed) or "unchanged", replicate=what.replicate))
