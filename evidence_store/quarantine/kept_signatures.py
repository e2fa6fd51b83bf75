"""Whether each signature that the ledger keeps still proves what it was kept for.

Rules kept here
- A signature is checked with the key that its publisher had when the batch was ingested: a key may change later, and
  a publisher may be revoked.
- Evidence that says it was signed needs a signature of its publisher on record, for the file it stood in.
- Pure: it reads events in their order and returns what is wrong, a line for each, with the event's number.

Not covered: who registered the key. Whoever can rewrite the whole ledger can register another one.

    unproven_signatures(store.events())      # empty: every signature is good
"""

from __future__ import annotations

from collections.abc import Iterable

from evitrail.evidence_store.ledger.event import BATCH_SIGNED, PUBLISHED, PUBLISHER_ADDED, PUBLISHER_CHANGED, Event
from evitrail.evidence_store.quarantine.publisher import SUBJECT
from evitrail.evidence_store.quarantine.voucher import SignedBy
from evitrail.traces.audit.signed_note import PublicKey


def unproven_signatures(events: Iterable[Event]) -> list[str]:
    """What is wrong with the signatures in a ledger; empty means that each is good."""
    keys: dict[str, str | None] = {}
    proven: set[tuple[str, str]] = set()
    faults = []
    for event in events:
        if event.type in (PUBLISHER_ADDED, PUBLISHER_CHANGED):
            keys[event.subject.removeprefix(SUBJECT)] = event.body.get("key")
        elif event.type == BATCH_SIGNED:
            name, file = event.subject.removeprefix(SUBJECT), str(event.body.get("file"))
            if why := _fault(SignedBy(name, file, str(event.body.get("note"))), keys.get(name)):
                faults.append(f"event {event.seq}: the signature of publisher {name!r} does not hold: {why}")
            proven.add((name, file))  # one line for a bad signature, not one more for each version that it signs
        elif event.type == PUBLISHED and event.body.get("signed"):
            name, file = str(event.body.get("publisher")), str(event.body["signed"])
            if (name, file) not in proven:
                said = f"{event.subject} says that publisher {name!r} signed it"
                faults.append(f"event {event.seq}: {said}, and no signature of {file} is kept")
    return faults


def _fault(signature: SignedBy, key: str | None) -> str | None:
    """Why a signature proves nothing; None where it does."""
    return signature.fault(PublicKey.parse(key)) if key else "the publisher had no key then"
