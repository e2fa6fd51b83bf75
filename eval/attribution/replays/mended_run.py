"""A run in which some steps are done by their oracles, or come to another list of hits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from evitrail.agent.model import Decoding
from evitrail.eval.attribution.roles.role import Mending
from evitrail.retrieval.base import Hit, Retrieved
from evitrail.traces.record import Record
from evitrail.traces.run.activity import Edge
from evitrail.traces.run.live import Live
from evitrail.traces.run.memory import Memory
from evitrail.traces.run.step_key import Paths, Task, work_of

T = TypeVar("T", bound=Record)
Edit = Callable[[Retrieved], Retrieved]
"""A list of hits in place of another."""


def renumbered(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits with ranks 1, 2, 3 …"""
    return tuple(hit.model_copy(update={"rank": place}) for place, hit in enumerate(hits, start=1))


def _no_edges(output: Record) -> tuple[Edge, ...]:
    return ()


@dataclass(frozen=True)
class Edited:
    """Another list of hits in place of the one that was served; it is named by what it does."""

    name: str

    def __repr__(self) -> str:
        return self.name


class MendedRun:
    """A run in which some steps are done by their oracles."""

    def __init__(
        self,
        live: Live,
        mending: Mending,
        mended: frozenset[str],
        kinds: frozenset[str],
        edits: Mapping[str, tuple[str, Edit]],
        recorded: tuple[Memory, Decoding] | None,
        bare: bool,
    ) -> None:
        """``bare`` leaves the provenance edges away: of shams and of lists that were cut there are many."""
        self._live = live
        self._mending = mending
        self._mended = mended
        self._kinds = kinds
        self._edits = edits
        self._recorded = recorded
        self._bare = bare
        self.in_step = False
        """Whether the last step that was begun did not return."""

    @property
    def paths(self) -> Paths:
        """See ``Run.paths``."""
        return self._live.paths

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; a step within another is left to it."""
        self.in_step = True
        output = self._stepped(task)
        self.in_step = False
        return output

    def _stepped(self, task: Task[T]) -> T:
        if self._bare:
            task = replace(task, edges=_no_edges)
        path = self._live.paths.upcoming(task.kind, task.label)
        if "/" in path:
            return self._live.step(task)
        if path in self._mended or (task.kind in self._kinds and path not in self._mending.known):
            mended = self._mending.task(task)
            return self._live.step(mended) if mended is not None else self._live.step(task)
        if path in self._edits:
            name, edit = self._edits[path]
            served = task

            def edited() -> T:
                return cast("T", edit(cast("Retrieved", self._served(served, path))))

            task = replace(task, call=edited, by=Edited(name))
        return self._live.step(self._with_recorded_seed(task, path))

    def _served(self, task: Task[T], path: str) -> T:
        """What the step would have come to, without doing it again where it is on record."""
        known = self._live.memory.get((work_of(path, task).key, path))
        if known is None:
            return task.call()
        if isinstance(known.value, task.returns):
            return known.value
        return self._mending.scene.trace.get(known.output, task.returns)

    def _with_recorded_seed(self, task: Task[T], path: str) -> Task[T]:
        """The task as it was recorded, if all that differs is the seed: it is reused then, not drawn again."""
        if self._recorded is None or "decoding" not in task.inputs:
            return task
        memory, decoding = self._recorded
        before = replace(task, inputs={**task.inputs, "decoding": decoding})
        return before if (work_of(path, before).key, path) in memory else task
