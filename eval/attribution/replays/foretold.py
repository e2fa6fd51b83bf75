"""A rehearsal: the counterfactuals of one run that would be done, each coming out as it is taken to; nothing is done.

Rules kept here
- A call of a model is counted once for each replicate and each set of repairs before it, as work is reused.
- What helps is the caller's business (``pending.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.eval.attribution.replays.mended_run import Edit
from evitrail.eval.attribution.replays.replay import Mended, Replay, Replays, fork_name
from evitrail.eval.attribution.scene.scene import MODEL, Scene
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.run.activity import Activity


@dataclass(kw_only=True)
class Rehearsal(Replays):
    """Counterfactuals that are not done: each comes out as it is taken to."""

    recorded: Outcome
    helping: Sequence[frozenset[str]]
    """The sets of players whose repairing is taken to prevent the failure."""
    withholds: frozenset[str]
    """The choices that, repaired by themselves, are taken to abstain: nothing was read that would support one."""
    calls: int = 0
    """Of models, in all that were rehearsed."""
    _asked: set[object] = field(default_factory=set)

    def _do(self, what: Mended, edits: Mapping[str, tuple[str, Edit]], again_from: str | None) -> Replay:
        self.calls += sum(self._is_asked(what, call.path, again_from) for call in model_calls(self.scene))
        mended = set(what.mended)
        outcome = _abstained(self.recorded) if self.withholds & mended else self.recorded
        if any(players <= mended for players in self.helping):
            outcome = _passed(self.recorded)
        return Replay(fork_name(what), outcome, 0, 0)

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
