"""A step before it is done: the task, where in the run it stands, and the key that names its work.

Rules kept here
- A *task* is all that a component asks of its run: what to do, by whom, from what, and what it returns.
- The *path* is structural: kind and number among its kind, within the step that contains it
  (``retrieve[2]``, ``synthesise[1]/model[1]``), or a label in place of the number
  (``read[statins@2019#0]``). A step that is put in or left out shifts no other kind.
- The *key* hashes kind, component, its code, parameters and the content of the inputs, never the path.

    task = Task("retrieve", search, returns=Retrieved, inputs={"query": query}, by=retriever, parameters={"k": 10})
    found = run.step(task)       # within it: work_of(paths.take(task), task)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from evitrail.traces.record import Record, canonical_json, content_id, sha256, stored_name
from evitrail.traces.run.activity import Edge, Effect, Input
from evitrail.traces.run.fingerprint import fingerprint

T = TypeVar("T", bound=Record)


@dataclass(frozen=True)
class Task(Generic[T]):
    """What a run is asked to do as one step."""

    kind: str
    """What kind of step it is, in one word: ``retrieve``, ``model``."""
    call: Callable[[], T]
    """Does the work, and is not called where the output is reused. The steps that it takes are within this one."""
    _: KW_ONLY
    returns: type[T]
    """The type of the output."""
    inputs: Mapping[str, Record]
    """The records that the work is done from, by role."""
    by: object
    """The component that works: its repr is its name, its source its fingerprint."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """All else that decides the output, as JSON: ``k``, the snapshot's id."""
    effect: Effect = "pure"
    """What the call touches outside the project."""
    edges: Callable[[T], Iterable[Edge]] = lambda _: ()
    """The provenance edges that an output states; none unless given."""
    label: str | None = None
    """Stands in the path in place of a number: ``read[statins@2019#0]``."""


class Work(NamedTuple):
    """A task at its place in a run, and the key of its work."""

    path: str
    kind: str
    by: str
    code: str
    parameters: dict[str, Any]
    inputs: tuple[Input, ...]
    effect: Effect
    key: str
    """Names the work: all of the above but where it stands."""


class Paths:
    """Hands out the paths of one run, in the order its steps are taken."""

    def __init__(self) -> None:
        self._within: list[str] = []
        self._numbers: Counter[str] = Counter()
        self._reached: set[str] = set()

    def upcoming(self, kind: str, label: str | None = None) -> str:
        """The path that the next step of this kind will have."""
        name = self._name(kind, label)
        number = self._numbers[name] + 1
        if label is None:
            return f"{name}[{number}]"
        return name if number == 1 else f"{name}.{number}"

    def take(self, task: Task[Any]) -> str:
        """The path of the step that is done now."""
        path = self.upcoming(task.kind, task.label)
        self._numbers[self._name(task.kind, task.label)] += 1
        self._reached.add(path)
        return path

    def reached(self, path: str) -> bool:
        """Whether a step has been taken."""
        return path in self._reached

    def _name(self, kind: str, label: str | None) -> str:
        name = f"{self._within[-1]}/{kind}" if self._within else kind
        return name if label is None else f"{name}[{label.replace('/', '%2F')}]"  # a slash stands between steps

    @contextmanager
    def within(self, path: str) -> Iterator[None]:
        """Steps taken inside the block are steps of this one."""
        self._within.append(path)
        try:
            yield
        finally:
            self._within.pop()


def work_of(path: str, task: Task[Any], name: Callable[[Record], str] = content_id) -> Work:
    """The task at this place in the run; ``name`` gives the names of the inputs."""
    inputs = inputs_of(task.inputs, name)
    by, code, parameters = repr(task.by), fingerprint(task.by), dict(task.parameters)
    key = key_of(task.kind, by, code, parameters, inputs)
    return Work(path, task.kind, by, code, parameters, inputs, task.effect, key)


def inputs_of(records: Mapping[str, Record], name: Callable[[Record], str]) -> tuple[Input, ...]:
    """The inputs of a step by name and type, from the records by role."""
    return tuple(Input(role=role, id=name(record), type=stored_name(record)) for role, record in records.items())


def key_of(kind: str, by: str, code: str, parameters: Mapping[str, Any], inputs: Sequence[Input]) -> str:
    """The key of a step. Journals hold it, so another rule here would make every recorded step new."""
    named = [[given.role, given.id] for given in inputs]
    return sha256(canonical_json([kind, by, code, dict(parameters), named]).encode())
