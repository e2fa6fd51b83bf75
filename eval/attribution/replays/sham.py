"""Shams: what a change of the same size does that repairs nothing, so that luck is not taken for a repair.

Rules kept here
- For a search and for the store: as many passages as the repair changed, changed at random among those that nothing
  rests on and nobody judged. Eight draws; four where these agree.
- For a reader: its recorded output stays, and all that follows is drawn again. A run that was shown to be
  deterministic comes out as recorded, so nothing is done.
- A member of a repair counts if the failure is rarer with it than with its sham, beyond chance (Newcombe 1998).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from math import sqrt

from evitrail.eval.attribution.replays.mended_run import Edit, renumbered
from evitrail.eval.attribution.replays.replay import Replay, Replays
from evitrail.eval.attribution.scene.players import STORE, kind_of
from evitrail.eval.attribution.scene.scene import Scene, refs
from evitrail.eval.metrics.stats import Interval, wilson
from evitrail.retrieval.base import Retrieved
from evitrail.traces.run.activity import Activity
from evitrail.traces.trace import Trace

DRAWS = 8
FIRST = 4
"""Draws after which it is asked whether all agree."""


@dataclass(frozen=True)
class Sham:
    """How often the failure came back with the sham."""

    failed: int
    n: int

    @property
    def rate(self) -> float:
        """As a share; 1 where nothing had to be drawn."""
        return self.failed / self.n if self.n else 1.0

    def effect(self, failed: int, n: int) -> tuple[float, Interval]:
        """How much rarer the failure is with the repair, which failed in ``failed`` of ``n``; Newcombe's interval."""
        if not self.n:
            value = 1.0 - failed / n
            return value, Interval(value, value)
        value = self.rate - failed / n
        one, other = wilson(self.failed, self.n), wilson(failed, n)
        lo = value - sqrt((self.rate - one.lo) ** 2 + (other.hi - failed / n) ** 2)
        hi = value + sqrt((one.hi - self.rate) ** 2 + (failed / n - other.lo) ** 2)
        return value, Interval(max(lo, -1.0), min(hi, 1.0))


def sham(
    replays: Replays,
    player: str,
    beside: Collection[str],
    fails: Callable[[Replay], bool],
    *,
    exact: bool,
    replicates: int,
) -> Sham:
    """The sham of one player, with the others of a repair mended."""
    if player == STORE or kind_of(player) == "retrieve":
        return _random_lists(replays, player, beside, fails)
    if exact:
        return Sham(0, 0)
    again = [replays.play(beside, replicate=number, again_from=player) for number in range(1, replicates + 1)]
    return Sham(sum(map(fails, again)), len(again))


def _random_lists(replays: Replays, player: str, beside: Collection[str], fails: Callable[[Replay], bool]) -> Sham:
    scene = replays.scene
    searches = [step for step in scene.steps if step.kind == "retrieve" and player in (STORE, step.path)]
    sizes = {step.path: _changed(replays, step, player) for step in searches}
    if not any(_eligible(scene, step) for step in searches):
        return Sham(0, 0)
    failed = 0
    for draw in range(DRAWS):
        edits: dict[str, tuple[str, Edit]] = {
            step.path: (
                f"sham-{player}-{draw + 1}",
                partial(changed_at_random, scene=scene, size=sizes[step.path], seed=f"{scene.run} {player} {draw}"),
            )
            for step in searches
        }
        failed += fails(replays.play(beside, edits=edits))
        if draw + 1 == FIRST and failed in (0, FIRST):
            return Sham(failed, FIRST)
    return Sham(failed, DRAWS)


def changed_at_random(found: Retrieved, scene: Scene, size: int, seed: str) -> Retrieved:
    """The list with so many passages that nothing rests on changed for others that nobody judged."""
    dice = random.Random(seed)
    places = [place for place, hit in enumerate(found.hits) if _irrelevant(scene, hit.passage.ref)]
    served = {hit.passage.id for hit in found.hits}
    pool = [
        passage
        for passage in scene.panel.found(found.query, scene.snapshot).passages
        if passage.id not in served and _irrelevant(scene, passage.ref)
    ]
    hits = list(found.hits)
    for place in sorted(dice.sample(places, min(size, len(places), len(pool)))):
        other = pool.pop(dice.randrange(len(pool)))
        hits[place] = hits[place].model_copy(update={"passage": other, "why": "at random"})
    return found.model_copy(update={"hits": renumbered(hits)})


def _irrelevant(scene: Scene, ref: str) -> bool:
    return scene.labels.standing(ref) == "not judged" and ref not in scene.rests_on


def _eligible(scene: Scene, step: Activity) -> bool:
    return any(_irrelevant(scene, hit.passage.ref) for hit in scene.retrieved(step).hits)


def _changed(replays: Replays, step: Activity, player: str) -> int:
    """How many of a list's passages the repair changed, at least one."""
    served = replays.scene.retrieved(step).hits
    journal = replays.scene.trace.journal
    mended = Trace(journal, replays.play([player]).run)
    other = next((one for one in mended.activities if one.path == step.path), None)
    kept = refs(journal.get(other.output, Retrieved).hits) if other else set()
    return max(1, sum(hit.passage.ref not in kept for hit in served))
