"""Foretold re-runs: the counterfactuals of one run, each coming out as it is taken to; nothing is done.

Rules kept here
- It is taken that a failure comes back. Repairing who broke a promise is taken to help where the reader heeds what it
  is given; where it does not, nothing is taken to help before its reading and its choice are repaired too.
- The choice of a reader that does not heed abstains where it is repaired by itself: nothing was read that supports one.
- A call of a model is counted once for each replicate and each set of repairs before it, as work is reused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.attribution.replays.mended_run import Edit
from evitrail.eval.attribution.replays.replay import Replay, Replays, fork_name
from evitrail.eval.attribution.scene.scene import MODEL, Scene
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.run.activity import Activity

READS = ("synthesise", "section", "choose")
"""Kinds of steps that a reader answers for."""


@dataclass(kw_only=True)
class ForetoldReplays(Replays):
    """Counterfactuals that are not done: each comes out as it is taken to."""

    recorded: Outcome
    heeds: bool
    """Whether the reader is taken to find what the evidence that it is given supports."""
    calls: int = 0
    """Of models, in all that were foretold."""
    _asked: set[object] = field(default_factory=set)

    def _do(self, what: Mended, edits: Mapping[str, tuple[str, Edit]], again_from: str | None) -> Replay:
        self.calls += sum(self._is_asked(what, call.path, again_from) for call in model_calls(self.scene))
        return Replay(fork_name(what), self._outcome(frozenset(what.mended)), 0, 0)

    def _outcome(self, repaired: frozenset[str]) -> Outcome:
        broke = frozenset(one.step for one in self.breaks)
        helped = bool(repaired & broke) if self.heeds else broke | self._reads <= repaired
        if helped:
            return _passed(self.recorded)
        chooses = any(step.path in repaired for step in self.scene.steps if step.kind == "choose")
        return _abstained(self.recorded) if chooses and not self.heeds else self.recorded

    @cached_property
    def _reads(self) -> frozenset[str]:
        return frozenset(step.path for step in self.scene.steps if step.kind in READS)

    def _is_asked(self, what: Mended, call: str, again_from: str | None) -> bool:
        """Whether a call is made in this one: not where its step is repaired, or can be reused."""
        step = call.partition("/")[0]
        if step in what.mended:
            return False
        place = self.scene.order(step)
        if again_from:
            return place > self.scene.order(again_from)
        before = frozenset(player for player in what.mended if self.scene.order(player) < place)
        changed = (before, what.edited, what.without)
        work = (what.replicate, call, changed)
        if not any(changed) or work in self._asked:
            return False
        self._asked.add(work)
        return True


def model_calls(scene: Scene) -> Sequence[Activity]:
    """The calls of models that the run made."""
    return [step for step in scene.trace.activities if step.kind == MODEL]


def _passed(outcome: Outcome) -> Outcome:
    """The outcome of the same run, had it not failed."""
    return _abstained(outcome).model_copy(update={"correct": True, "abstained": False})


def _abstained(outcome: Outcome) -> Outcome:
    """The outcome of the same run, had it chosen nothing."""
    harmless = dict.fromkeys(("high_risk", "unsafe", "contradicts", "overconfident"), False)
    return outcome.model_copy(update={"correct": False, "abstained": True, **harmless})
