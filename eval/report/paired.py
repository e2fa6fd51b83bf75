"""Two conditions of an experiment on the questions that both answered: the second less the first, the baseline.

Rules kept here
- A condition goes by its condition, or by condition and reader's label where several read it: ``standard@qwen3-8b``.
- Both values are of the shared questions, and the interval is of the difference: question by question, in the same
  bootstrap draws. It is not corrected for how many conditions there were to choose from.
- A metric that is unknown in one of them has no difference.

    compared = paired(arm_called("standard", found), arm_called("gated", found))
    compared.cases, compared.metrics["accuracy"].difference
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evitrail.eval.metrics import METRICS
from evitrail.eval.metrics.difference import difference
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.report.findings import shared_outcomes
from evitrail.eval.report.profile import COLUMNS, ProfileRow
from evitrail.evidence_store.did_you_mean import nearest


class PairedMetric(NamedTuple):
    """One metric of both."""

    baseline: float | None
    other: float | None
    difference: float | None = None
    """The other less the baseline."""
    lo: float | None = None
    hi: float | None = None
    """Ends of the difference's 95 % interval."""
    n: int = 0
    """Questions of which the metric speaks in both."""


class Paired(NamedTuple):
    """Two conditions on the same questions."""

    baseline: str
    other: str
    cases: int
    moved: int
    """Questions for which they chose different options."""
    metrics: dict[str, PairedMetric]


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


def paired(baseline: ProfileRow, other: ProfileRow) -> Paired:
    """Every metric of the profile; raises ``ValueError`` where they share no question."""
    before, after = shared_outcomes(baseline, other)
    if not before:
        raise ValueError(f"expected questions that both answered, {baseline.label!r} and {other.label!r} share none")
    metrics = {}
    for column in COLUMNS:
        metric = METRICS[column.metric]
        metrics[column.metric] = PairedMetric(
            metric.value(before), metric.value(after), *(difference(metric, after, before) or ())
        )
    moved = sum(a.chosen != b.chosen for a, b in zip(before, after, strict=True))
    return Paired(baseline.label, other.label, len(before), moved, metrics)


def _joined_labels(conditions: Iterable[ProfileRow]) -> str:
    return ", ".join(condition.label for condition in conditions)
