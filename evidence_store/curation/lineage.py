"""How versions follow each other: what may be added to what is known, in which order, and what that closes.

Rules kept here
- Pure: everything is decided from the new evidence and the headers already known.
- A superseded version must be known or come along, begin before its successor, and end no later than the
  successor begins; an open end is closed there.
- No chain of supersession comes back to itself; no two entries share a name.
- What rests on something that was retracted is refused, unless a waiver says why not.

Two versions of one lineage that supersede nothing may hold at the same time (one for adults, one for children).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from evitrail.evidence_store.curation.retracted_works import Retracted
from evitrail.evidence_store.curation.workflow import MARK
from evitrail.evidence_store.ledger.event import CLOSED, PUBLISHED, Draft
from evitrail.evidence_store.model import Evidence, Header


def lineage_faults(entries: Sequence[tuple[str, Header]], known: Mapping[str, Header]) -> list[str]:
    """Why these entries, each with the place it stands, cannot join what is known; empty when they can."""
    faults: list[str] = []
    places: dict[str, str] = {}
    new: dict[str, Header] = {}
    for place, header in entries:
        if MARK in header.version:
            faults.append(f"{place}: expected a version without {MARK!r}, which numbers drafts, got {header.version!r}")
        if header.ref in new:
            first = places[header.ref]
            faults.append(
                f"{place}: {header.ref!r} stands twice, first at {first}; remove one or give it a new version"
            )
        else:
            new[header.ref], places[header.ref] = header, place
    gone = Retracted(known, new.values())
    for place, header in entries:
        faults += [f"{place}: {fault}" for fault in _supersession_faults(header, new, known)]
        if (unsound := gone.among(header)) and not (header.waiver or "").strip():
            faults.append(
                f"{place}: rests on {', '.join(unsound)}, retracted; take it out, or say why not as its waiver"
            )
    return faults


def drafts(
    evidence: Iterable[Evidence], known: Mapping[str, Header], vouched: Mapping[str, Mapping[str, str]] | None = None
) -> list[Draft]:
    """The events that publish this evidence, each followed by the one that closes the version it supersedes.

    The two are one act: between their numbers both versions hold. ``vouched`` says by ref who vouches for it.
    """
    ends: dict[str, date | None] = {}
    events: list[Draft] = []
    for new in _oldest_first(list(evidence)):
        events.append(
            Draft(
                type=PUBLISHED,
                subject=new.ref,
                body={**new.model_dump(mode="json"), **(vouched or {}).get(new.ref, {})},
            )
        )
        ends[new.ref] = new.valid_to
        old = new.supersedes
        if old is not None and _later(ends[old] if old in ends else known[old].valid_to, new.valid_from):
            ends[old] = new.valid_from
            body = {"valid_to": new.valid_from.isoformat(), "by": new.ref}
            events.append(Draft(type=CLOSED, subject=old, body=body))
    return events


def changed(new: Evidence, held: Evidence) -> str:
    """Why evidence of a name that is taken cannot be recorded."""
    fields = [name for name in Evidence.model_fields if getattr(new, name) != getattr(held, name)]
    return (
        f"{new.ref}: recorded before with another {', '.join(fields)}; published versions never change: "
        "give it a new version, or for retraction alone use `evitrail store retract`"
    )


def _supersession_faults(header: Header, new: Mapping[str, Header], known: Mapping[str, Header]) -> Iterator[str]:
    if header.supersedes is None:
        return
    if header.ref in list(_chain(header, new, known)):
        yield f"{header.ref!r} supersedes itself by way of {header.supersedes!r}; break the circle"
        return
    old = new.get(header.supersedes) or known.get(header.supersedes)
    if old is None:
        yield f"supersedes {header.supersedes!r}, which is neither given nor in the store; add it or write null"
    elif old.valid_from >= header.valid_from:
        begins = f"expected to begin before {header.valid_from}, got {old.valid_from}"
        yield f"supersedes {old.ref!r}, {begins}; correct a valid_from"
    elif old.valid_to is not None and old.valid_to > header.valid_from:
        yield (
            f"supersedes {old.ref!r}, expected to end by {header.valid_from}, where {header.ref!r} begins, "
            f"got {old.valid_to}; correct valid_to, or write null to have it closed"
        )


def _chain(header: Header, new: Mapping[str, Header], known: Mapping[str, Header]) -> Iterator[str]:
    """The names of the versions before this one, up to the first that repeats."""
    seen: set[str] = set()
    ref = header.supersedes
    while ref is not None and ref not in seen:
        yield ref
        seen.add(ref)
        old = new.get(ref) or known.get(ref)
        ref = old.supersedes if old else None


def _oldest_first(evidence: list[Evidence]) -> list[Evidence]:
    """Predecessors before successors, otherwise as given."""
    new = {item.ref: item for item in evidence}
    depth = {item.ref: sum(ref in new for ref in _chain(item, new, {})) for item in evidence}
    return sorted(evidence, key=lambda item: depth[item.ref])


def _later(end: date | None, day: date) -> bool:
    return end is None or end > day
