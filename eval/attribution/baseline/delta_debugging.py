"""Delta debugging: of all things that differ, the smallest sets whose change turns a failure into a success.

Rules kept here
- Single changes come first. Where one or more of them suffice, each is reported, in the order given.
- Where none does, one set is searched with ddmin (Zeller and Hildebrandt, IEEE TSE 2002): without any one of its
  members it does not suffice. It is minimal in that sense; a smaller set elsewhere is not ruled out.
- The order is fixed by the order of the names, so equal input gives equal sets.

    >>> minimal_sets(["k", "agent", "reader", "seed"], lambda changed: {"agent", "seed"} <= changed)
    (('agent', 'seed'),)
    >>> minimal_sets(["k", "agent", "reader"], lambda changed: bool(changed & {"k", "reader"}))
    (('k',), ('reader',))
    >>> minimal_sets(["k", "agent"], lambda changed: False)
    ()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

Suffices = Callable[[frozenset[str]], bool]
"""Whether changing exactly these makes the difference."""


def minimal_sets(names: Sequence[str], suffices: Suffices) -> tuple[tuple[str, ...], ...]:
    """Every name that suffices alone; else one minimal set; nothing where even all of them do not suffice."""
    alone = tuple((name,) for name in names if suffices(frozenset({name})))
    if alone:
        return alone
    return (ddmin(names, suffices),) if len(names) > 1 and suffices(frozenset(names)) else ()


def ddmin(names: Sequence[str], suffices: Suffices) -> tuple[str, ...]:
    """A subset that suffices, and no longer does without any one of its members; all ``names`` must suffice."""
    left, parts = tuple(names), 2
    while len(left) > 1:
        chunks = _split(left, parts)
        found = next((chunk for chunk in chunks if suffices(frozenset(chunk))), None)
        if found is not None:
            left, parts = found, 2
            continue
        rests = [tuple(name for name in left if name not in chunk) for chunk in chunks]
        found = next((rest for rest in rests if suffices(frozenset(rest))), None)
        if found is not None:
            left, parts = found, max(parts - 1, 2)
        elif parts < len(left):
            parts = min(2 * parts, len(left))
        else:
            break
    return left


def _split(names: tuple[str, ...], parts: int) -> list[tuple[str, ...]]:
    """So many consecutive pieces, as equal in length as they can be."""
    ends = [round(len(names) * part / parts) for part in range(parts + 1)]
    return [names[start:end] for start, end in pairwise(ends)]
