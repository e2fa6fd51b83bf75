"""A grid: every condition that searches, varied over retrievers, states of the store and numbers of passages.

    retrievers = ["dense", "hybrid"]
    snapshots = ["r2024-06", 120, "2023-01-01"]
    k = [1, 5, 10]

Rules kept here
- A condition that searches is varied over all that is named, in this order: retrievers, snapshots, k.
- A condition that reads everything (``full``) is varied over snapshots only: it ranks nothing. One that never searches
  stays one condition.
- ``standard+retriever=hybrid+k=5`` is the name of such a condition: its own, and everything that the grid says of it.
  No shell, file or anchor minds it.

    >>> [condition.name for condition in spread([condition("closed_book"), condition("standard")], Grid(k=(1, 5)))]
    ['closed_book', 'standard+k=1', 'standard+k=5']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.run_name import GridName, distinct

BEYOND = "full"
"""The retriever that takes all there is."""

AXES = ("retriever", "snapshot", "k")
"""The fields of a condition that each part of a grid varies."""


class Grid(NamedTuple):
    """What is varied; nothing where an axis is empty."""

    retrievers: tuple[str, ...] = ()
    snapshots: tuple[str, ...] = ()
    k: tuple[int, ...] = ()


def spread(conditions: Iterable[Condition], grid: Grid) -> list[Condition]:
    """Every condition of the experiment, in order; raises ``ValueError`` where none can be varied in what is named."""
    conditions = list(conditions)
    for key, axis, values in zip(Grid._fields, AXES, grid, strict=True):
        if values and not any(_has(condition, axis) for condition in conditions):
            said = ", ".join(condition.name for condition in conditions)
            raise ValueError(f"key {key!r}: expected a condition that can be varied in its {axis}, got {said} only")
    axes = {axis: _labels_of(values) for axis, values in zip(AXES, grid, strict=True)}
    return [varied for condition in conditions for varied in _varied(condition, axes)]


def _varied(condition: Condition, axes: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    ours = [axis for axis, values in axes.items() if values and _has(condition, axis)]
    for chosen in product(*(axes[axis].items() for axis in ours)):
        name = GridName(condition.name, tuple((axis, label) for axis, (label, _) in zip(ours, chosen, strict=True)))
        update = {axis: value for axis, (_, value) in zip(ours, chosen, strict=True)}
        yield condition.model_copy(update={"name": str(name), **update})


def _has(condition: Condition, axis: str) -> bool:
    """Whether the axis says anything of this condition."""
    return condition.retriever is not None and (axis == "snapshot" or condition.retriever != BEYOND)


def _labels_of(values: Iterable[Any]) -> dict[str, Any]:
    """Each value by what a condition's name calls it; of a class only its own name and what stands in the brackets."""
    listed = list(values)
    names = (re.sub(r"^[\w.]+:", "", str(value)) for value in listed)
    return dict(zip(distinct(names), listed, strict=True))
