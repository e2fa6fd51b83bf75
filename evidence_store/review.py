"""What waits for somebody: what a rule holds, drafts, versions to look at again, evidence that lost its ground.

Rules kept here
- Pure. The day is an argument.
- A strong recommendation on low certainty waits for its reason until an evidence profile gives one (``strength.py``).
- Due (``review_due.py``) is no verdict: what is overdue may still be right, and is served until somebody says
  otherwise.

    for task in queue(store.snapshot(), store.dossiers, date.today(), store.quarantine.waiting):
        print(task.ref, task.what, task.next)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from evitrail.evidence_store.curation.retracted_works import Retracted
from evitrail.evidence_store.curation.workflow import Dossier
from evitrail.evidence_store.grading.strength import discordant
from evitrail.evidence_store.quarantine.held import Held
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.traces.record import Record


class ReviewItem(Record):
    """Something about one version that waits for somebody."""

    ref: str
    what: str
    since: str
    """A day, or where nobody named one the event, as ``event 12``."""
    by: str
    """Who left it here; empty where time did."""
    next: str
    """What may be done."""


def queue(snapshot: Snapshot, dossiers: Mapping[str, Dossier], on: date, held: Iterable[Held] = ()) -> list[ReviewItem]:
    """All that waits: what is held, what people wait for, lost ground, disputes, discordant strength, what is due."""
    current = [ref for ref in snapshot.headers if snapshot.status(ref) == "current"]
    return [
        *(_held(one) for one in held),
        *_waiting(dossiers.values()),
        *_groundless(snapshot, current),
        *_disputed(snapshot, current),
        *_discordant(snapshot, current),
        *_overdue(snapshot, current, on),
    ]


def _held(held: Held) -> ReviewItem:
    """Each with every rule that stopped it."""
    said = f"held {held.what}: {held.reason}"
    todo = f"release or reject {held.name}"
    return ReviewItem(ref=", ".join(held.refs), what=said, since=f"event {held.seq}", by=held.by, next=todo)


def _waiting(dossiers: Iterable[Dossier]) -> Iterator[ReviewItem]:
    for dossier in sorted(dossiers, key=lambda d: d.ref):
        if dossier.next:
            last = dossier.entries[-1]
            what = f"{dossier.stage.replace('_', ' ')}: {dossier.draft}"
            yield ReviewItem(ref=dossier.ref, what=what, since=f"event {last.seq}", by=last.actor, next=dossier.next)


def _groundless(snapshot: Snapshot, current: Iterable[str]) -> Iterator[ReviewItem]:
    headers = snapshot.headers
    gone = Retracted(headers, (headers[ref] for ref in current))
    for ref in current:
        header = snapshot.headers[ref]
        if unsound := gone.among(header):
            what = f"rests on {', '.join(unsound)}, retracted"
            todo = "see whether its waiver holds" if header.waiver else "supersede or withdraw"
            yield ReviewItem(ref=ref, what=what, since="", by="", next=todo)


def _disputed(snapshot: Snapshot, current: Iterable[str]) -> Iterator[ReviewItem]:
    both = set(current)
    for ref in current:
        for dispute in snapshot.disputes(ref):
            if ref == dispute.a and dispute.resolution == "unresolved" and dispute.b in both:
                what = f"contradicts {dispute.b}: {dispute.type.replace('_', ' ')}, {dispute.scope}"
                yield ReviewItem(ref=ref, what=what, since="", by=dispute.detector, next="resolve")


def _discordant(snapshot: Snapshot, current: Iterable[str]) -> Iterator[ReviewItem]:
    for ref in current:
        grade = snapshot.headers[ref].grade
        if grade and discordant(grade) and snapshot.profile(ref) is None:
            what = f"strong recommendation on {grade.certainty.replace('_', ' ')} certainty, no reason on record"
            yield ReviewItem(ref=ref, what=what, since="", by="", next="assess with the reason")


def _overdue(snapshot: Snapshot, current: Iterable[str], on: date) -> Iterator[ReviewItem]:
    days = sorted((snapshot.review_due(ref), ref) for ref in current)
    for day, ref in days:
        if day <= on:
            yield ReviewItem(
                ref=ref, what="review due", since=day.isoformat(), by="", next="reaffirm, supersede or withdraw"
            )
