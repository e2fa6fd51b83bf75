"""A step runs once, is recorded, and from then on is remembered.

Rules kept here
- The step *key* names the work: kind, component, its code, its parameters and the content of its
  inputs. The *path* says where in the run it stands (``retrieve[2]``).
- ``Live`` looks a key up before it works. What its memory holds is reused and nothing is called:
  a run that was killed resumes this way, and a fork reuses all its parent did that is unaffected.
- A step that returned is in the journal, output, inputs and edges in one transaction.

    run = Live.begin(journal, "clean.rad-001", config)
    claims = run.step("synthesise", read, returns=Synthesis, inputs={"question": question}, by=reader)
    run.end(answer)

Doing a recorded run again without writing is ``verify.py``.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, Protocol, TypeVar

from traces.activity import Activity, Edge, Edges, Effect, Input
from traces.journal import Journal, JournalError
from traces.log import bound
from traces.record import Record, as_stored, canonical_json, content_id, sha256

T = TypeVar("T", bound=Record)


class Done(NamedTuple):
    """Work that need not be done again."""

    output: str
    edges: str | None
    run: str
    """Where it was done."""
    value: Record | None = None
    """The output itself, where it was made or read in this process."""


Memory = dict[tuple[str, int], Done]
"""By step key, and how many times that key has come up in the run."""


class Run(Protocol):
    """What a step needs of the run it belongs to."""

    def step(
        self,
        kind: str,
        call: Callable[[], T],
        *,
        returns: type[T],
        inputs: Mapping[str, Record],
        by: object,
        parameters: Mapping[str, Any] | None = None,
        effect: Effect = "pure",
        edges: Callable[[T], Iterable[Edge]] = lambda _: (),
    ) -> T:
        """Do ``call`` unless this work is remembered; either way record it and return its output.

        ``by`` is the component that works: its repr is its name, its source its fingerprint.
        ``parameters`` is all else that decides the output (k, the snapshot's id).
        """
        ...


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


class Live:
    """A run being written to the journal: the first time, resumed, or as a fork of another."""

    def __init__(self, journal: Journal, name: str, memory: Memory) -> None:
        self.name = name
        self._journal = journal
        self._memory = memory
        self._paths: Counter[str] = Counter()
        self._keys: Counter[str] = Counter()
        self._recorded: dict[str, str] = {}
        self._names: dict[int, tuple[Record, str]] = {}
        self.executed = 0
        """Steps done in this process."""
        self.reused = 0
        """Steps remembered instead."""

    @classmethod
    def begin(
        cls, journal: Journal, name: str, config: Record, *, parent: str | None = None, memory: Memory | None = None
    ) -> Live:
        """Start a run, or take up again one that was cut short.

        ``memory`` is work done elsewhere that may be reused (``remembered(parent)``); what this run
        itself did before is always remembered. Raises ``JournalError`` when the name stands for a
        run with another configuration.
        """
        run = cls(journal, name, dict(memory or {}))
        before = journal.records(name)
        if not before:
            with journal.transaction():
                body = {"config": journal.put(config), "config_type": type(config).__name__, "parent": parent}
                journal.append(name, "run.begin", body)
            return run
        if before[0].body["config"] != content_id(config):
            raise JournalError(
                f"run {name!r} in {str(journal.path)!r} was begun with another configuration; use another folder"
            )
        run._memory |= remembered(journal, name)
        run._recorded = {r.body["path"]: r.body["key"] for r in before if r.type == "activity.end"}
        return run

    def step(
        self,
        kind: str,
        call: Callable[[], T],
        *,
        returns: type[T],
        inputs: Mapping[str, Record],
        by: object,
        parameters: Mapping[str, Any] | None = None,
        effect: Effect = "pure",
        edges: Callable[[T], Iterable[Edge]] = lambda _: (),
    ) -> T:
        """See ``Run.step``."""
        work = work_of(self._paths, kind, by, parameters, inputs, effect, self._name)
        self._keys[work.key] += 1
        place = (work.key, self._keys[work.key])
        with bound(run=self.name, step=work.path):
            known = self._memory.get(place)
            if known:
                self.reused += 1
                return self._remember(work, place, known, returns)
            self.executed += 1
            started = perf_counter()
            try:
                output = as_stored(call(), returns)
            except Exception as error:
                body = {"path": work.path, "key": work.key, "error": f"{type(error).__name__}: {error}"}
                self._journal.append(self.name, "activity.error", body)
                raise
            milliseconds = (perf_counter() - started) * 1000
            stated = Edges(edges=tuple(edges(output)))
            with self._journal.transaction():
                for record in inputs.values():
                    self._journal.put(record, self._name(record))
                name = self._journal.put(output)
                made = Done(name, self._journal.put(stated) if stated.edges else None, self.name, output)
                self._append(work, made, type(output).__name__, None, milliseconds)
            self._memory[place] = made
            self._names[id(output)] = (output, name)
            return output

    def _remember(self, work: Work, place: tuple[str, int], known: Done, returns: type[T]) -> T:
        output = known.value if isinstance(known.value, returns) else self._journal.get(known.output, returns)
        self._memory[place] = known._replace(value=output)
        self._names[id(output)] = (output, known.output)
        if self._recorded.get(work.path) != work.key:
            self._append(work, known, type(output).__name__, known.run, 0.0)
        return output

    def _append(self, work: Work, made: Done, type: str, reused_from: str | None, milliseconds: float) -> None:
        activity = Activity(
            **work._asdict(),
            output=made.output,
            output_type=type,
            edges=made.edges,
            reused_from=reused_from,
            milliseconds=round(milliseconds, 3),
        )
        self._journal.append(self.name, "activity.end", activity.model_dump(mode="json"))

    def _name(self, record: Record) -> str:
        """The record's content id; worked out once for each object, for what one step makes the next ones use."""
        if id(record) not in self._names:
            self._names[id(record)] = (record, content_id(record))
        return self._names[id(record)][1]

    def end(self, output: Record) -> None:
        """Close the run with what it came to; closing it again changes nothing."""
        if all(record.type != "run.end" for record in self._journal.records(self.name)):
            with self._journal.transaction():
                body = {"output": self._journal.put(output), "output_type": type(output).__name__}
                self._journal.append(self.name, "run.end", body)

    @property
    def memory(self) -> Memory:
        """All work this run did or may reuse, to be handed to a fork."""
        return self._memory


def activities(journal: Journal, run: str) -> list[Activity]:
    """The finished steps of a run, in order."""
    return [Activity.model_validate(r.body) for r in journal.records(run) if r.type == "activity.end"]


def remembered(journal: Journal, run: str) -> Memory:
    """The work that a recorded run did, as a fork of it may reuse."""
    seen: Counter[str] = Counter()
    memory: Memory = {}
    for activity in activities(journal, run):
        seen[activity.key] += 1
        done = Done(activity.output, activity.edges, activity.reused_from or run)
        memory[activity.key, seen[activity.key]] = done
    return memory


def work_of(
    paths: Counter[str],
    kind: str,
    by: object,
    parameters: Mapping[str, Any] | None,
    inputs: Mapping[str, Record],
    effect: Effect,
    name: Callable[[Record], str] = content_id,
) -> Work:
    """A step that is about to be done, the next of its kind; ``name`` may know the inputs' content ids."""
    paths[kind] += 1
    given = tuple(Input(role=role, id=name(r), type=type(r).__name__) for role, r in inputs.items())
    code, others = fingerprint(type(by).__module__), dict(parameters or {})
    key = sha256(canonical_json([kind, repr(by), code, others, [[i.role, i.id] for i in given]]).encode())
    return Work(f"{kind}[{paths[kind]}]", kind, repr(by), code, others, given, effect, key)


@cache
def fingerprint(module: str) -> str:
    """Names the code of a component: the source of the package its module belongs to, or of the module alone."""
    package = sys.modules[sys.modules[module].__package__ or module]
    try:
        folder = Path(inspect.getfile(package)).parent
        files = sorted(folder.glob("*.py")) if hasattr(package, "__path__") else [Path(inspect.getfile(package))]
        source = b"\0".join(file.read_bytes() for file in files)
    except (OSError, TypeError):
        return "unknown"  # typed at a prompt: there is no source to name
    return hashlib.sha256(source).hexdigest()[:16]
