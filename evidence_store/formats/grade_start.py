"""From which level a published body of evidence was rated, where its format has no field for that.

Rules kept here
- The design is what the free text on the literature names; what it does not name is not guessed.
- Which way the raters start is read from their judgements, never from the certainty they published. It is one for all
  the bodies that are read together, for a panel has one way.
- *Handbook*: trials start high, observational studies low; in a body of both the trials decide; no design, no start.
- *ROBINS-I*: every design starts high, for there the lack of a randomised comparison is charged to risk of bias, and a
  low start would charge it twice. It is theirs when more than half of the bodies of observational studies alone do so.
- Expert opinion starts very low either way.

    >>> design_of("2 RCTs and 1 observational study"), design_of("9 articles")
    ('mixed', None)
    >>> Way(charged=0, observational=3).start("observational")
    ('low', None)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evitrail.evidence_store.grading.assessment import BodyDesign
from evitrail.evidence_store.grading.grade import STARTS, Certainty

OBSERVATIONAL = re.compile(
    r"\b(observational|cohorts?|case.control|NRSIs?|non.?randomi[sz]ed( controlled)?( trials?)?)\b", re.IGNORECASE
)
TRIALS = re.compile(r"\b(RCTs?|randomi[sz]ed|trials?)\b", re.IGNORECASE)
EXPERT = re.compile(r"\bexpert opinions?\b", re.IGNORECASE)
UNRANDOMISED = re.compile(
    r"confound|single.arm|selection bias|non.?randomi[sz]ed|not randomi[sz]ed|uncontrolled|no (control|comparison)",
    re.IGNORECASE,
)
"""How a reason says that what was compared was not randomised."""


class Way(NamedTuple):
    """How the raters start, and from how many of their bodies that is read."""

    charged: int
    """Of those, the bodies whose risk of bias was lowered for the lack of a randomised comparison."""
    observational: int
    """Bodies of observational studies alone."""

    @property
    def every_design_high(self) -> bool:
        return 2 * self.charged > self.observational

    def start(self, design: BodyDesign | None) -> tuple[Certainty | None, str | None]:
        """The level that a body starts at, with the reason where it is not the design's own."""
        if design in ("randomized", "expert"):
            return STARTS[design], None
        if self.every_design_high:
            return "high", f"{'no design is stated; ' if design is None else ''}{self}"
        if design == "mixed":
            return "high", "its randomised trials decide"
        return (STARTS[design], None) if design else (None, None)

    def __str__(self) -> str:
        if not self.every_design_high:
            return "trials start high and observational studies low, as the GRADE handbook has it"
        return (
            "every design starts high, as with ROBINS-I: the lack of a randomised comparison is charged to risk of "
            f"bias in {self.charged} of {self.observational} bodies of observational studies alone"
        )


def design_of(literature: str | None) -> BodyDesign | None:
    """The design that a text on the literature names; None where it names none."""
    text = literature or ""
    observational, trials = bool(OBSERVATIONAL.search(text)), bool(TRIALS.search(OBSERVATIONAL.sub("", text)))
    if trials or observational:
        return "mixed" if trials and observational else "randomized" if trials else "observational"
    return "expert" if EXPERT.search(text) else None


def lacks_randomisation(reason: str | None) -> bool:
    """Whether a reason names the lack of a randomised comparison."""
    return bool(UNRANDOMISED.search(reason or ""))
