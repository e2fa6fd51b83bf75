"""What a second person does about what is held: release it, or reject it.

Rules kept here
- Each call is one act of the store's actor; who brought a thing cannot release or reject it (``quarantine/held.py``).
- What is released is recorded in the same transaction as its release, and checked anew: the store may have moved on.
- A thing is named by the version it is about, or as ``held-12`` by its event.

    Reviewer(bens_store).release(["aspirin@2026"], reason="checked against the publisher's own page")
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evitrail.evidence_store.curation.lineage import changed, drafts, lineage_faults
from evitrail.evidence_store.ledger.event import REJECTED, RELEASED, Draft
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.acts import ACTS
from evitrail.evidence_store.quarantine.held import Held, decided
from evitrail.evidence_store.store import EvidenceStore


@dataclass(frozen=True)
class Reviewer:
    """What the store's actor may do about what others brought."""

    store: EvidenceStore

    def release(self, names: Sequence[str], reason: str) -> int:
        """Record what was held, all of it or none; returns the last event's number."""
        return self.store.record(lambda: self._releasing(self._named(names), reason))

    def reject(self, names: Sequence[str], reason: str) -> int:
        """Let it stay what it is, and wait no longer."""
        return self.store.record(
            lambda: ([], [decided(REJECTED, held, self.store.actor, reason) for held in self._named(names)])
        )

    def _named(self, names: Iterable[str]) -> list[Held]:
        found = [self.store.quarantine.named(name) for name in names]
        return list({held.seq: held for held in found}.values())

    def _releasing(self, released: Sequence[Held], reason: str) -> tuple[list[str], list[Draft]]:
        known = self.store.known
        events = [decided(RELEASED, held, self.store.actor, reason) for held in released]
        evidence = [(held, Evidence.model_validate(held.content)) for held in released if held.what == "evidence"]
        there = known.find(one.ref for _, one in evidence)
        faults = [f"{held.name}: {changed(one, there[one.ref].evidence)}" for held, one in evidence if one.ref in there]
        faults += lineage_faults([(held.name, one) for held, one in evidence], known.headers)
        if not faults:
            events += drafts(
                [one for _, one in evidence], known.headers, {held.refs[0]: held.vouched for held, _ in evidence}
            )
        for held in released:
            if held.what != "evidence":
                act = ACTS[held.what]
                told, made = act.decide([act.type.model_validate(held.content)], known)
                faults += [f"{held.name}: {fault}" for fault in told]
                events += made
        return faults, events
