"""Where two runs diverge: a verdict on each step, and the first cause, field by field.

Rules kept here
- Steps are matched by path. A step of the second run is compared with the step at the same path in the first.
- The verdict names the first cause that applies, in this order: the output was overridden; an input, the component
  or its code, the store snapshot, or another parameter changed; if none of these did, only the output changed.
- A step that was recomputed with the same output has its own verdict: it affects no later step.
- A step within one that was reused or overridden did not run, and does not count as missing.

    for step in compared(journal, activities(journal, "a"), activities(journal, "b")):
        print(step.path, step.verdict, step.detail)

This module does not know what the outputs mean (which passages, which claims).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, Literal, NamedTuple

from evitrail.traces.journal.view import JournalView
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.memory import outers

Verdict = Literal[
    "reused",
    "recomputed-same",
    "given",
    "recomputed-changed",
    "input-changed",
    "code-changed",
    "store-changed",
    "missing",
    "new",
    "blocked-effect",
]

UNCHANGED = ("reused", "recomputed-same")
"""Verdicts of a step whose output is the same as before."""

STORE = "snapshot"
"""The parameter that names the store snapshot."""

NOTHING = object()
"""Marks a value that one side does not have, unlike None, which is a value."""

SHOWN = 120
"""Maximum characters of a value in a difference."""


class StepVerdict(NamedTuple):
    """The verdict on one step, compared with the same step of another run."""

    path: str
    verdict: Verdict
    detail: str = ""


def compared(view: JournalView, then: Sequence[Activity], now: Sequence[Activity]) -> list[StepVerdict]:
    """A verdict on each step of ``now``, and on each step of ``then`` that ``now`` does not have."""
    before = {activity.path: activity for activity in then}
    judged = [
        judge(before[a.path], a, partial(first_difference, view, before[a.path].output, a.output))
        if a.path in before
        else StepVerdict(a.path, "new", "the other run has no such step")
        for a in now
    ]
    here = {a.path for a in now}
    whole = {a.path for a in now if a.reused_from or a.given}
    gone = [path for path in before if path not in here and not whole.intersection(outers(path))]
    checked = judged + [StepVerdict(path, "missing", "not reached this time") for path in gone]
    first = first_cause(checked)
    if first is not None and first.verdict == "input-changed":
        after = next(a for a in now if a.path == first.path)
        detailed = first._replace(detail=first.detail + _changed_input_fields(view, before[first.path], after))
        checked[checked.index(first)] = detailed
    return checked


def _changed_input_fields(view: JournalView, then: Activity, now: Activity) -> str:
    """The first two fields in which the first changed input differs, if both runs had that input."""
    came = {given.role: given.id for given in now.inputs}
    others = [(given.id, came[given.role]) for given in then.inputs if came.get(given.role, given.id) != given.id]
    return ": " + "; ".join(islice(differences(*(body(view, name) for name in others[0])), 2)) if others else ""


def judge(then: Activity, now: Activity, differing_field: Callable[[], str]) -> StepVerdict:
    """Compare one step with the recorded one; ``differing_field`` names the first field in which the outputs differ."""
    same = now.output == then.output
    if now.given:
        return StepVerdict(now.path, "given", "its output was overridden" + (", with the same value" if same else ""))
    if now.reused_from is not None and (now.key == then.key or same):
        return StepVerdict(now.path, "reused")
    verdict, cause = changed_cause(then, now)
    if same:
        return StepVerdict(now.path, "recomputed-same", f"{cause}, but the output is the same" if cause else "")
    if verdict is None:
        return StepVerdict(now.path, "recomputed-changed", differing_field())
    return StepVerdict(now.path, verdict, cause)


def changed_cause(then: Activity, now: Activity) -> tuple[Verdict | None, str]:
    """What changed in the inputs, component or parameters of a step; None if nothing did."""
    came, came_then = ({given.role: given.id for given in activity.inputs} for activity in (now, then))
    others = [role for role in {**came_then, **came} if came_then.get(role) != came.get(role)]
    if others:
        return "input-changed", f"{', '.join(others)} changed"
    if then.by != now.by:
        return "code-changed", f"done by {now.by}, recorded by {then.by}"
    if then.code != now.code:
        return "code-changed", f"the code of {now.by} has changed"
    was, is_ = then.parameters, now.parameters
    names = [name for name in sorted({**was, **is_}) if was.get(name, NOTHING) != is_.get(name, NOTHING)]
    if not names:
        return None, ""
    return ("store-changed" if names == [STORE] else "input-changed"), "; ".join(differences(was, is_))


def first_cause(checked: Sequence[StepVerdict]) -> StepVerdict | None:
    """The first step with a changed output."""
    return next((step for step in checked if step.verdict not in UNCHANGED), None)


def first_difference(view: JournalView, then: str, now: str) -> str:
    """The first field in which two stored records differ, with both values."""
    return next(differences(body(view, then), body(view, now)), "no field differs")


def differences(then: Any, now: Any, at: str = "") -> Iterator[str]:
    """Each field in which two JSON values differ, with both values."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            yield from differences(then.get(key, NOTHING), now.get(key, NOTHING), f"{at}.{key}" if at else key)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (a, b) in enumerate(zip(then, now, strict=True)):
            yield from differences(a, b, f"{at}[{place}]")
    elif isinstance(then, list) and isinstance(now, list):
        yield f"{at or 'the record'}: recorded {len(then)} items, now {len(now)}"
        shorter = min(len(then), len(now))
        yield from differences(then[:shorter], now[:shorter], at)
    elif then != now or type(then) is not type(now):
        yield f"{at or 'the record'}: recorded {_abbreviated(then)}, now {_abbreviated(now)}"


def body(view: JournalView, name: str) -> Any:
    """A stored record as JSON."""
    return json.loads(view.raw(name).partition(b"\n")[2])


def _abbreviated(value: Any) -> str:
    text = "nothing" if value is NOTHING else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
