"""A step before it is done: where in the run it stands, and the key that names its work.

Rules kept here
- The *path* is structural: kind and number among its kind, within the step that contains it
  (``retrieve[2]``, ``synthesise[1]/model[1]``), or a label in place of the number
  (``read[statins@2019#0]``). A step that is put in or left out shifts no other kind.
- The *key* hashes kind, component, its code, parameters and the content of the inputs, never the path.

    paths = Paths()
    work = work_of(paths.take("retrieve"), "retrieve", retriever, {"k": 10}, {"query": query}, "pure")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from evitrail.traces.record import Record, canonical_json, content_id, sha256
from evitrail.traces.run.activity import Effect, Input
from evitrail.traces.run.fingerprint import fingerprint


class Work(NamedTuple):
    """A step before it is done."""

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

    def take(self, kind: str, label: str | None = None) -> str:
        """The path of the step that is done now."""
        path = self.upcoming(kind, label)
        self._numbers[self._name(kind, label)] += 1
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


def work_of(
    path: str,
    kind: str,
    by: object,
    parameters: Mapping[str, Any] | None,
    inputs: Mapping[str, Record],
    effect: Effect,
    name: Callable[[Record], str] = content_id,
) -> Work:
    """A step that is about to be done; ``name`` may know the inputs' names already, or key them."""
    given = tuple(Input(role=role, id=name(r), type=type(r).__name__) for role, r in inputs.items())
    code, others = fingerprint(by), dict(parameters or {})
    key = sha256(canonical_json([kind, repr(by), code, others, [[i.role, i.id] for i in given]]).encode())
    return Work(path, kind, repr(by), code, others, given, effect, key)
