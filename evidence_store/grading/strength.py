"""Discordant recommendations: strong, although the certainty of their evidence is low or very low.

Rules kept here (GRADE guidelines 15, J Clin Epidemiol 2013, 66: 726; table 1 of BMJ Open 2017, 7: e018593)
- On low or very low certainty GRADE expects a conditional recommendation. A strong one is justified in five
  paradigmatic situations, and the panel has to say which of them holds, or why else.
- Discordance is flagged, never refused: what was published is kept as it was published.
- What has no strength, or no certainty, is not discordant.

    >>> discordant(Grade(certainty="low", strength="strong", study_design="observational"))
    True

Where it is told: ``evitrail store review`` until an evidence profile is on record, which has a reason; ``store show``.
"""

from __future__ import annotations

from evitrail.evidence_store.grading.grade import Grade

SITUATIONS = (
    "life-threatening: low certainty of benefit where people may die without treatment (strong for)",
    "uncertain benefit, certain harm: low certainty of benefit, high certainty of harm or high cost (strong against)",
    "equal benefit, less harm: low certainty that benefits are alike, high certainty that one option harms or costs"
    " less (strong for that one)",
    "equal benefit, possible harm: high certainty that benefits are alike, one option may harm or cost more"
    " (strong against that one)",
    "catastrophic harm: high certainty of a modest benefit, low certainty of a catastrophic harm (strong against)",
)
"""GRADE's five paradigmatic situations."""


def discordant(grade: Grade | None) -> bool:
    """Whether a recommendation is stronger than the certainty of its evidence accounts for."""
    return grade is not None and grade.strength == "strong" and grade.certainty in ("low", "very_low")
