"""Two conditions of an experiment, compared with each other on the questions that both answered.

Rules kept here
- A condition goes by its condition, or by condition and reader's label where several read it: ``standard@qwen3-8b``.
- Both values are of the shared questions, and the interval is of the difference: question by question, in the same
  bootstrap draws. It is not corrected for how many conditions there were to choose from.
- A metric that is unknown in one of them has no difference.

    held = paired(arm_called("gated", found), arm_called("standard", found))
    held.cases, held.metrics["accuracy"].difference
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evitrail.eval.metrics import METRICS
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.report.findings import difference
from evitrail.eval.report.profile import COLUMNS, ProfileRow
from evitrail.evidence_store.did_you_mean import nearest


class Held(NamedTuple):
    """One metric of both."""

    one: float | None
    other: float | None
    difference: float | None = None
    """The first less the second."""
    lo: float | None = None
    hi: float | None = None
    """Ends of the difference's 95 % interval."""


class Paired(NamedTuple):
    """Two conditions on the same questions."""

    one: str
    other: str
    cases: int
    moved: int
    """Questions for which they chose different options."""
    metrics: dict[str, Held]


def arm_called(name: str, conditions: Sequence[ProfileRow]) -> ProfileRow:
    """The condition of this label, or the only one of this condition; raises ``ValueError`` naming those there are."""
    name = ALIASES.get(name, name)
    found = [condition for condition in conditions if condition.label == name] or [
        condition for condition in conditions if condition.condition == name
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"expected one condition, {name!r} stands for {_joined_labels(found)}; name one of them")
    meant = nearest(name, [condition.label for condition in conditions])
    raise ValueError(f"expected a condition among {_joined_labels(conditions)}, got {name!r}{meant}")


def paired(one: ProfileRow, other: ProfileRow) -> Paired:
    """Every metric of the profile; raises ``ValueError`` where they share no question."""
    left, right = ({outcome.case: outcome for outcome in condition.outcomes} for condition in (one, other))
    shared = sorted(left.keys() & right.keys())
    if not shared:
        raise ValueError(f"expected questions that both answered, {one.label!r} and {other.label!r} share none")
    ours, theirs = [left[case] for case in shared], [right[case] for case in shared]
    metrics = {}
    for column in COLUMNS:
        value = METRICS[column.metric].value
        told = difference(one, other, column.metric)
        metrics[column.metric] = Held(value(ours), value(theirs), *(told[:3] if told else ()))
    moved = sum(a.chosen != b.chosen for a, b in zip(ours, theirs, strict=True))
    return Paired(one.label, other.label, len(shared), moved, metrics)


def _joined_labels(conditions: Iterable[ProfileRow]) -> str:
    return ", ".join(condition.label for condition in conditions)
