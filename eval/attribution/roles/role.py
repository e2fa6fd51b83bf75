"""A role: what steps of one kind promise, and the best they could have done with the inputs they got.

An agent from outside may bring steps of its own kinds. Give each a ``Role``, and its steps are judged like ours:

    Role("triage", "the triage", oracle=best_triage, contract=what_triage_promises)

Without an oracle a step is never repaired, and never blamed; without a contract nothing is said of what it broke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from evitrail.eval.attribution.scene.scene import Scene
from evitrail.traces.record import Record
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.step_key import Task

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot

T = TypeVar("T", bound=Record)


class Break(NamedTuple):
    """A promise that was not kept."""

    role: str
    step: str
    """The step's path, or ``store``."""
    what: str
    """In words, with the step as the subject: ``served …``."""
    code: str | None = None
    """The kind of fault, a code of ``FAULTS``."""
    passed_on: bool = False
    """Whether a later step had the chance to notice, and should have."""


@dataclass(frozen=True)
class Role:
    """What is expected of the steps of one kind."""

    kind: str
    """The kind of its steps, as in ``retrieve[2]``."""
    in_words: str
    """Who acts in it, for sentences: ``the retriever``."""
    oracle: Callable[[Mending, Task[Any]], Record | None] | None = None
    """The best output for the inputs of a task, from labels; None where it cannot tell."""
    contract: Callable[[Scene, Activity], Iterable[Break]] | None = None
    """The promises that a recorded step broke."""


@dataclass(frozen=True)
class Mending:
    """Puts oracles in the place of steps, in one counterfactual."""

    scene: Scene
    snapshot: Snapshot
    """What the counterfactual searches."""
    roles: Mapping[str, Role]
    known: frozenset[str]
    """The paths that the recorded run had."""
    found_again: tuple[str, ...] = ()
    """Evidence that the index lost and that this counterfactual serves all the same."""

    def task(self, task: Task[T]) -> Task[T] | None:
        """The task, done by the oracle of its kind; None where there is none, or it cannot tell."""
        role = self.roles.get(task.kind)
        best = role.oracle(self, task) if role is not None and role.oracle is not None else None
        if best is None:
            return None
        made = cast("T", best)
        return replace(task, call=lambda: made, by=Oracle(task.kind, self.scene.config.case.id), effect="pure")


@dataclass(frozen=True)
class Oracle:
    """Does a step from labels; it is named in traces by what it stands for."""

    kind: str
    case: str
