"""How well confidence was calibrated before the certainty of the evidence was weighed in, and after: a table's rows.

Rules kept here
- There is a row for each condition, and none at all where the plan weighs no evidence.
- A number is that of metrics.json, before and after; None where it is unknown.

    weighings(conditions)[0].numbers      # ((0.81, 0.78), (0.12, 0.09), …)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from evitrail.eval.report.profile import ProfileRow

TITLES = {"mean": "Mean confidence", "ece": "ECE", "mce": "MCE", "brier": "Brier score"}
NAMES = {
    "mean": ("mean_option_confidence", "mean_weighted_confidence"),
    "ece": ("option_ece", "weighted_ece"),
    "mce": ("option_mce", "weighted_mce"),
    "brier": ("option_brier", "weighted_brier"),
}


class Weighing(NamedTuple):
    """One condition."""

    label: str
    numbers: tuple[tuple[float | None, float | None], ...]
    """Before and after, in the order of ``TITLES``."""


def weighings(conditions: Iterable[ProfileRow]) -> list[Weighing]:
    """Each condition whose numbers were weighed."""
    return [
        Weighing(
            condition.label,
            tuple((condition.row[was]["value"], condition.row[now]["value"]) for was, now in NAMES.values()),
        )
        for condition in conditions
        if "weighted_ece" in condition.row
    ]
