"""Do a recorded run again under other circumstances, without writing: what if the store, or a component, were another?

Rules kept here
- Known work is reused, so a step whose component, parameters and inputs are as before is not done again. Any other
  step is done, and joins the memory it was given, so the next run that shares this memory reuses it.
- A step that reads externally is done if its work is not known: a model is asked, which may cost time and money. A step
  that writes externally is refused.
- Work that other runs recorded can be reused as well, also of another journal; what this run knows comes first. A run
  with patient data names its work by a key of its own, so each is looked up by its own names.
- ``same`` names the record that later steps see in place of an output. Outputs that differ only in what no later step
  reads can be made one record, so that those steps are reused.
- Nothing is written: the journal is as it was.

    run = Unrecorded(journal, "standard.rad-001", memory := recorded_work(journal, "standard.rad-001"))
    answer_again(run)
    run.executed    # how many steps were done; the others were reused
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.run.blob_names import BlobNames
from evitrail.traces.run.live import BlockedEffect
from evitrail.traces.run.memory import Memory, RecordedWork, add_work, recorded_work, reusable_work, secret_of
from evitrail.traces.run.step_key import Paths, Task, work_of

T = TypeVar("T", bound=Record)
Place = tuple[str, str, int]
"""A step's key, its path, and how many times the key has occurred."""


class OtherRun(NamedTuple):
    """Another recorded run whose work may be reused."""

    journal: JournalView
    run: str
    memory: Memory

    @classmethod
    def of(cls, journal: JournalView, run: str) -> OtherRun:
        """All that a run recorded."""
        return cls(journal, run, recorded_work(journal, run))


class Unrecorded:
    """A run that is done again and leaves no record; keeps ``Run``."""

    def __init__(
        self,
        journal: JournalView,
        name: str,
        memory: Memory,
        same: Callable[[Record], Record] = lambda output: output,
        others: Sequence[OtherRun] = (),
    ) -> None:
        self._journal = journal
        self._name = name
        self._memory = memory
        self._same = same
        self._names = _names(journal, name)
        self._others = [_Other(other, self._names) for other in others]
        self.paths = Paths()
        self._keys: Counter[str] = Counter()
        self._open_steps: list[list[str]] = []
        self.executed = 0
        """Number of steps done; the others were reused."""

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; raises ``BlockedEffect`` for a step that would write externally."""
        work = work_of(self.paths.take(task), task, self._names.of)
        self._count(work.key)
        place = (work.key, work.path, self._keys[work.key])
        elsewhere = [(other.recorded.journal, other.known(task, place)) for other in self._others]
        if known := reusable_work(self._memory, *place):
            self._count(*known.inner)
            value = known.value
            output = value if isinstance(value, task.returns) else self._journal.get(known.output, task.returns)
            add_work(self._memory, *place, known._replace(value=output))
            return self._seen(output, task.returns)
        for journal, found in elsewhere:
            if found:
                self._count(*found.inner)
                return self._seen(journal.get(found.output, task.returns), task.returns)
        if task.effect == "writes_external":
            raise BlockedEffect(
                f"{work.path} by {work.by} writes externally; a run without a record does not repeat it"
            )
        self.executed += 1
        self._open_steps.append([])
        try:
            with self.paths.within(work.path):
                output = self._names.as_stored(task.call(), task.returns)
        finally:
            inner = tuple(self._open_steps.pop())
        add_work(self._memory, *place, RecordedWork(self._names.of(output), None, self._name, output, inner))
        self._names.forget()
        return self._seen(output, task.returns)

    def _seen(self, output: T, returns: type[T]) -> T:
        same = self._same(output)
        return same if isinstance(same, returns) else output

    def _count(self, *keys: str) -> None:
        for key in keys:
            self._keys[key] += 1
            for outer in self._open_steps:
                outer.append(key)


class _Other:
    """Another run: its work is found by the names that this run gives to records, or by its own if it has a key."""

    def __init__(self, recorded: OtherRun, names: BlobNames) -> None:
        self.recorded = recorded
        other = _names(recorded.journal, recorded.run)
        self._names = None if other.secret == names.secret else other
        self._keys: Counter[str] = Counter()

    def known(self, task: Task[Any], place: Place) -> RecordedWork | None:
        """What that run recorded for this task; None where it did not do it."""
        if self._names is None:
            return reusable_work(self.recorded.memory, *place)
        work = work_of(place[1], task, self._names.of)
        self._keys[work.key] += 1
        found = reusable_work(self.recorded.memory, work.key, work.path, self._keys[work.key])
        if found is None:
            return None
        self._keys.update(found.inner)
        return found._replace(inner=())  # keys that say nothing here


def _names(journal: JournalView, run: str) -> BlobNames:
    secret = secret_of(journal, run)
    return BlobNames(journal.secret(secret) if secret else None)
