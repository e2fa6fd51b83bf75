"""Where two runs part: a verdict on each step, and the first cause, field by field.

Rules kept here
- Steps are matched by path. A step of the second run is judged against its namesake in the first.
- The verdict names the cause nearest to the step, in this order: laid down, another input, another
  component or its code, another store, another parameter; and if none of these moved, the output did.
- A step that was done again and came out the same says so: nothing after it is affected by it.
- A step within one that was reused or laid down was not come by, and is not missing.

    for step in compared(journal, activities(journal, "a"), activities(journal, "b")):
        print(step.path, step.verdict, step.detail)

What the outputs mean (which passages, which claims) is not known here.
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
"""Verdicts of a step that came out as it did before."""

STORE = "snapshot"
"""The parameter that names what was known."""

NOTHING = object()
"""Stands for what one side does not have, which is not the same as a None."""

SHOWN = 120
"""Characters of a value that a difference shows."""


class StepVerdict(NamedTuple):
    """The verdict on one step, held against the run it is compared with."""

    path: str
    verdict: Verdict
    detail: str = ""


def compared(view: JournalView, then: Sequence[Activity], now: Sequence[Activity]) -> list[StepVerdict]:
    """A verdict on each step of ``now``, and on those of ``then`` it has no more."""
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
    checked = judged + [StepVerdict(path, "missing", "not come by this time") for path in gone]
    first = first_cause(checked)
    if first is not None and first.verdict == "input-changed":
        after = next(a for a in now if a.path == first.path)
        told = first._replace(detail=first.detail + _changed_input_fields(view, before[first.path], after))
        checked[checked.index(first)] = told
    return checked


def _changed_input_fields(view: JournalView, then: Activity, now: Activity) -> str:
    """How the first input that is another differs, where both runs had one: its first two fields that do."""
    came = {given.role: given.id for given in now.inputs}
    others = [(given.id, came[given.role]) for given in then.inputs if came.get(given.role, given.id) != given.id]
    return ": " + "; ".join(islice(differences(*(body(view, name) for name in others[0])), 2)) if others else ""


def judge(then: Activity, now: Activity, parted: Callable[[], str]) -> StepVerdict:
    """One step against its namesake; ``parted`` says in which field the outputs part, where nothing else moved."""
    same = now.output == then.output
    if now.given:
        return StepVerdict(now.path, "given", "its output was laid down" + (", as it was before" if same else ""))
    if now.reused_from is not None and (now.key == then.key or same):
        return StepVerdict(now.path, "reused")
    verdict, cause = changed_cause(then, now)
    if same:
        return StepVerdict(now.path, "recomputed-same", f"{cause}, yet the same came out" if cause else "")
    if verdict is None:
        return StepVerdict(now.path, "recomputed-changed", parted())
    return StepVerdict(now.path, verdict, cause)


def changed_cause(then: Activity, now: Activity) -> tuple[Verdict | None, str]:
    """What went into a step otherwise than before; None where nothing did."""
    came, came_then = ({given.role: given.id for given in activity.inputs} for activity in (now, then))
    others = [role for role in {**came_then, **came} if came_then.get(role) != came.get(role)]
    if others:
        return "input-changed", f"another {', '.join(others)} came in"
    if then.by != now.by:
        return "code-changed", f"done by {now.by}, recorded by {then.by}"
    if then.code != now.code:
        return "code-changed", f"the code of {now.by} is not the recorded one"
    was, is_ = then.parameters, now.parameters
    names = [name for name in sorted({**was, **is_}) if was.get(name, NOTHING) != is_.get(name, NOTHING)]
    if not names:
        return None, ""
    return ("store-changed" if names == [STORE] else "input-changed"), "; ".join(differences(was, is_))


def first_cause(checked: Sequence[StepVerdict]) -> StepVerdict | None:
    """The first step that did not come out as before."""
    return next((step for step in checked if step.verdict not in UNCHANGED), None)


def first_difference(view: JournalView, then: str, now: str) -> str:
    """The first field in which two stored records part, both values given."""
    return next(differences(body(view, then), body(view, now)), "no field differs")


def differences(then: Any, now: Any, at: str = "") -> Iterator[str]:
    """Each field in which two JSON values part."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            yield from differences(then.get(key, NOTHING), now.get(key, NOTHING), f"{at}.{key}" if at else key)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (a, b) in enumerate(zip(then, now, strict=True)):
            yield from differences(a, b, f"{at}[{place}]")
    elif isinstance(then, list) and isinstance(now, list):
        yield f"{at or 'the whole'}: recorded {len(then)} items, now {len(now)}"
        shorter = min(len(then), len(now))
        yield from differences(then[:shorter], now[:shorter], at)
    elif then != now or type(then) is not type(now):
        yield f"{at or 'the whole'}: recorded {_abbreviated(then)}, now {_abbreviated(now)}"


def body(view: JournalView, name: str) -> Any:
    """A stored record as JSON."""
    return json.loads(view.raw(name).partition(b"\n")[2])


def _abbreviated(value: Any) -> str:
    said = "nothing" if value is NOTHING else repr(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}…"
