"""How long a version may stand before somebody should look at it again.

Rules kept here
- The day its publisher named counts; else three years after it was published, or reaffirmed or amended since: by then
  about one recommendation in five no longer holds (CMAJ 2014; 186: 1211).
"""

from __future__ import annotations

from calendar import isleap
from datetime import date

from evitrail.evidence_store.model import Header

SHELF_LIFE = 3
"""Years."""


def due(header: Header, reviewed: date | None) -> date:
    """The day by which the version should be looked at again; ``reviewed`` is when somebody last did."""
    if header.review_due is not None and (reviewed is None or reviewed < header.review_due):
        return header.review_due
    since = max(filter(None, (header.published, reviewed)))
    year = since.year + SHELF_LIFE
    return since.replace(year=year, day=28 if (since.month, since.day) == (2, 29) and not isleap(year) else since.day)
