"""A run that somebody else's code does, written down step by step as it is seen.

Rules kept here
- A step is in the journal when it ends, with its inputs, output and edges, in one transaction: a kill in the
  middle keeps what has ended. A step that reaches outside is announced when it begins.
- The path is structural: kind and number among its kind, within the step that contains it. Numbers are given
  when a step begins.
- A run ends when its outermost step does. One that failed, or of which a step could not be written, has no
  ``run.end``; an ``activity.error`` says why.
- What a run with patient data stores is named by a keyed hash, as in our own runs.
- ``run.begin`` says ``"recorded": "elsewhere"``: such a run is never done again by us.

    run = CapturedRun.begin(journal, None, Captured(library="llama-index", …))
    query = run.step(None, "query", "RetrieverQueryEngine()", code, "pure", {}, {"query": asked})
    run.end(query, answer, edges)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count
from time import perf_counter
from typing import Any

from evitrail.traces.audit.seal import SEAL_RUN
from evitrail.traces.external.external_run import ELSEWHERE
from evitrail.traces.journal.journal import Journal, JournalError
from evitrail.traces.record import Record, stored_name
from evitrail.traces.run.activity import Activity, Edge, Edges, Effect
from evitrail.traces.run.blob_names import BlobNames
from evitrail.traces.run.step_key import Work, inputs_of, key_of


class CapturedStep:
    """A step that has begun."""

    def __init__(self, work: Work, parent: CapturedStep | None, inputs: Mapping[str, Record]) -> None:
        self.work = work
        self.parent = parent
        self.inputs = inputs
        self.inner: list[tuple[str, Record]] = []
        """The steps done within it, each with what came of it."""
        self.began = perf_counter()


class CapturedRun:
    """One run being written down."""

    def __init__(self, journal: Journal, name: str, names: BlobNames) -> None:
        self.name = name
        self._journal = journal
        self._names = names
        self._numbers: Counter[str] = Counter()
        self._whole = True

    @classmethod
    def begin(cls, journal: Journal, name: str | None, config: Record, *, sensitive: bool = False) -> CapturedRun:
        """Start a run under the first name that is free: ``name``, ``name.2``, …, or ``llama-index.1``, …"""
        with journal.transaction():  # two writers cannot take one name
            taken = set(journal.runs())
            free = next(one for one in proposed(name) if one not in taken)
            run = cls(journal, free, BlobNames(journal.secret(free) if sensitive else None))
            body = {"config": run._names.put(journal, config), "config_type": stored_name(config), "parent": None}
            body |= {"recorded": ELSEWHERE} | ({"secret": free} if sensitive else {})
            journal.append(free, "run.begin", body)
        return run

    def step(
        self,
        parent: CapturedStep | None,
        kind: str,
        by: str,
        code: str,
        effect: Effect,
        parameters: Mapping[str, Any],
        inputs: Mapping[str, Record],
    ) -> CapturedStep:
        """A step begins, within another or as the run's outermost."""
        place = f"{parent.work.path}/{kind}" if parent else kind
        self._numbers[place] += 1
        given = inputs_of(inputs, self._names.of)
        key = key_of(kind, by, code, parameters, given)
        path = f"{place}[{self._numbers[place]}]"
        work = Work(path, kind, by, code, dict(parameters), given, effect, key)
        if effect != "pure":
            body = {"path": path, "kind": kind, "by": by, "effect": effect, "key": key}
            self._journal.append(self.name, "activity.begin", body, durable=effect == "writes_external")
        return CapturedStep(work, parent, inputs)

    def end(self, step: CapturedStep, output: Record, edges: Iterable[Edge]) -> None:
        """The step came to this."""
        milliseconds = (perf_counter() - step.began) * 1000
        name = self._names.of(output)
        stated = self._names.restated(Edges(edges=tuple(edges)))
        with self._journal.transaction():
            for record in (*step.inputs.values(), output):
                self._names.put(self._journal, record)
            activity = Activity(
                **step.work._asdict(),
                output=name,
                output_type=stored_name(output),
                edges=self._names.put(self._journal, stated) if stated.edges else None,
                milliseconds=round(milliseconds, 3),
            )
            self._journal.append(self.name, "activity.end", activity.model_dump(mode="json"))
            if step.parent is None and self._whole:
                self._journal.append(self.name, "run.end", {"output": name, "output_type": stored_name(output)})
        if step.parent is None:
            self._names.forget()
        else:
            step.parent.inner.append((step.work.path, output))

    def fail(self, step: CapturedStep, error: str) -> None:
        """The step came to nothing; of an error's text only its first word is kept where it may name a patient."""
        said = error.partition(":")[0] if self._names.secret else error
        body = {"path": step.work.path, "key": step.work.key, "error": said}
        self._journal.append(self.name, "activity.error", body)
        if step.parent is None:
            self._names.forget()

    def spoil(self) -> None:
        """A step of this run could not be written: the run will not be said to have ended."""
        self._whole = False


def refuse_taken(journal: Journal, name: str) -> None:
    """Raise ``JournalError`` where a name that was asked for cannot be a new run's."""
    if not name or name == SEAL_RUN or journal.records(name):
        why = "is taken" if name and name != SEAL_RUN else "cannot be a run's name"
        raise JournalError(f"expected a new name for the captured run, got {name!r}, which {why} in {journal.path}")


def proposed(name: str | None) -> Iterable[str]:
    """The names a run may have, best first."""
    if name is None:
        return (f"llama-index.{number}" for number in count(1))
    return (name if number == 1 else f"{name}.{number}" for number in count(1))
