"""What may be used at all: not taken back, in force on the day, meant for the country that is asked about.

Rules kept here
- What the publisher retracted or our own curators withdrew is dropped, whatever the day: it was never sound. A concern
  that the publisher expressed is no retraction, and is only noted.
- In force is judged as of the snapshot's day; without one, the newest version of each lineage is.
- Evidence that names no country is meant for all. What the European Union says holds in its members, as they are today.
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.evidence_store.model import Header
from evitrail.retrieval.base import GateReport, Hit
from evitrail.retrieval.gates.base import GateContext, Reason, remarks, sift

TAKEN_BACK = ("retracted", "withdrawn")
EU = "EU"
MEMBERS = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))  # fmt: skip


def retracted(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Nothing that its publisher, or the store's curators, took back."""

    def why_not(hit: Hit) -> Reason | None:
        status = asked.snapshot.status(hit.passage.ref)
        return Reason(f"retracted.{status}", status) if status in TAKEN_BACK else None

    def remark(hit: Hit) -> Reason | None:
        doubted = hit.passage.header.concern
        return Reason("retracted.concern", "its publisher expressed concern about it") if doubted else None

    return sift("retracted", hits, asked, why_not, remarks(hits, remark))


def as_of(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Only what was in force on the day the question is asked of."""
    day = asked.snapshot.as_of

    def why_not(hit: Hit) -> Reason | None:
        header = hit.passage.header
        status = asked.snapshot.status(header.ref)
        if status in TAKEN_BACK and day is not None and not header.holds_on(day):
            status = "not_yet" if day < header.valid_from else "expired"  # the day counts where `retracted` is left out
        if status in ("not_yet", "expired", "superseded"):
            words = f"{status.replace('_', ' ')} on {day or 'the newest day'}: valid {_validity(header)}"
            return Reason(f"as_of.{status}", words)
        return None

    return sift("as_of", hits, asked, why_not)


def jurisdiction(hits: Sequence[Hit], asked: GateContext) -> tuple[list[Hit], GateReport]:
    """Only what is meant for the country asked about; where none is named, everything."""
    here = asked.jurisdiction
    fits = {here, EU} if here in MEMBERS else {here}

    def why_not(hit: Hit) -> Reason | None:
        meant = hit.passage.header.jurisdiction
        if here is None or not meant or fits.intersection(meant):
            return None
        return Reason("jurisdiction.elsewhere", f"meant for {', '.join(meant)}, asked for {here}")

    return sift("jurisdiction", hits, asked, why_not)


def _validity(header: Header) -> str:
    return f"{header.valid_from} to {header.valid_to or 'now'}"
