"""GRADE rates one outcome of one comparison: eight judgements, each with its reason, and what they add up to.

Rules kept here (GRADE handbook 2013, section 5; Core GRADE, BMJ 2025)
- A judgement above none needs a reason. What was not assessed is None, never 0.
- The starting level is stored. It needs a reason where it is not the study design's own, and where the design has
  none: trials and observational studies in one body, or a design that nobody stated.
- ``computed`` is the start plus the judgements, by the arithmetic of ``grade.py``; None without a start.
- A published certainty that differs from it needs an ``override_reason``.
- Over outcomes, the lowest certainty among the critical ones decides.

Not covered: incoherence and intransitivity of a network; CERQual's four components go by GRADE's names (methodological
limitations, coherence, relevance and adequacy as risk of bias, inconsistency, indirectness and imprecision).

    >>> few = Judgement(levels=1, reason="40 events")
    >>> stroke = Assessment(outcome="stroke", importance="critical", study_design="randomized", imprecision=few)
    >>> stroke.computed, stroke.sum_in_words()
    ('moderate', 'high - 1 (imprecision) = moderate')
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from evitrail.evidence_store.grading.grade import (
    LEVELS,
    STARTS,
    Certainty,
    Design,
    DowngradeDomain,
    UpgradeDomain,
    added_up,
    arithmetic_text,
)
from evitrail.traces.record import Record

Importance = Literal["critical", "important", "limited"]
Variant = Literal["core-2025", "handbook-2013", "nma", "cerqual"]
BodyDesign = Design | Literal["mixed"]

DOWNGRADES: tuple[DowngradeDomain, ...] = get_args(DowngradeDomain)
UPGRADES: tuple[UpgradeDomain, ...] = get_args(UpgradeDomain)
MOST = {"publication_bias": 2, "large_effect": 2, "dose_response": 1, "plausible_confounding": 1}
"""Levels a domain may move the certainty where that is fewer than three."""


class Judgement(Record):
    """How many levels one domain moves the certainty, and why."""

    levels: int | None = Field(default=None, ge=0, le=3)
    """0 was judged and is no concern; None was not assessed."""
    reason: str | None = None

    @model_validator(mode="after")
    def _has_its_reason(self) -> Judgement:
        if self.levels and not (self.reason or "").strip():
            raise ValueError(f"a judgement of {self.levels} needs a reason, got {self.reason!r}")
        return self


class Assessment(Record):
    """How sure the raters were of one outcome, and how they came to it."""

    outcome: str = Field(min_length=1)
    importance: Importance
    target: str | None = None
    """What the certainty is about, as "any benefit" or "a benefit that matters"."""
    threshold: str | None = None
    """The value that the target is relative to, as "1 point of 10" or "no difference"."""
    variant: Variant = "handbook-2013"
    study_design: BodyDesign | None = None
    """None where nobody stated it."""
    start: Certainty | None = None
    """The level the rating began at; left out, the design's own is stored."""
    start_reason: str | None = None
    risk_of_bias: Judgement = Judgement()
    inconsistency: Judgement = Judgement()
    indirectness: Judgement = Judgement()
    imprecision: Judgement = Judgement()
    publication_bias: Judgement = Judgement()
    large_effect: Judgement = Judgement()
    dose_response: Judgement = Judgement()
    plausible_confounding: Judgement = Judgement()
    """Every plausible confounder would have shrunk the effect, or made up one where none was seen."""
    certainty: Certainty | None = None
    """As published; None where only the judgements are known."""
    override_reason: str | None = None
    """Why the published certainty differs from the sum; required when it does."""

    @property
    def moves(self) -> dict[str, int]:
        """The domains that moved the certainty, and by how much: down is negative."""
        signs = [*((domain, -1) for domain in DOWNGRADES), *((domain, 1) for domain in UPGRADES)]
        return {domain: sign * n for domain, sign in signs if (n := getattr(self, domain).levels)}

    @property
    def computed(self) -> Certainty | None:
        """What the judgements add up to; None where nobody knows from which level."""
        return added_up(self.start, self.moves.values()) if self.start else None

    def sum_in_words(self) -> str:
        """The arithmetic in words: ``low + 1 (large_effect) = moderate``."""
        if self.start is None:
            return "no sum: neither a start nor a study design is stated"
        return arithmetic_text(self.start, self.moves, "stated start" if self.start_reason else str(self.study_design))

    @model_validator(mode="before")
    @classmethod
    def _start_is_stored(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("start") is None and given.get("study_design") in STARTS:
            return {**given, "start": STARTS[given["study_design"]]}
        return given

    @model_validator(mode="after")
    def _holds_together(self) -> Assessment:
        own = STARTS.get(self.study_design) if self.study_design and self.study_design != "mixed" else None
        if self.start != own and not (self.start_reason or "").strip():
            said = f"{self.study_design or 'a design not stated'} has {'none' if own is None else repr(own)} of its own"
            raise ValueError(f"start {self.start!r} needs start_reason: {said}")
        for domain, most in MOST.items():
            if (getattr(self, domain).levels or 0) > most:
                raise ValueError(f"{domain}: expected {most} at most, got {getattr(self, domain).levels}")
        if self.variant == "cerqual" and (raised := sorted(set(UPGRADES) & set(self.moves))):
            raise ValueError(f"{', '.join(raised)}: CERQual knows no upgrades")
        if self.certainty and self.computed not in (None, self.certainty) and not (self.override_reason or "").strip():
            raise ValueError(
                f"certainty {self.certainty!r} was published, but {self.sum_in_words()}; "
                "correct a judgement or give override_reason"
            )
        return self


class Overall(Record):
    """The certainty of a comparison over its outcomes, and which of them decide it."""

    certainty: Certainty | None
    decided_by: tuple[str, ...]
    among: Importance | None
    """The importance of the outcomes it was sought among; None where none is critical or important."""
    unrated: tuple[str, ...]
    """Outcomes of that importance without a published certainty: the overall certainty does not know of them."""


def overall(assessments: Iterable[Assessment]) -> Overall:
    """The lowest published certainty among the critical outcomes; among the important where none is critical."""
    given = tuple(assessments)
    among: Importance | None = next(
        (level for level in ("critical", "important") if any(a.importance == level for a in given)), None
    )
    sought = [a for a in given if a.importance == among]
    rated = [a.certainty for a in sought if a.certainty]
    lowest = min(rated, key=LEVELS.index) if rated else None
    return Overall(
        certainty=lowest,
        decided_by=tuple(a.outcome for a in sought if lowest and a.certainty == lowest),
        among=among,
        unrated=tuple(a.outcome for a in sought if a.certainty is None),
    )
