"""Run and record steps: each step runs once, and its recorded output is reused from then on.

Rules kept here
- ``Live`` looks up a step's key before it runs the step. If its memory holds the key, the output is reused and
  nothing is called: this is how a killed run resumes, and how a fork reuses its parent's unaffected steps.
- A step that returned is in the journal: output, inputs and edges in one transaction.
- A step with an external effect is recorded before it starts. One that *writes* externally is refused in a fork, and
  after an earlier attempt that may have succeeded, unless a named person acknowledges it on record.
- A fork may override the output of a step (``given``): nothing is called, and the step is marked.
- Blobs of a run with patient data are named by a keyed hash (``sensitive.py``).

    run = Live.begin(journal, "clean.rad-001", config)
    claims = run.step(Task("synthesise", read, returns=Synthesis, inputs={"question": question}, by=reader))
    run.end(answer)

``verify.py`` runs a recorded run again without writing; ``diff.py`` says which steps a fork changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Protocol, TypeVar

from evitrail.traces.journal.journal import Journal, JournalError
from evitrail.traces.journal.redacted import COMMITMENT, commitment_to
from evitrail.traces.journal.view import JournalView
from evitrail.traces.log import bound
from evitrail.traces.record import Record, fitted, stored_name
from evitrail.traces.run.activity import Activity, Edges
from evitrail.traces.run.blob_names import BlobNames
from evitrail.traces.run.memory import (
    Memory,
    RecordedWork,
    activities,
    add_work,
    recorded_work,
    reusable_work,
    secret_of,
)
from evitrail.traces.run.step_key import Paths, Task, Work, work_of

T = TypeVar("T", bound=Record)


class BlockedEffect(JournalError):
    """A step would repeat an external write, and nobody acknowledged it."""


class Run(Protocol):
    """What a step needs of the run it belongs to."""

    def step(self, task: Task[T]) -> T:
        """Do the task, or reuse the output of a step with the same key; record it either way; return the output."""
        ...

    @property
    def paths(self) -> Paths:
        """The paths of the steps so far, and of the next one."""
        ...


class Live:
    """A run being written to the journal: the first time, resumed, or as a fork of another."""

    def __init__(
        self,
        journal: Journal,
        past: JournalView,
        name: str,
        memory: Memory,
        given: Mapping[str, Any],
        names: BlobNames,
        is_fork: bool,
        acknowledged: str | None,
    ) -> None:
        self.name = name
        self._journal = journal
        self._past = past
        self._memory = memory
        self._overrides = given
        self._names = names
        self.paths = Paths()
        self._keys: Counter[str] = Counter()
        self._open_steps: list[list[str]] = []
        self._recorded: dict[str, str] = {}
        self._attempted: set[str] = set()  # paths of steps that reached outside before, keys of those that never ended
        self._is_fork = is_fork
        self._acknowledged = acknowledged
        self.executed = 0
        """Number of steps run in this process."""
        self.reused = 0
        """Number of steps reused instead."""

    @classmethod
    def begin(
        cls,
        journal: Journal,
        name: str,
        config: Record,
        *,
        parent: str | None = None,
        memory: Memory | None = None,
        given: Mapping[str, Any] | None = None,
        sensitive: bool = False,
        acknowledged: str | None = None,
        past: JournalView | None = None,
    ) -> Live:
        """Start a run, or resume one that was interrupted.

        ``memory`` is work of other runs that may be reused (``recorded_work(journal, parent)``); this run's own
        earlier work is always reused. ``given`` overrides outputs, as JSON by step path. ``sensitive`` runs hold
        patient data, and so do forks of them. ``acknowledged`` is the person who acknowledges external writes.
        ``past`` is where reused work is read, including this run's, if ``journal`` is one file of several.
        Raises ``JournalError`` if a run of that name has another configuration.
        """
        before = journal.records(name)
        past = past or journal
        secret = secret_of(past, parent) if parent else (name if sensitive else None)
        names = BlobNames(journal.secret(secret, past) if secret else None)
        run = cls(journal, past, name, dict(memory or {}), given or {}, names, parent is not None, acknowledged)
        if not before:
            with journal.transaction():
                body = {"config": names.put(journal, config), "config_type": stored_name(config), "parent": parent}
                journal.append(name, "run.begin", body | _keyed(name, names))
        elif before[0].body["config"] != names.of(config):
            raise JournalError(
                f"run {name!r} in {str(journal.path)!r} was started with another configuration; use another folder"
            )
        else:
            run._memory |= recorded_work(past, name)
            run._recorded = {a.path: a.key for a in activities(journal, name)}
            begun = {r.body["path"]: r.body["key"] for r in before if r.type == "activity.begin"}
            run._attempted = begun.keys() | {key for path, key in begun.items() if run._recorded.get(path) != key}
        return run

    def step(self, task: Task[T]) -> T:
        """See ``Run.step``."""
        work = work_of(self.paths.take(task), task, self._names.of)
        self._count(work.key)
        place = (work.key, work.path, self._keys[work.key])
        with bound(run=self.name, step=work.path):
            known = None if self._has_override_within(work) else reusable_work(self._memory, *place)
            if work.path in self._overrides:
                self._count(*known.inner if known else ())
                return self._record_override(work, task)
            if known:
                self.reused += 1
                return self._reuse(work, place, known, task.returns)
            if task.effect != "pure":
                self._record_start(work)
            self.executed += 1
            self._open_steps.append([])
            started = perf_counter()
            try:
                with self.paths.within(work.path):
                    output = self._names.as_stored(task.call(), task.returns)
            except Exception as error:
                why = type(error).__name__ if self._names.secret else f"{type(error).__name__}: {error}"
                self._journal.append(self.name, "activity.error", {"path": work.path, "key": work.key, "error": why})
                raise
            finally:
                inner = tuple(self._open_steps.pop())
            made = self._record(work, task, output, (perf_counter() - started) * 1000)
            add_work(self._memory, *place, made._replace(inner=inner))
            return output

    def end(self, output: Record) -> None:
        """Close the run with its output; closing it again changes nothing."""
        if all(record.type != "run.end" for record in self._journal.records(self.name)):
            with self._journal.transaction():
                body = {"output": self._names.put(self._journal, output), "output_type": stored_name(output)}
                self._journal.append(self.name, "run.end", body)

    @property
    def memory(self) -> Memory:
        """All work that this run did or may reuse, to be passed to a fork."""
        return self._memory

    def _has_override_within(self, work: Work) -> bool:
        """Whether an output within the step is overridden, so that the step must run once."""
        within = any(path.startswith(f"{work.path}/") for path in self._overrides)
        return within and self._recorded.get(work.path) != work.key

    def _count(self, *keys: str) -> None:
        for key in keys:
            self._keys[key] += 1
            for outer in self._open_steps:
                outer.append(key)

    def _record_override(self, work: Work, task: Task[T]) -> T:
        output = self._names.as_stored(fitted(self._overrides[work.path], task.returns, work.path), task.returns)
        if self._recorded.get(work.path) != work.key:
            self._record(work, task, output, 0.0, given=True)
        return output

    def _reuse(self, work: Work, place: tuple[str, str, int], known: RecordedWork, returns: type[T]) -> T:
        output = known.value if isinstance(known.value, returns) else self._past.get(known.output, returns)
        add_work(self._memory, *place, known._replace(value=output))
        self._names.know(output, known.output)
        self._count(*known.inner)
        if self._recorded.get(work.path) != work.key:
            self._append(work, known, stored_name(output), reused_from=known.run)
        return output

    def _record_start(self, work: Work) -> None:
        """Record that a step with an external effect is about to start; refuse to repeat an external write."""
        if work.effect == "writes_external" and (self._is_fork or {work.path, work.key} & self._attempted):
            why = "a fork would do it again" if self._is_fork else "an earlier attempt may have succeeded"
            if self._acknowledged is None:
                raise BlockedEffect(
                    f"{work.path} by {work.by} writes externally, and {why}; acknowledge it, or override its output"
                )
            body = {"by": self._acknowledged, "path": work.path, "key": work.key, "why": why}
            self._journal.append(self.name, "acknowledgement", body)
        body = {"path": work.path, "kind": work.kind, "by": work.by, "effect": work.effect, "key": work.key}
        self._journal.append(self.name, "activity.begin", body, durable=work.effect == "writes_external")

    def _record(
        self, work: Work, task: Task[T], output: T, milliseconds: float, *, given: bool = False
    ) -> RecordedWork:
        """Write the step to the journal: inputs, output, edges and the record, in one transaction."""
        stated = self._names.restated(Edges(edges=tuple(task.edges(output))))
        with self._journal.transaction():
            for record in task.inputs.values():
                self._names.put(self._journal, record)
            name = self._names.put(self._journal, output)
            made = RecordedWork(
                name, self._names.put(self._journal, stated) if stated.edges else None, self.name, output
            )
            self._append(work, made, stored_name(output), milliseconds=milliseconds, given=given)
        self._names.forget()
        return made

    def _append(
        self,
        work: Work,
        made: RecordedWork,
        type: str,
        *,
        reused_from: str | None = None,
        milliseconds: float = 0.0,
        given: bool = False,
    ) -> None:
        activity = Activity(
            **work._asdict(),
            output=made.output,
            output_type=type,
            edges=made.edges,
            given=given,
            reused_from=reused_from,
            milliseconds=round(milliseconds, 3),
        )
        self._journal.append(self.name, "activity.end", activity.model_dump(mode="json"))


def _keyed(run: str, names: BlobNames) -> dict[str, str]:
    """What a run states of the key that names its patient data; nothing where it holds none."""
    if names.secret is None:
        return {}
    root = names.secret.root
    return {"secret": root} | ({COMMITMENT: commitment_to(names.secret.key)} if root == run else {})
