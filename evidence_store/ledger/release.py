"""Releases: names for what the ledger said after one of its events, so that people can speak of it.

Rules kept here
- Pure. A name is given once and never moves; ``now`` and numbers are no names.
- A release is an event of the ledger itself, so the hash chain covers which state it names.

    releases(ledger.events(about=TAG))          # {"2026-autumn": 412}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.ledger.event import TAGGED, Draft, Event, understood

TAG = "tag:"
"""How the subjects of such events begin."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
NOW = "now"


def release(name: str, seq: int, known: Mapping[str, int], last: int) -> Draft:
    """The event that names the state after ``seq``; raises ``EvidenceError``."""
    if not NAME.fullmatch(name) or name == NOW:
        raise EvidenceError(f"expected a release's name of letters, digits, '.', '_' and '-', got {name!r}")
    if name in known:
        raise EvidenceError(f"release {name!r} is named already: event {known[name]}; a name is given once")
    if not 0 < seq <= last:
        raise EvidenceError(f"expected a ledger number from 1 to {last}, got {seq}")
    return Draft(type=TAGGED, subject=f"{TAG}{name}", body={"seq": seq})


def releases(events: Iterable[Event]) -> dict[str, int]:
    """The names these events gave."""
    found: dict[str, int] = {}
    for event in events:
        if event.type == TAGGED:
            with understood(event):
                found[event.subject.removeprefix(TAG)] = int(event.body["seq"])
    return found


def release_seq(name: str, known: Mapping[str, int], last: int) -> int:
    """The ledger number meant; raises ``EvidenceError`` naming the releases there are."""
    if name == NOW:
        return last
    if name.isdecimal():
        if int(name) > last:
            raise EvidenceError(f"expected a ledger number up to {last}, got {name}")
        return int(name)
    if name not in known:
        expected = f"expected 'now', a ledger number or one of {sorted(known)}"
        raise EvidenceError(f"{expected}, got {name!r}{nearest(name, known)}")
    return known[name]
