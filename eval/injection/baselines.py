"""Baselines: what simpler methods say of one failed run, each as kinds of steps, the most to blame first.

Rules kept here
- Each reads the same journal and store as the attribution, and is told nothing of what was injected.
- Nothing said is an abstention.
- The most common kind of a whole table is added where the table is made (``table.py``); judges are in ``judges.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evitrail.eval.attribution.attribute import scene_of
from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.replays.counterfactual import Counterfactuals
from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.attribution.replays.replay import fork_name
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.facts import facts
from evitrail.eval.attribution.scene.players import STORE, kind_of
from evitrail.eval.attribution.scene.scene import Scene, refs
from evitrail.eval.experiment.answer import answer_with
from evitrail.eval.log.runs import outcome_of
from evitrail.eval.metrics.stats import wilson
from evitrail.eval.plan.readers import Readers
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.journal import Journal
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.live import Live
from evitrail.traces.run.memory import recorded_work
from evitrail.traces.trace import Trace

Kinds = tuple[str, ...]
REDRAWS = 8
"""Times that a run is drawn anew from each step on."""


@dataclass(frozen=True)
class FailedRun:
    """One failed run as a baseline sees it."""

    scene: Scene
    breaks: tuple[Break, ...]
    replays: Counterfactuals
    kind: Kind
    blame: Blame | None
    """What the attribution said; of it only whether the run is deterministic is read."""
    seed: int = 0

    @property
    def deterministic(self) -> bool:
        """Whether the run was shown to come out alike each time."""
        return self.blame is None or self.blame.n == 1

    @property
    def kinds(self) -> Kinds:
        """The kinds of its recorded steps, in order."""
        return tuple(step.kind for step in self.scene.steps)


def failed_run(
    journal: Journal,
    run: str,
    store: EvidenceStore,
    reader: Readers,
    vouched: frozenset[str],
    kind: Kind,
    blame: Blame | None,
    seed: int = 0,
) -> FailedRun:
    """The run with its store, its broken contracts and its counterfactuals."""
    replays = Counterfactuals.of(scene_of(Trace(journal, run), store, reader, None, vouched), journal=journal)
    return FailedRun(replays.scene, replays.breaks, replays, kind, blame, seed)


def coverage_rules(run: FailedRun) -> Kinds:
    """Where the deciding evidence is lost first: in the store, among the hits, among the claims; else the choice.

    After the rules of RAGEC (2510.13975), which ask the same of gold chunks. Abstains without labels.
    """
    scene, found = run.scene, facts(run.scene.trace)
    if not scene.labels.decides:
        return ()
    if not scene.decides:
        return (STORE,)
    if not scene.decides & refs(found.hits):
        return ("retrieve",)
    said = found.synthesis
    read = {claim.evidence for claim in said.claims} if said else set()
    read |= {served.evidence for served in said.context.passages} if said and said.context else set()
    return ("choose",) if scene.decides & read else ("synthesise",)


def contracts_only(run: FailedRun) -> Kinds:
    """The earliest step that broke a contract; nothing is done again."""
    return (kind_of(run.breaks[0].step),) if run.breaks else ()


def first(run: FailedRun) -> Kinds:
    """The first recorded step."""
    return run.kinds[:1]


def last(run: FailedRun) -> Kinds:
    """The last recorded step."""
    return run.kinds[-1:]


def at_random(run: FailedRun) -> Kinds:
    """Any kind of its steps, or the store, with equal chances."""
    among = sorted({STORE, *run.kinds})
    return (random.Random(f"{run.seed} {run.scene.run}").choice(among),)


def resampling(run: FailedRun) -> Kinds:
    """The latest step from which a fresh draw passes as often as from any, beyond chance.

    After Causal Agent Replay (2606.08275). A deterministic run comes out as recorded from whatever step it is drawn
    anew: it abstains, and draws nothing.
    """
    if run.deterministic:
        return ()
    passed = {step.path: sum(_redrawn(run, step, number) for number in range(REDRAWS)) for step in run.scene.steps}
    most = max(passed.values(), default=0)
    if not most or wilson(most, REDRAWS).lo <= wilson(0, REDRAWS).lo:
        return ()
    as_often = [step for step in run.scene.steps if wilson(passed[step.path], REDRAWS).hi >= most / REDRAWS]
    return (as_often[-1].kind,) if as_often and passed[as_often[-1].path] else ()


def value_oracle(run: FailedRun) -> Kinds:
    """The earliest step whose right output, put in its place, prevents the failure.

    The right output is that of an oracle with right inputs: all steps up to and with this one are repaired at once, the
    store first. So an error that a later right output would cover up is still laid to the step that it began at, and
    of two faults that had to meet only the second is named.
    """
    players = run.replays.players
    for upto in range(1, len(players) + 1):
        replay = run.replays.play(players[:upto])
        if not FAILS[run.kind](replay.outcome):
            return (kind_of(players[upto - 1]),)
    return ()


BASELINES: Mapping[str, Callable[[FailedRun], Kinds]] = {
    "coverage rules": coverage_rules,
    "contracts only": contracts_only,
    "first step": first,
    "last step": last,
    "random step": at_random,
    "resampling": resampling,
    "value oracle": value_oracle,
}


def guesses(run: FailedRun) -> dict[str, Kinds]:
    """What each baseline says; one that cannot be worked out for this run abstains."""
    return {name: _tried(baseline, run) for name, baseline in BASELINES.items()}


def _tried(baseline: Callable[[FailedRun], Kinds], run: FailedRun) -> Kinds:
    try:
        return baseline(run)
    except (ValueError, LookupError):
        return ()


def _redrawn(run: FailedRun, step: Activity, number: int) -> bool:
    """Whether the run passes when this step and all after it are drawn anew, with another seed."""
    scene = run.scene
    config = scene.config
    before = {other.key for other in scene.steps[: scene.order(step.path) - 1]}
    recorded = recorded_work(run.replays.journal, scene.run)
    before |= {key for place, work in recorded.items() if place[0] in before for key in work.inner}
    memory = {place: work for place, work in recorded.items() if place[0] in before}
    what = Mended(of=scene.run, replicate=number + 1, edited=(f"redrawn-from-{step.path}",))
    live = Live.begin(run.replays.journal, fork_name(what), what, parent=scene.run, memory=memory)
    decoding = config.decoding.model_copy(update={"seed": config.decoding.seed + number + 1})
    said = answer_with(config, config.condition.tools(config.case, live, scene.snapshot, scene.reader, decoding))
    live.end(said)
    return not FAILS[run.kind](outcome_of(fork_name(what), config, said))
