"""GRADE certainty is arithmetic on judgements that somebody made and signed.

Rules kept here (GRADE handbook 2013, section 5; Core GRADE, BMJ 2025)
- A body of randomised trials starts high, one of observational studies low, expert opinion very low,
  unless the raters stated another start.
- Five domains lower the certainty by 1 to 3 levels, three raise it by 1 or 2.
- The sum is clamped to the four levels. A stated certainty that differs from it needs a reason.
- A grade comes from a curator or a source, never from a model.

    >>> Grade(certainty="moderate", strength="strong", study_design="randomized",
    ...       downgrades={"imprecision": -1}).computed
    'moderate'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evitrail.traces.record import Record

Certainty = Literal["very_low", "low", "moderate", "high"]
Strength = Literal["strong", "conditional"]
Design = Literal["randomized", "observational", "expert"]
DowngradeDomain = Literal["risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"]
UpgradeDomain = Literal["large_effect", "dose_response", "plausible_confounding"]

LEVELS: tuple[Certainty, ...] = ("very_low", "low", "moderate", "high")
STARTS: dict[Design, Certainty] = {"randomized": "high", "observational": "low", "expert": "very_low"}


class Grade(Record):
    """How sure the raters were of one body of evidence, and how they came to it."""

    certainty: Certainty
    strength: Strength | None = None
    study_design: Design | Literal["mixed"]
    start: Certainty | None = None
    """The level the rating began at; absent, the study design decides. A mixed body has none of its own."""
    downgrades: dict[DowngradeDomain, Annotated[int, Field(ge=-3, le=-1)]] = Field(default_factory=dict)
    upgrades: dict[UpgradeDomain, Annotated[int, Field(ge=1, le=2)]] = Field(default_factory=dict)
    override_reason: str | None = None
    """Why the published certainty differs from the sum; required when it does."""

    @property
    def starting_level(self) -> Certainty:
        if self.start or self.study_design == "mixed":
            assert self.start  # a mixed body states it
            return self.start
        return STARTS[self.study_design]

    @property
    def computed(self) -> Certainty:
        """What the judgements add up to."""
        return added_up(self.starting_level, self.moves.values())

    @property
    def moves(self) -> dict[str, int]:
        """The domains that moved the certainty, and by how much: down is negative."""
        return {str(domain): n for domain, n in [*self.downgrades.items(), *self.upgrades.items()]}

    @model_validator(mode="after")
    def _adds_up(self) -> Grade:
        if self.study_design == "mixed" and not self.start:
            raise ValueError("study_design 'mixed' has no starting level of its own; give start")
        if self.certainty != self.computed and not self.override_reason:
            raise ValueError(
                f"certainty {self.certainty!r} was stated, but {self.sum_in_words()}; "
                "correct a judgement or give override_reason"
            )
        return self

    def sum_in_words(self) -> str:
        """The arithmetic in words: ``high - 1 (imprecision) = moderate``; ``low (expert)`` if nothing moved it."""
        return arithmetic_text(self.starting_level, self.moves, "stated start" if self.start else self.study_design)


def added_up(start: Certainty, moves: Iterable[int]) -> Certainty:
    """The level that these moves lead to from a start, never below very low or above high."""
    level = LEVELS.index(start) + sum(moves)
    return LEVELS[min(max(level, 0), len(LEVELS) - 1)]


def arithmetic_text(start: Certainty, moves: Mapping[str, int], basis: str) -> str:
    """The same in words; ``basis`` says what the level rests on where nothing moved it."""
    terms = [f"{'-' if n < 0 else '+'} {abs(n)} ({name})" for name, n in moves.items()]
    if not terms:
        return f"{start} ({basis})"
    return " ".join([start, *terms, "=", added_up(start, moves.values())])


def rank(grade: Grade | None) -> int:
    """For ordering only: high 4 … very low 1, unrated 0."""
    return 0 if grade is None else LEVELS.index(grade.certainty) + 1
