"""What an attribution has left to do, and what it will take: re-runs and calls of models, counted beforehand.

Rules kept here
- Contracts are free, so they are checked: who broke one decides which re-runs there will be.
- It is taken that a failure comes back each time, and that repairing who broke a contract helps. Where it does not,
  there are some re-runs more or fewer.
- A re-run asks again in every step after the first that is mended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from evitrail.eval.attribution.attribute import evidence_named, scene_of
from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.event.event import failures
from evitrail.eval.attribution.inquiry import MOST, REPLICATES, STRONGEST
from evitrail.eval.attribution.replays.counterfactual import playable, players_of
from evitrail.eval.attribution.replays.fresh import PROOFS
from evitrail.eval.attribution.replays.sham import FIRST
from evitrail.eval.attribution.roles.contracts import broken
from evitrail.eval.attribution.roles.roles import roles_of
from evitrail.eval.attribution.scene.labels import contradictions
from evitrail.eval.attribution.scene.reference import reference
from evitrail.eval.attribution.scene.scene import MODEL, STORE, Scene, kind_of
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.readers import Readers
from evitrail.evidence_store.index.embed_cache import apart
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

ATTRIBUTED = "attribution"
"""The record type that ends a run's attribution, as the journal's format has it."""


class Expected(NamedTuple):
    """What the attribution of some runs will take."""

    replays: int
    calls: int
    """Of models."""


def unattributed(journal: JournalView) -> list[Trace]:
    """Every finished run that failed in some way, and that no attribution is recorded of, by name."""
    return [trace for trace in traces(journal) if not trace.of_type(ATTRIBUTED) and failures(trace)]


def expected(journal: JournalView, store: EvidenceStore, readers: Readers) -> Expected:
    """What it will take to attribute all that is not attributed yet; no step is done, no model asked."""
    vouched = evidence_named(journal)
    with apart():  # what is searched for on the way may be patient data
        each = [_expected(scene_of(trace, store, readers, None, vouched)) for trace in unattributed(journal)]
    return Expected(sum(one.replays for one in each), sum(one.calls for one in each))


def replays_made(blames: Iterable[Blame]) -> int:
    """How many re-runs these records rest on, each counted once."""
    stored: set[str] = set()
    unstored: dict[str, int] = {}
    for blame in blames:
        stored |= set(blame.replay_ids)
        unstored[blame.run] = max(unstored.get(blame.run, 0), blame.replays - len(blame.replay_ids))
    return len(stored) + sum(unstored.values())


def _expected(scene: Scene) -> Expected:
    if contradictions(scene.config.case):
        return Expected(0, 0)
    store = reference(scene)
    scene = replace(scene, corrections=store.corrections)
    roles = roles_of(scene.config.condition.steps)
    breaks = tuple(broken(scene, roles))
    asks = any(step.kind == MODEL for step in scene.trace.activities)
    exact = scene.says_deterministic and not asks
    n, fresh = (1, PROOFS) if exact else (REPLICATES, REPLICATES)
    calls = _calls_after(scene, ())
    planned = list(
        _planned(
            scene,
            playable(scene, players_of(scene, roles), breaks),
            {one.step for one in breaks},
            exact,
        )
    )
    return Expected(
        fresh + sum(times * n if times == 1 else times for _, times in planned),
        fresh * calls + sum(_calls_after(scene, mended) * (n if times == 1 else times) for mended, times in planned),
    )


def _planned(
    scene: Scene, players: tuple[str, ...], broke: set[str], exact: bool
) -> Iterator[tuple[Collection[str], int]]:
    """The sets that will be repaired, and how often where that is not once a replicate."""
    if not players:
        return
    active = [player for player in players if player in broke][:MOST]
    yield from (((player,), 1) for player in active or players)
    sets = {frozenset(some) for size in range(2, len(active) + 1) for some in combinations(active, size)}
    yield from ((some, 1) for some in sets)
    searches = [player for player in active if player == STORE or kind_of(player) == "retrieve"]
    yield from (((player,), FIRST) for player in searches)
    if not exact:
        yield from (((player,), REPLICATES) for player in active if player not in searches)
    if searches:
        yield from (((searches[0],), 1) for _ in list(scene.rests_on)[:STRONGEST])


def _calls_after(scene: Scene, mended: Collection[str]) -> int:
    """How many calls of models there are in the steps after the first of these."""
    first = min((scene.order(player) for player in mended), default=0)
    later = {step.path for step in scene.steps[first:] if step.path not in mended}
    return sum(step.kind == MODEL and step.path.partition("/")[0] in later for step in scene.trace.activities)
