"""What kind of evidence a work is by its publication types, in MEDLINE's words.

Rules kept here
- Only what a type says is read; "Journal Article" or "Clinical Trial" says nothing of the kind.
- Of several the first in the table holds: a preprint is a preprint, whatever it reports.

    >>> kind_of(["Journal Article", "Randomized Controlled Trial"]), kind_of(["Journal Article"])
    ('randomized_trial', None)
"""

from __future__ import annotations

from collections.abc import Iterable

from evitrail.evidence_store.model import Kind

KINDS: dict[str, Kind] = {
    "preprint": "preprint",
    "practice guideline": "guideline",
    "guideline": "guideline",
    "systematic review": "systematic_review",
    "meta-analysis": "systematic_review",
    "network meta-analysis": "systematic_review",
    "randomized controlled trial": "randomized_trial",
    "observational study": "observational_study",
    "case reports": "case_report",
    "review": "narrative_review",
    "scoping review": "narrative_review",
    "editorial": "expert_opinion",
    "comment": "expert_opinion",
    "letter": "expert_opinion",
}
RETRACTED = "retracted publication"
"""The type of a paper that was retracted."""


def kind_of(types: Iterable[str]) -> Kind | None:
    """The kind that publication types say; None where they say none."""
    said = {one.strip().lower() for one in types}
    return next((kind for name, kind in KINDS.items() if name in said), None)


def is_retracted(types: Iterable[str]) -> bool:
    """Whether a publication type says that the paper was retracted."""
    return RETRACTED in {one.strip().lower() for one in types}
