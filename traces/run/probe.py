"""Find the first step whose output would change if a recorded run were repeated now, without writing.

Rules kept here
- Recorded work is reused; any other step is run, and its output is compared with the recorded one.
- A step with an external effect counts as affected: the probe never makes a paid call.

    probe = Probe(journal, "standard.rad-001", recorded_work(journal, "standard.rad-001"))
    affected(lambda: answer_again(probe))       # None, or the first step that would change
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from evitrail.traces.journal.view import JournalView
from evitrail.traces.record import Record
from evitrail.traces.run.blob_names import BlobNames
from evitrail.traces.run.memory import Memory, activities, reusable_work, secret_of
from evitrail.traces.run.step_key import Paths, Task, work_of

T = TypeVar("T", bound=Record)


class Affected(Exception):
    """A step's output would change; the argument is its path."""


class Probe:
    """Repeats a recorded run until the first change."""

    def __init__(self, journal: JournalView, name: str, memory: Memory) -> None:
        self._journal = journal
        self._memory = memory
        self._outputs = {a.path: a.output for a in activities(journal, name)}
        secret = secret_of(journal, name)
        self._names = BlobNames(journal.secret(secret) if secret else None)
        self.paths = Paths()
        self._keys: Counter[str] = Counter()

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``; raises ``Affected`` if the step's output would change."""
        work = work_of(self.paths.take(task), task, self._names.of)
        self._keys[work.key] += 1
        known = reusable_work(self._memory, work.key, work.path, self._keys[work.key])
        if known:
            self._keys.update(known.inner)
            value = known.value
            return value if isinstance(value, task.returns) else self._journal.get(known.output, task.returns)
        if task.effect != "pure":
            raise Affected(work.path)
        with self.paths.within(work.path):
            output = self._names.as_stored(task.call(), task.returns)
        if self._names.of(output) != self._outputs.get(work.path):
            raise Affected(work.path)
        return output


def affected(answer_again: Callable[[], object]) -> str | None:
    """The first step whose output would change; None if no step would change."""
    try:
        answer_again()
    except Affected as found:
        return str(found)
    return None
