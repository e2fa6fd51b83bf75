"""Verify: do a recorded run again without writing, and say of each step whether it came out the same.

Rules kept here
- Every pure step is done again; what came from outside is served as it was recorded.
- The first cause is named: an input that changed, code that changed, or else the first field.
- Nothing is written, so verifying is always safe.

    verify = Verify(journal, "clean.rad-001")
    answer_again(verify)
    verify.finish()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

from traces.activity import Activity, Edge, Effect
from traces.journal import Journal
from traces.record import Record, as_stored, content_id
from traces.run import Work, activities, work_of

T = TypeVar("T", bound=Record)
Verdict = Literal["reused", "recomputed-same", "recomputed-changed", "input-changed", "code-changed", "missing", "new"]


class Checked(NamedTuple):
    """The verdict on one step of a run that was done again."""

    path: str
    verdict: Verdict
    detail: str = ""


class Verify:
    """Does a recorded run again without writing, and compares."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._recorded = {a.path: a for a in activities(journal, name)}
        self._paths: Counter[str] = Counter()
        self.checked: list[Checked] = []

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
        """See ``Run.step``; what came from outside is served as it was recorded."""
        work = work_of(self._paths, kind, by, parameters, inputs, effect)
        then = self._recorded.get(work.path)
        if then is None:
            self.checked.append(Checked(work.path, "new", "the recorded run has no such step"))
            return as_stored(call(), returns)
        if effect != "pure":
            self.checked.append(Checked(work.path, "reused", f"served as recorded ({effect})"))
            return self._journal.get(then.output, returns)
        output = as_stored(call(), returns)
        self.checked.append(self._compare(work, then, output))
        return output

    def _compare(self, work: Work, then: Activity, output: Record) -> Checked:
        if content_id(output) == then.output:
            return Checked(work.path, "recomputed-same")
        now, old = ({given.role: given.id for given in inputs} for inputs in (work.inputs, then.inputs))
        moved = [role for role in {**old, **now} if old.get(role) != now.get(role)]
        if moved:
            return Checked(work.path, "input-changed", f"another {', '.join(moved)} came in")
        if work.code != then.code:
            return Checked(work.path, "code-changed", f"the code of {work.by} is not the recorded one")
        difference = first_difference(self._journal.get(then.output, type(output)), output)
        return Checked(work.path, "recomputed-changed", difference)

    def finish(self) -> list[Checked]:
        """All verdicts, recorded steps that were not reached included."""
        seen = {c.path for c in self.checked}
        return self.checked + [Checked(p, "missing", "not reached this time") for p in self._recorded if p not in seen]


def first_difference(then: Record, now: Record) -> str:
    """The first field in which two records part, both values given."""

    def walk(a: Any, b: Any, at: str) -> str | None:
        if isinstance(a, dict) and isinstance(b, dict):
            keys = sorted({*a, *b})
            found = (walk(a.get(k), b.get(k), f"{at}.{k}" if at else k) for k in keys)
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            found = (walk(x, y, f"{at}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True)))
        else:
            return None if a == b else f"{at}: recorded {a!r}, now {b!r}"
        return next((f for f in found if f), None)

    return walk(then.model_dump(mode="json"), now.model_dump(mode="json"), "") or "no field differs"
