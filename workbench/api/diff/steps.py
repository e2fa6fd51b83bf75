"""The steps of two runs, side by side: which are the same, which differ and why, and which only one of them has.

Rules kept here
- Steps are matched by path, as ``traces/run/diff.py`` does, whose verdicts these are. They stand in the order of the
  second run; what only the first has stands where it stood there.
- Every reason is given, not only the first: component, inputs, parameters, code, an override.
- A step that could not be compared says so; it counts neither as the same nor as different.

    rows = aligned(first, second)
    next(row for row in rows if row.status in DIVERGED)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeVar

from evitrail.traces.external.external_run import recorded_elsewhere, without_times
from evitrail.traces.record import Record
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.diff import STORE, UNCHANGED, StepVerdict, compared
from evitrail.traces.run.memory import outers, unfolded
from evitrail.traces.trace import Trace
from evitrail.workbench.api.diff.side import ReadSide
from evitrail.workbench.page.outline import OutlineRow, outline

T = TypeVar("T")

Status = Literal["same", "same output", "differs", "only first", "only second", "not compared"]
DIVERGED: tuple[Status, ...] = ("differs", "only first", "only second")
"""What a step is where the runs have diverged."""
UNFINISHED = ("error", "unfinished")
"""Marks of steps without an output."""


class StepPlace(Record):
    """Where a step stands in one of the runs."""

    seq: int
    mark: str
    """``reused``, ``given``, ``error`` or ``unfinished``; mostly empty."""
    milliseconds: float | None


class AlignedStep(Record):
    """One path, and what each run has there."""

    path: str
    depth: int
    status: Status
    why: str
    first: StepPlace | None
    second: StepPlace | None


def aligned(first: ReadSide, second: ReadSide) -> tuple[AlignedStep, ...]:
    """Every step of either run."""
    ours, theirs = _rows(first.trace), _rows(second.trace)
    told = _Told(first, second) if first.is_readable and second.is_readable else None
    found = []
    for path in _in_order(list(ours), list(theirs)):
        status, why = told.of(path, ours.get(path), theirs.get(path)) if told else _unread(ours, theirs, path)
        row = theirs.get(path) or ours[path]
        places = {"first": _place(ours.get(path)), "second": _place(theirs.get(path))}
        found.append(AlignedStep(path=path, depth=row.depth, status=status, why=why, **places))
    return tuple(found)


def steps_of(trace: Trace) -> dict[str, Activity]:
    """The finished steps of a run by path, those within reused steps included."""
    steps = without_times(trace) if recorded_elsewhere(trace) else unfolded(trace.journal, trace.run)
    return {step.path: step for step in steps}


def reasons(first: Activity, second: Activity) -> list[str]:
    """Everything that decides the output of a step, as far as the two differ in it."""
    given = [f"its output was overridden in the {name} run" for name, a in _named(first, second) if a.given]
    if given:
        return given
    found = []
    if roles := differing_inputs(first, second):
        found.append(f"other input: {', '.join(roles)}")
    if first.by != second.by:
        found.append(f"done by {first.by} in the first run, by {second.by} in the second")
    elif first.code != second.code:
        found.append(f"the code of {second.by} differs")
    found += [_parameter(name, first, second) for name in differing_parameters(first, second)]
    return found


def differing_inputs(first: Activity, second: Activity) -> list[str]:
    """The roles of inputs that are not the same, or that only one of the steps has."""
    was, now = ({given.role: given.id for given in step.inputs} for step in (first, second))
    return [role for role in {**was, **now} if was.get(role) != now.get(role)]


def differing_parameters(first: Activity, second: Activity) -> list[str]:
    """The parameters that are not the same."""
    was, now = first.parameters, second.parameters
    return [name for name in sorted({**was, **now}) if (name in was, was.get(name)) != (name in now, now.get(name))]


class _Told:
    """What each path of two runs has, where they can be compared."""

    def __init__(self, first: ReadSide, second: ReadSide) -> None:
        self._first, self._second = first, second
        self._ours, self._theirs = steps_of(first.trace), steps_of(second.trace)
        checked = compared(second.trace.journal, [*self._ours.values()], [*self._theirs.values()])
        self._verdicts = {step.path: step for step in checked}

    def of(self, path: str, ours: OutlineRow | None, theirs: OutlineRow | None) -> tuple[Status, str]:
        first, second, verdict = self._ours.get(path), self._theirs.get(path), self._verdicts.get(path)
        if first is not None and second is not None and verdict is not None:
            return _both(first, second, verdict)
        if ours is not None and theirs is not None:
            return _left_nothing(ours, theirs)
        return self._one(path, "first" if ours is not None else "second")

    def _one(self, path: str, name: Literal["first", "second"]) -> tuple[Status, str]:
        other, steps = (self._second, self._theirs) if name == "first" else (self._first, self._ours)
        status: Status = "only first" if name == "first" else "only second"
        outer = next((outer for outer in outers(path) if outer in steps and steps[outer].given), None)
        if outer is not None:
            return status, f"not done in the other run: the output of {outer} was overridden there"
        if other.told.state == "not ended":
            return status, "the other run has not ended, and has not reached it"
        return status, "the other run has no such step"


def _both(first: Activity, second: Activity, verdict: StepVerdict) -> tuple[Status, str]:
    why = reasons(first, second)
    if first.output == second.output or verdict.verdict in UNCHANGED:
        reused = verdict.verdict == "reused"
        return ("same", "") if reused or not why else ("same output", f"{'; '.join(why)}; yet the output is the same")
    return "differs", "; ".join(why) or "the same input and component have another output"


def _left_nothing(ours: OutlineRow, theirs: OutlineRow) -> tuple[Status, str]:
    """Of a step that failed or never ended in one of the runs, or in both."""
    words = {"error": "failed", "unfinished": "never ended"}
    told = [f"it {words[row.mark]} in the {name} run" for name, row in _named(ours, theirs) if row.mark in UNFINISHED]
    return ("differs" if len(told) == 1 else "not compared"), "; ".join(told)


def _unread(ours: Mapping[str, OutlineRow], theirs: Mapping[str, OutlineRow], path: str) -> tuple[Status, str]:
    if path in ours and path in theirs:
        return "not compared", "its output cannot be read"
    return ("only first" if path in ours else "only second"), "the other run has no such step"


def _rows(trace: Trace) -> dict[str, OutlineRow]:
    """The steps of a run's outline by path; of one that was repeated, the last."""
    return {row.name: row for row in outline(trace.stored) if row.name}


def _in_order(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[str]:
    """The paths of the second run, and after each what the first run alone has behind it."""
    shared = set(theirs)
    behind: dict[str | None, list[str]] = {}
    at: str | None = None
    for path in ours:
        if path in shared:
            at = path
        else:
            behind.setdefault(at, []).append(path)
    yield from behind.get(None, [])
    for path in theirs:
        yield path
        yield from behind.get(path, [])


def _place(row: OutlineRow | None) -> StepPlace | None:
    return StepPlace(seq=row.seq, mark=row.mark, milliseconds=row.milliseconds) if row else None


def _named(first: T, second: T) -> tuple[tuple[str, T], tuple[str, T]]:
    return ("first", first), ("second", second)


def _parameter(name: str, first: Activity, second: Activity) -> str:
    if name == STORE:
        return "another state of the store"
    was, now = (str(step.parameters.get(name, "nothing")) for step in (first, second))
    return f"{name}: {was} in the first run, {now} in the second"
