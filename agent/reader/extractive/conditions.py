"""Numbers that decide: what an option states against what a sentence states, and whether a condition fits the patient.

Rules kept here
- Of an option's quantities only those that some other option lacks count.
- A condition is an interval ("45 to 75 years", "below 30"); a patient's number is a point of the stem. They are
  compared only when they measure the same thing (``Quantity.comparable``).
- A clause, not a sentence, is what a condition governs: "up to 6 mm …, above 6 mm …" holds two recommendations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evitrail.agent.reader.extractive.quantities import Quantity, quantities
from evitrail.agent.reader.terms import terms

COMPARED = 65_536
"""Comparisons kept in memory; replays of one question compare the same texts again and again."""
CLAUSE = re.compile(r"[,;:]\s+|\b(?:but|whereas|while|and for|and in)\b")


def telling(options: Sequence[tuple[Quantity, ...]]) -> tuple[tuple[Quantity, ...], ...]:
    """Each option's quantities, without those that every option states."""
    return tuple(
        tuple(q for q in option if not all(any(q.equals(r) for r in other) for other in options)) for option in options
    )


@lru_cache(maxsize=COMPARED)
def matched(own: tuple[Quantity, ...], said: tuple[Quantity, ...]) -> float:
    """The share of the option's quantities that the sentence states."""
    return sum(any(q.equals(r) for r in said) for q in own) / len(own) if own else 0.0


@lru_cache(maxsize=COMPARED)
def mismatched(own: tuple[Quantity, ...], said: tuple[Quantity, ...]) -> float:
    """The share of the option's quantities for which the sentence states only other values in the same unit."""
    like = [[r for r in said if (r.dimension, r.unit) == (q.dimension, q.unit)] for q in own]
    wrong = [q for q, others in zip(own, like, strict=True) if others and not any(q.equals(r) for r in said)]
    return len(wrong) / len(own) if own else 0.0


def applies(patient: Sequence[Quantity], said: Sequence[Quantity]) -> int:
    """Whether the patient's numbers lie within the intervals a text names: 1, -1, or 0 when it names none."""
    inside = [any(r.holds(q) for q in like) for r in said if not r.is_point and (like := _like(patient, r))]
    return 0 if not inside else 1 if all(inside) else -1 if not any(inside) else 0


def _like(patient: Sequence[Quantity], said: Quantity) -> list[Quantity]:
    return [q for q in patient if said.comparable(q)]


@lru_cache(maxsize=COMPARED)
def clauses(sentence: str, patient: tuple[Quantity, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The words of the clauses whose conditions the patient meets, and of those that exclude the patient."""
    sets: dict[int, set[str]] = {1: set(), -1: set(), 0: set()}
    if any(not q.is_point and _like(patient, q) for q in quantities(sentence)):
        for clause in CLAUSE.split(sentence):
            sets[applies(patient, quantities(clause))] |= terms(clause).words
    return frozenset(sets[1]), frozenset(sets[-1] - sets[1])
