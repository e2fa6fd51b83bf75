"""Notices: what a publisher says of a version after it came out: retracted, under concern, reinstated.

Rules kept here
- Pure: what may be recorded is decided from the notices and the headers known.
- A notice changes a version's standing from the event that records it on; what was asked before stays as it was.
- The notices of one list are applied in the order of their days; those without a day come first, as they stand.
- Importing a list again records nothing: what is on record is passed over, and what a later notice settled.
- A paper is matched by its DOI, else by its PMID, never by its title: notices carry the titles of what they retract.

    faults, drafts = recordable([Notice(ref="aspirin@2016", nature="retraction", reason="fabricated data")], headers)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import field_validator

from evitrail.evidence_store.headers import named
from evitrail.evidence_store.ledger.event import CONCERN, REINSTATED, RETRACTED, STANDING, Draft, Event, understood
from evitrail.evidence_store.model import Header
from evitrail.traces.record import Record

Nature = Literal["retraction", "concern", "reinstatement"]
EVENT: dict[Nature, str] = {"retraction": RETRACTED, "concern": CONCERN, "reinstatement": REINSTATED}
ALREADY: dict[Nature, str] = {
    "retraction": "is retracted already",
    "concern": "is under concern already",
    "reinstatement": "is neither retracted nor under concern",
}


class Notice(Record):
    """One notice about one version in the store."""

    ref: str
    nature: Nature
    reason: str
    on: date | None = None
    """The day of the notice, where it is told."""
    notice: str | None = None
    """The notice's own DOI."""


class ListedNotice(Record):
    """One line of a list of notices, about a paper that may or may not be in the store."""

    nature: Nature
    doi: str | None
    pmid: str | None = None
    notice: str | None = None
    on: date | None = None
    reason: str | None = None
    """Why, where the list says it."""

    @field_validator("doi", "notice")
    @classmethod
    def _plain(cls, doi: str | None) -> str | None:
        """DOIs are the same whatever their case (ISO 26324)."""
        return doi.lower() if doi else None


def on_record(events: Iterable[Event]) -> dict[str, list[Notice]]:
    """The notices among events, by the version that each is about."""
    natures = {event: nature for nature, event in EVENT.items()}
    found: dict[str, list[Notice]] = {}
    for event in events:
        if event.type in natures:
            with understood(event):
                notice = Notice.model_validate({"ref": event.subject, "nature": natures[event.type], **event.body})
            found.setdefault(event.subject, []).append(notice)
    return found


def recordable(notices: Sequence[Notice], known: Mapping[str, Header]) -> tuple[list[str], list[Draft]]:
    """Why these cannot be recorded, each in a line, and the events that record them."""
    faults: list[str] = []
    drafts: list[Draft] = []
    there = {said.ref: known[said.ref] for said in notices if said.ref in known}
    standing = {ref: {"retracted": header.retracted, "concern": header.concern} for ref, header in there.items()}
    for said in notices:
        if said.ref not in standing:
            faults.append(f"expected a version the store holds, got {said.ref!r}; see `evitrail store list`")
        elif not said.reason.strip():
            faults.append(
                f"a {said.nature} of {said.ref!r} needs a reason, got {said.reason!r}; say whose notice it is and why"
            )
        elif standing[said.ref] | STANDING[EVENT[said.nature]] == standing[said.ref]:
            faults.append(f"{said.ref!r} {ALREADY[said.nature]}; see `evitrail store history {said.ref.split('@')[0]}`")
        else:
            standing[said.ref] |= STANDING[EVENT[said.nature]]
            body = said.model_dump(mode="json", exclude={"ref", "nature"}, exclude_none=True)
            drafts.append(Draft(type=EVENT[said.nature], subject=said.ref, body=body))
    return faults, drafts


def matched(
    published: Iterable[ListedNotice],
    known: Mapping[str, Header],
    reason: str,
    recorded: Mapping[str, Sequence[Notice]] | None = None,
) -> list[Notice]:
    """The notices about papers that the store holds and whose standing they change, by DOI, else by PMID.

    ``recorded`` are the notices that the store has on record, by version.
    """
    lines = sorted(published, key=lambda line: line.on or date.min)
    known = named(known, {name for line in lines for name in (f"doi:{line.doi}", f"pmid:{line.pmid}")})
    by_doi: dict[str, list[str]] = {}
    by_pmid: dict[str, list[str]] = {}
    for ref, header in sorted(known.items()):
        if header.doi:
            by_doi.setdefault(header.doi.lower(), []).append(ref)
        if header.pmid:
            by_pmid.setdefault(header.pmid, []).append(ref)
    standing = {ref: {"retracted": header.retracted, "concern": header.concern} for ref, header in known.items()}
    found: list[Notice] = []
    for line in lines:
        for ref in by_doi.get(line.doi or "") or by_pmid.get(line.pmid or "") or []:
            why = f"{reason}: {line.reason}" if line.reason else reason
            notice = Notice(ref=ref, nature=line.nature, reason=why, on=line.on, notice=line.notice)
            then = standing[ref] | STANDING[EVENT[line.nature]]
            if then != standing[ref] and not any(_settles(old, notice) for old in (recorded or {}).get(ref, ())):
                standing[ref] = then
                found.append(notice)
    return found


def _settles(old: Notice, new: Notice) -> bool:
    """Whether a notice on record is this one, or of a later day and to the contrary."""
    if (old.nature, old.on, old.notice) == (new.nature, new.on, new.notice):
        return True
    contrary = (old.nature == "reinstatement") != (new.nature == "reinstatement")
    return contrary and None not in (old.on, new.on) and old.on > new.on  # type: ignore[operator]
