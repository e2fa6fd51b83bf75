"""What of a batch is published at once, and what of it is held.

Rules kept here
- Pure. Each version is judged by itself; what supersedes a held version of the same batch waits with it.
- The same thing brought again in the same name is not held twice, and what was rejected stays so.
- Whoever vouches stands beside the evidence, in the event that publishes it; a signature is kept once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from evitrail.evidence_store.curation.lineage import drafts
from evitrail.evidence_store.ledger.event import BATCH_SIGNED, Draft
from evitrail.evidence_store.model import Evidence, Header
from evitrail.evidence_store.quarantine.batch import Batch
from evitrail.evidence_store.quarantine.held import Held, Stop
from evitrail.evidence_store.quarantine.publisher import SUBJECT
from evitrail.evidence_store.quarantine.rules import stops
from evitrail.evidence_store.quarantine.voucher import SignedBy, publisher_of
from evitrail.traces.record import Record


class Ingested(Record):
    """What one call of ``ingest`` did."""

    published: tuple[str, ...]
    unchanged: tuple[str, ...]
    """Recorded before with the same content."""
    seq: int
    """The last event after it."""
    held: tuple[Held, ...] = ()
    """What a rule stopped, now or before; no evidence until it is released."""


WAITS = "rests_on_held"
"""The rule that holds what rests on something that is held."""


class Admission(NamedTuple):
    """The verdict on a batch."""

    published: list[Evidence]
    held: list[Held]
    """What waits, that which waited before too."""
    events: list[Draft]
    """What is to be recorded."""


def admission(batch: Batch, headers: Mapping[str, Header]) -> Admission:
    """What becomes of the new versions of a batch; ``headers`` are those published."""
    stopped = {ref: told for ref, evidence in batch.new.items() if (told := stops(evidence, batch))}
    while more := {
        ref: [Stop(rule=WAITS, reason=f"supersedes {evidence.supersedes}, which is held")]
        for ref, evidence in batch.new.items()
        if ref not in stopped and evidence.supersedes in stopped
    }:
        stopped |= more
    published = [evidence for ref, evidence in batch.new.items() if ref not in stopped]
    vouched = {ref: _vouched(ref, batch) for ref in batch.new}
    held, fresh = [], []
    for ref, told in stopped.items():
        content = batch.new[ref].model_dump(mode="json")
        new = Held(what="evidence", refs=(ref,), content=content, stops=tuple(told), **vouched[ref])
        before = batch.quarantine.brought_before(new)
        held.append(before or new)
        fresh += [] if before else [new]
    notes = signatures(batch, [*(one.ref for one in published), *(ref for one in fresh for ref in one.refs)])
    return Admission(
        published, held, [*notes, *drafts(published, headers, vouched), *(one.event(one.refs[0]) for one in fresh)]
    )


def signatures(batch: Batch, refs: Iterable[str]) -> list[Draft]:
    """The events that keep the signatures which prove who vouches for these."""
    found: dict[SignedBy, None] = {proof: None for ref in refs if (proof := batch.proof(ref))}
    return [
        Draft(type=BATCH_SIGNED, subject=f"{SUBJECT}{one.publisher}", body={"file": one.file, "note": one.note})
        for one in found
    ]


def _vouched(ref: str, batch: Batch) -> dict[str, str]:
    """What is told of a version's origin: the publisher named, and the file where a signature proves it."""
    name, proof = publisher_of(batch.voucher(ref)), batch.proof(ref)
    return {**({"publisher": name} if name else {}), **({"signed": proof.file} if proof else {})}
