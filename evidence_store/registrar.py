"""What the owner of a store does about publishers: register them, change what they may do, revoke them.

Rules kept here
- Each call is one act of the store's actor, recorded as events; registering again what is registered records nothing.
- From the first publisher on, what no publisher vouches for is held.

    Registrar(store).add([Publisher(name="nice", organizations=("NICE",), kinds=("guideline",))], reason="contract")
    store.ingest(evidence, publisher="nice")
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evitrail.evidence_store.ledger.event import QUESTIONS, Draft
from evitrail.evidence_store.quarantine.near_copies import sketch
from evitrail.evidence_store.quarantine.publisher import Publisher, registering, revoking
from evitrail.evidence_store.store import EvidenceStore


@dataclass(frozen=True)
class Registrar:
    """What the store's actor may do as its owner."""

    store: EvidenceStore

    def add(self, publishers: Sequence[Publisher], reason: str) -> int:
        """Register publishers, or say anew what they may do; returns the last event's number."""
        return self.store.record(lambda: registering(publishers, self.store.quarantine.publishers, reason))

    def revoke(self, name: str, reason: str) -> int:
        """Let nothing more in from a publisher; what it published stays."""
        return self.store.record(lambda: revoking(name, self.store.quarantine.publishers, reason))

    def add_questions(self, name: str, questions: Iterable[str], reason: str) -> int:
        """Register a benchmark's questions, so that evidence that copies one is held; a name's earlier ones go."""
        sketches = tuple(dict.fromkeys(map(sketch, questions)))
        subject, known = f"questions:{name}", self.store.quarantine.questions
        body = {"sketches": [list(one) for one in sketches], "reason": reason.strip()}
        draft = Draft(type=QUESTIONS, subject=subject, body=body)
        faults = [] if reason.strip() else [f"{name}: expected a reason, got none; say why they are registered"]
        return self.store.record(lambda: (faults, [] if known.get(subject) == sketches else [draft]))
