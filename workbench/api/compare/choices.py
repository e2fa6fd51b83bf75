"""What can be compared, and what an address asks to compare: names of conditions, of one experiment or of two.

Rules kept here
- Conditions are separated by commas in an address; a name that holds a comma or a quote stands in quotes, as
  in a line of CSV.
- A condition of another experiment is ``EXP2::CONDITION``. Experiments are looked up among those that are served.
- Where nothing is chosen, the baseline is *standard* if it is there. It is compared with itself in the other
  experiment, or else with the condition that stands last in tables.

    choices(folders, "demo").chosen              # ("standard", "gated")
    sides(folders, "demo", "standard,gated")
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.compare.arm import ELSEWHERE, Asked
from evitrail.eval.report.findings import BASELINE
from evitrail.traces.record import Record
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.profile import profile

MOST_CONDITIONS = 9
"""Conditions of a comparison at most: each has a key of its own."""


class Choices(Record):
    """What can be compared, and what is where nothing was chosen."""

    conditions: tuple[str, ...]
    chosen: tuple[str, ...]


class Side(NamedTuple):
    """One condition that is asked for, and its experiment."""

    exp: str
    asked: Asked


def choices(folders: ExperimentFolders, exp: str, other: str = "") -> Choices:
    """The conditions of an experiment, then those of another that is named beside it."""
    ours = _labels(folders.named(exp))
    rest = [f"{other}{ELSEWHERE}{label}" for label in _labels(folders.named(other))] if other else []
    if not ours:
        return Choices(conditions=tuple(rest), chosen=())
    baseline = BASELINE if BASELINE in ours else ours[0]
    beside = f"{other}{ELSEWHERE}{baseline}"
    others = [beside] if beside in rest else rest or [label for label in ours if label != baseline]
    return Choices(conditions=(*ours, *rest), chosen=(baseline, *others[-1:]))


def sides(
    folders: ExperimentFolders, exp: str, conditions: str = "", baseline: str = "", other: str = ""
) -> tuple[Side, ...]:
    """The conditions that are asked for, the baseline first; raises ``ValueError`` and ``UnknownName``."""
    names = _names(conditions) or list(choices(folders, exp, other).chosen)
    if not 2 <= len(names) <= MOST_CONDITIONS:
        raise ValueError(f"conditions: expected 2 to {MOST_CONDITIONS} conditions to compare, got {len(names)}")
    if baseline and baseline not in names:
        raise ValueError(f"baseline: expected one of the conditions {', '.join(names)}, got {baseline!r}")
    first = baseline or names[0]
    return tuple(_side(folders, exp, name) for name in sorted(names, key=lambda name: name != first))


def _names(conditions: str) -> list[str]:
    try:
        return [name for row in csv.reader([conditions], strict=True) for name in row if name]
    except csv.Error as error:
        raise ValueError(f"conditions: expected names separated by commas, got {conditions!r}: {error}") from None


def _side(folders: ExperimentFolders, exp: str, name: str) -> Side:
    folder = folders.named(exp)
    elsewhere, _, condition = name.rpartition(ELSEWHERE)
    if not elsewhere or name in _labels(folder):
        return Side(exp, Asked(folder, name))
    return Side(elsewhere, Asked(folders.named(elsewhere), condition, name))


def _labels(folder: Path) -> list[str]:
    return [row.label for row in profile(folder).rows]
