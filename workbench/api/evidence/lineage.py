"""One lineage of evidence: its versions, what each was worth on a day and at a ledger number, and what became of them.

Rules kept here
- The day in the world and the ledger number are two things: what was recorded later is not told of an earlier number.
- Drafts are no evidence: they stand in the history, and no version is made of one. A withdrawn version is told as such.
- An edge that a publication implies by naming what it supersedes is told without a kind.

    lineage(opened, "aspirin", as_of=day, seq=372).versions[0].status
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice

from evitrail.evidence_store.curation.relations import Contradiction, Kind, Supersession
from evitrail.evidence_store.curation.workflow import MARK
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.errors import UnknownEvidenceError
from evitrail.evidence_store.headers import named
from evitrail.evidence_store.ledger.event import SUPERSEDED, Event
from evitrail.evidence_store.model import Header
from evitrail.evidence_store.snapshot import Snapshot, Status
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.record import Record
from evitrail.workbench.api.evidence.grade_profile import GradeProfile, profile_of
from evitrail.workbench.api.folders import UnknownName
from evitrail.workbench.api.store.opened import OpenedStore, StorePlace
from evitrail.workbench.explain.event_gist import event_gist

COMPARED = 5000
"""Names of the store that a name it lacks is compared with."""


class VersionView(Record):
    """One version of a lineage."""

    ref: str
    header: Header
    """As known at the ledger number."""
    status: Status
    """What it is worth on the day asked about."""
    recorded: int
    """The event that recorded it."""
    publisher: str | None
    review_due: date
    characters: int
    """Of its text."""


class SupersessionEdge(Record):
    """Versions that took over from others."""

    kind: Kind | None
    """None where a version only names what it supersedes."""
    old: tuple[str, ...]
    new: tuple[str, ...]
    effective: date
    stated_by: str
    note: str
    seq: int


class HistoryLine(Record):
    """One event of the ledger."""

    seq: int
    at: str
    actor: str
    type: str
    subject: str
    gist: str


class LineageView(Record):
    """One lineage; see the module."""

    store: StorePlace
    id: str
    as_of: date | None
    seq: int
    """The ledger number it is told at."""
    versions: tuple[VersionView, ...]
    """By the day from which each holds; none where nothing was recorded by that number."""
    first: int
    """The event that recorded the lineage first."""
    edges: tuple[SupersessionEdge, ...]
    disputes: tuple[Contradiction, ...]
    profiles: tuple[GradeProfile, ...]
    history: tuple[HistoryLine, ...]
    later: int
    """Events about it that were recorded after the ledger number."""


def lineage(opened: OpenedStore, id: str, as_of: date | None = None, seq: int | None = None) -> LineageView:
    """What is known of a lineage; raises ``UnknownName`` where the store has none of that name."""
    number = opened.number(seq)
    snapshot = opened.store.snapshot(as_of=as_of, seq=number, unpublished=True)
    events = _events(opened.store, id)
    known = [event for event in events if event.seq <= number]
    found = {ref: one for ref, one in named(snapshot.headers, [id]).items() if one.id == id and MARK not in ref}
    headers = dict(sorted(found.items(), key=lambda one: (one[1].valid_from, one[0])))
    disputes = {dispute.id: dispute for ref in headers for dispute in snapshot.disputes(ref)}
    return LineageView(
        store=opened.place,
        id=id,
        as_of=as_of,
        seq=number,
        versions=tuple(_version(snapshot, ref, header) for ref, header in headers.items()),
        first=events[0].seq,
        edges=tuple(sorted(_edges(known, snapshot, headers), key=lambda edge: (edge.effective, edge.seq))),
        disputes=tuple(disputes[name] for name in sorted(disputes)),
        profiles=tuple(profile_of(snapshot, ref) for ref in headers),
        history=tuple(_line(event) for event in known),
        later=len(events) - len(known),
    )


def version_text(opened: OpenedStore, id: str, version: str) -> str:
    """The text of a version as it was published; raises ``UnknownName``."""
    ref = f"{id}@{version}"
    try:
        if MARK in version:
            raise UnknownEvidenceError(f"expected a published version, got the draft {ref!r}")
        return opened.store.get(ref).text
    except UnknownEvidenceError:
        mates = [one.ref for one in named(opened.store.headers, [id]).values()]
        has = f"it has {', '.join(sorted(mates))}" if mates else "there is no lineage of that name"
        raise UnknownName(f"expected a version of {id!r}, got {version!r}; {has}") from None


def _events(store: EvidenceStore, id: str) -> list[Event]:
    try:
        return store.history(id)
    except UnknownEvidenceError:
        names = {ref.partition("@")[0] for ref in islice(store.headers, COMPARED)}
        raise UnknownName(f"expected evidence that the store holds, got {id!r}{nearest(id, names)}") from None


def _version(snapshot: Snapshot, ref: str, header: Header) -> VersionView:
    return VersionView(
        ref=ref,
        header=header,
        status=snapshot.status(ref),
        recorded=snapshot.recorded(ref),
        publisher=snapshot.publisher(ref),
        review_due=snapshot.review_due(ref),
        characters=len(snapshot.evidence(ref).text),
    )


def _edges(events: Iterable[Event], snapshot: Snapshot, headers: Mapping[str, Header]) -> Iterator[SupersessionEdge]:
    stated = set()
    for event in events:
        if event.type == SUPERSEDED:
            edge = Supersession.model_validate(event.body)
            stated |= {(old, new) for old in edge.old for new in edge.new}
            yield SupersessionEdge(
                kind=edge.kind,
                old=edge.old,
                new=edge.new,
                effective=edge.effective,
                stated_by=edge.stated_by,
                note=edge.note,
                seq=event.seq,
            )
    for ref in headers:
        for new, header in snapshot.related(ref).items():
            if header.supersedes == ref and (ref, new) not in stated and MARK not in new:
                stated.add((ref, new))
                yield _implied(ref, header, snapshot.recorded(new))
    for ref, header in headers.items():  # of other lineages
        if header.supersedes and (header.supersedes, ref) not in stated:
            stated.add((header.supersedes, ref))
            yield _implied(header.supersedes, header, snapshot.recorded(ref))


def _implied(old: str, new: Header, seq: int) -> SupersessionEdge:
    said = {"stated_by": "source", "note": "", "seq": seq}
    return SupersessionEdge(kind=None, old=(old,), new=(new.ref,), effective=new.valid_from, **said)


def _line(event: Event) -> HistoryLine:
    return HistoryLine(
        seq=event.seq,
        at=event.at,
        actor=event.actor,
        type=event.type,
        subject=event.subject,
        gist=event_gist(event),
    )
