"""Ratings of other systems, kept in their own codes.

Rules kept here
- A rating is a system, its edition and a code that this edition knows; any other code is refused.
- No scale is turned into another. A table with an id and a version may give a hint of the certainty beside the code:
  every hint names its table, and none is stored over the code.

    >>> rating = Rating(system="uspstf", edition="2012", code="B")
    >>> rating.hint(USPSTF_LEAST_CERTAINTY)
    Hint(certainty='moderate', table='uspstf-least-certainty', version='1')
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from evitrail.evidence_store.grading.grade import Certainty
from evitrail.traces.record import Record

System = Literal["uspstf", "sort", "oxford_cebm", "acr_appropriateness"]

OXFORD_2009 = ("1a", "1b", "1c", "2a", "2b", "2c", "3a", "3b", "4", "5")
INCONCLUSIVE_2009 = tuple(f"{level}-" for level in OXFORD_2009)
"""The 2009 levels with the minus sign: no conclusive answer."""
NINE = tuple(str(n) for n in range(1, 10))

CODES: dict[System, dict[str, tuple[str, ...]]] = {
    # grades of 2007 and 2012 look alike, but C went from "not routinely" to "offer selectively"
    "uspstf": {"2007": ("A", "B", "C", "D", "I"), "2012": ("A", "B", "C", "D", "I")},
    # A to C grade a recommendation, 1 to 3 the quality of a study (American Family Physician 2004)
    "sort": {"2004": ("A", "B", "C", "1", "2", "3")},
    # 1a to 5 are levels of evidence, A to D grades of recommendation; 2011 has levels only
    "oxford_cebm": {
        "2009": (*OXFORD_2009, *INCONCLUSIVE_2009, "A", "B", "C", "D"),
        "2011": ("1", "2", "3", "4", "5"),
    },
    # the median of a RAND/UCLA panel; a 5 that stands for disagreement says so (JACR 2021, 18: S240)
    "acr_appropriateness": {"2021": (*NINE, "5 (disagreement)")},
}


class Hint(Record):
    """What a table makes of a code: for ordering beside other evidence, not a GRADE rating."""

    certainty: Certainty
    table: str
    version: str


class HintTable(Record):
    """A versioned table from the codes of one edition to a certainty; a code it lacks has no hint."""

    id: str
    version: str
    system: System
    edition: str
    hints: dict[str, Certainty]

    @model_validator(mode="after")
    def _codes_exist(self) -> HintTable:
        for code in self.hints:
            require_known(self.system, self.edition, code)
        return self


class Rating(Record):
    """What somebody rated, in the system's own code."""

    system: System
    edition: str
    code: str

    @model_validator(mode="after")
    def _code_exists(self) -> Rating:
        require_known(self.system, self.edition, self.code)
        return self

    def hint(self, table: HintTable) -> Hint | None:
        """What a table makes of this; None where it is a table of another edition, or does not say."""
        if (table.system, table.edition) != (self.system, self.edition) or self.code not in table.hints:
            return None
        return Hint(certainty=table.hints[self.code], table=table.id, version=table.version)


def require_known(system: System, edition: str, code: str) -> None:
    """Raises ``ValueError`` for an edition or code that the system does not have."""
    if edition not in CODES[system]:
        raise ValueError(f"edition of {system}: expected one of {', '.join(CODES[system])}, got {edition!r}")
    codes = CODES[system][edition]
    if code not in codes:
        raise ValueError(f"code of {system} {edition}: expected one of {', '.join(codes)}, got {code!r}")


USPSTF_LEAST_CERTAINTY = HintTable(
    id="uspstf-least-certainty",
    version="1",
    system="uspstf",
    edition="2012",
    hints={"A": "high", "B": "moderate", "C": "moderate", "D": "moderate", "I": "low"},
)
"""The least certainty of net benefit with which the definition of each grade is content."""
