"""Replays: which counterfactuals of a run there are, by what was repaired or changed in each.

Rules kept here
- Each is done once, and named by what distinguishes it from the run that it is a fork of.
- How one is done is left open: ``Counterfactuals`` does it, ``ForetoldReplays`` only foretells how it comes out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

from evitrail.eval.attribution.replays.mended import Mended
from evitrail.eval.attribution.replays.mended_run import Edit
from evitrail.eval.attribution.roles.contracts import broken
from evitrail.eval.attribution.roles.role import Break, Role
from evitrail.eval.attribution.roles.roles import roles_of
from evitrail.eval.attribution.scene.players import BUDGET, STORE, kind_of
from evitrail.eval.attribution.scene.reference import Reference
from evitrail.eval.attribution.scene.reference import reference as put_right
from evitrail.eval.attribution.scene.scene import Scene
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.run_name import ForkName

NEW = "new-steps"
"""The name of a change: what the recorded run did not have is repaired."""
NEEDS_NO_LABEL = ("keep", "choose", "check")
"""Kinds of steps whose oracle knows what is best without labelled evidence."""


class Diverged(Exception):
    """With a step repaired the agent cannot go on: what follows has no place for its output."""


class Replay(NamedTuple):
    """One counterfactual, done."""

    run: str
    outcome: Outcome
    executed: int
    reused: int


@dataclass(kw_only=True)
class Replays(ABC):
    """All counterfactuals of one run; each is done once and reused."""

    scene: Scene
    reference: Reference
    roles: Mapping[str, Role]
    done: dict[Mended, Replay] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene, **how: Any) -> Self:
        """Those of a run: of its scene with what is wrong with the store, and of the store put right."""
        right = put_right(scene)
        seen = replace(scene, corrections=right.corrections)
        return cls(scene=seen, reference=right, roles=roles_of(seen.config.condition.steps), **how)

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        """The promises that the recorded run broke."""
        return tuple(broken(self.scene, self.roles))

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

    @abstractmethod
    def _do(self, what: Mended, edits: Mapping[str, tuple[str, Edit]], again_from: str | None) -> Replay:
        """Do one of them."""


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


def fork_name(what: Mended) -> str:
    """``standard.rad-001~retrieve[1]+choose[1]``: the parent, and what was repaired, changed or withheld."""
    changed = [*what.mended, *what.edited, *(f"-{ref}" for ref in what.without)]
    return str(ForkName(what.of, "+".join(changed) or "unchanged", replicate=what.replicate))
