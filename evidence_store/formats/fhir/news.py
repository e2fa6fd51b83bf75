"""What a bundle tells that a store does not know yet, and its recording: once, or again.

Rules kept here
- ``news`` is pure, and asked before anything is written: what it returns can be recorded, or nothing of it.
- A version is known as it was published, or with the end that it has now: a bundle of a few versions tells some so.
- What the store's own curators withdrew does not come back by a file.
- Killed in between, what is left is news still: importing the file again resumes.

    fresh = take_in(store, read_fhir(Path("bundle.json")))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from evitrail.evidence_store.curation.lineage import lineage_faults
from evitrail.evidence_store.curation.notices import EVENT, Notice
from evitrail.evidence_store.formats.fhir.read import Taken
from evitrail.evidence_store.index.projection import Progress
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.ledger.event import STANDING
from evitrail.evidence_store.model import Evidence, Header
from evitrail.evidence_store.quarantine.voucher import Voucher
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore


def take_in(
    store: EvidenceStore, taken: Taken, progress: Progress | None = None, *, publisher: Voucher = None
) -> Taken:
    """Record what the store does not know, which is returned; raises ``InputError`` and records nothing.

    Where the store has publishers, ``publisher`` vouches for all of it, and what a rule stops is held.
    """
    store.catch_up(progress)
    fresh = news(taken, store.snapshot(unpublished=True))
    store.ingest(fresh.evidence, progress=progress, publisher=publisher)
    if fresh.profiles:
        store.assess(fresh.profiles, publisher=publisher)
    if fresh.notices:
        store.notify(fresh.notices, publisher=publisher)
    for edge in fresh.contradictions:
        store.dispute(edge, publisher=publisher)
    return fresh


def news(taken: Taken, snapshot: Snapshot) -> Taken:
    """What the snapshot, which shows unpublished versions too, does not know; raises ``InputError``."""
    held = snapshot.headers
    fresh = [item for item in taken.evidence if item.ref not in held or not _is_known(item, snapshot)]
    published = replace(snapshot, unpublished=False).headers
    faults = [_changed(item, published) for item in fresh if item.ref in held]
    faults += lineage_faults([(item.ref, item) for item in fresh if item.ref not in held], published)
    there = {item.ref for item in fresh}
    faults += [
        f"expected both versions of a contradiction in what is imported or in the store, got no {ref!r}"
        for edge in taken.contradictions
        for ref in sorted({edge.a, edge.b} - there)
        if ref not in held
    ]
    if faults:
        raise InputError(faults)
    return taken._replace(
        evidence=fresh,
        profiles=[one for one in taken.profiles if one.ref not in held or snapshot.profile(one.ref) != one],
        notices=list(_outstanding(taken, held)),
        contradictions=[
            one for one in taken.contradictions if one.a not in held or one not in snapshot.disputes(one.a)
        ],
    )


def _is_known(item: Evidence, snapshot: Snapshot) -> bool:
    """Whether the version is published, and as the bundle tells it."""
    published, now = snapshot.evidence(item.ref), snapshot.headers[item.ref]
    same = item in (published, published.model_copy(update={"valid_to": now.valid_to}))
    return same and snapshot.status(item.ref) != "withdrawn"


def _changed(item: Evidence, published: Mapping[str, Header]) -> str:
    if item.ref in published:
        return f"{item.ref}: recorded before with another content, which never changes; give it a new version"
    return f"{item.ref}: withdrawn here, and does not come back by a file; give it a new version"


def _outstanding(taken: Taken, held: Mapping[str, Header]) -> Iterator[Notice]:
    """The notices that change the standing of what they are about."""
    headers = {**{item.ref: item for item in taken.evidence}, **held}
    now = {ref: {"retracted": header.retracted, "concern": header.concern} for ref, header in headers.items()}
    for one in taken.notices:
        then = now[one.ref] | STANDING[EVENT[one.nature]]
        if then != now[one.ref]:
            now[one.ref] = then
            yield one
