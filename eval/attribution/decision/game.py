"""The game: which mechanisms must be as they were for the failure to happen?

Rules kept here
- ``v(A)`` is the failure rate when the roles in A keep their factual mechanism and all others are repaired.
- Shapley values share ``v(all) - v(none)`` exactly; with at most six roles all 64 coalitions are played.
- Necessity: does repairing this role alone prevent the failure? Sufficiency: does this role alone, all
  others repaired, still fail? Both high: sole culprit. Only necessity: one of several needed together.
  Only sufficiency: a second fault would have done it too.

Pure arithmetic; how a coalition is played is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import TypeVar

R = TypeVar("R", bound=str)
Values = Mapping[frozenset[R], float]


def coalitions(roles: Sequence[R]) -> Iterator[frozenset[R]]:
    """Every subset, the empty one first, the whole last."""
    for size in range(len(roles) + 1):
        yield from (frozenset(chosen) for chosen in combinations(roles, size))


def shapley(values: Values[R], roles: Sequence[R]) -> dict[R, float]:
    """Each role's share of the failure; they sum to ``v(all) - v(none)`` (Shapley 1953)."""
    n = len(roles)
    shares: dict[R, float] = {}
    for role in roles:
        others = [other for other in roles if other != role]
        shares[role] = sum(
            factorial(len(kept)) * factorial(n - len(kept) - 1) / factorial(n) * (values[kept | {role}] - values[kept])
            for kept in coalitions(others)
        )
    return shares


def necessity(values: Values[R], roles: Sequence[R]) -> dict[R, float]:
    """How much of the failure repairing this role alone prevents."""
    whole = frozenset(roles)
    return {role: values[whole] - values[whole - {role}] for role in roles}


def sufficiency(values: Values[R], roles: Sequence[R]) -> dict[R, float]:
    """How much failure this role alone brings about, all others repaired."""
    return {role: values[frozenset({role})] - values[frozenset()] for role in roles}


def repairs(values: Values[R], roles: Sequence[R], at_most: float = 0.2) -> list[tuple[R, ...]]:
    """The smallest sets of roles whose repair brings the failure rate to ``at_most``."""
    whole = frozenset(roles)
    found: list[frozenset[R]] = []
    for repaired in coalitions(roles):
        if values[whole - repaired] <= at_most and not any(smaller <= repaired for smaller in found):
            found.append(repaired)
    return [tuple(role for role in roles if role in repaired) for repaired in found]


def responsibility(found: Sequence[tuple[R, ...]], roles: Sequence[R]) -> dict[R, float]:
    """1 / (1 + how many others must be repaired before this one decides); 0 if never (Chockler, Halpern 2004)."""
    return {role: max((1 / len(repaired) for repaired in found if role in repaired), default=0.0) for role in roles}
