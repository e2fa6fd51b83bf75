"""What a store's curator does: draft a version, have somebody else review it, publish it, withdraw it.

Rules kept here
- Each call is one act of the store's actor, recorded as one event; publishing takes with it what it ends.
- What may be done when, and by whom, is decided in ``workflow.py``; how versions follow each other in ``lineage.py``.
- A sign-off is the second person's look that held evidence waits for, so publishing a draft meets no rule of
  ``quarantine/``, and no publisher stands behind it.

    curator = Curator(store)                                  # a store opened with actor="anna"
    curator.draft([evidence], reason="update of May"); curator.submit("aspirin@2026")
    Curator(bens_store).sign_off("aspirin@2026", reason="checked against the source", rubric={"accuracy": 5})
    curator.publish(["aspirin@2026"])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evitrail.evidence_store.curation.lineage import drafts, lineage_faults
from evitrail.evidence_store.curation.workflow import Dossier, acted, drafted
from evitrail.evidence_store.errors import UnknownEvidenceError
from evitrail.evidence_store.ledger.event import PUBLISHED, RETURNED, SIGNED_OFF, SUBMITTED, WITHDRAWN, Draft
from evitrail.evidence_store.model import Evidence, evidence_id
from evitrail.evidence_store.quarantine.acts import Withdrawal
from evitrail.evidence_store.store import EvidenceStore


@dataclass(frozen=True)
class Curator:
    """What the store's actor may do as a curator."""

    store: EvidenceStore

    def draft(self, evidence: Sequence[Evidence], reason: str = "") -> list[str]:
        """Propose versions, or other texts of ones proposed before; returns the drafts' names."""
        self.store.record(lambda: ([], [drafted(one, self._dossier(one.ref, new=True), reason) for one in evidence]))
        return [self.store.dossiers[one.ref].draft for one in evidence]

    def submit(self, ref: str, reason: str = "") -> int:
        """Hand the last draft in for a look by somebody else."""
        return self._act(SUBMITTED, ref, reason)

    def hand_back(self, ref: str, reason: str) -> int:
        """Give it back to its authors."""
        return self._act(RETURNED, ref, reason)

    def sign_off(self, ref: str, reason: str, rubric: Mapping[str, int] | None = None) -> int:
        """Answer for the last draft, as somebody who wrote none of it."""
        return self._act(SIGNED_OFF, ref, reason, rubric)

    def publish(self, refs: Sequence[str]) -> int:
        """Make evidence of what was signed off, all of it or none."""
        return self.store.record(lambda: self._publishing(refs))

    def withdraw(self, ref: str, reason: str) -> int:
        """Take a published version back; what was asked before still shows it.

        In a store with publishers, what was not curated here waits for a second person, as any act on others' evidence.
        """
        if ref in self.store.headers and ref not in self.store.dossiers:
            acted(WITHDRAWN, self._dossier(ref), self.store.actor, reason)
            return self.store.judge("withdrawal", [Withdrawal(ref=ref, reason=reason)])
        return self._act(WITHDRAWN, ref, reason)

    def _act(self, type: str, ref: str, reason: str, rubric: Mapping[str, int] | None = None) -> int:
        store = self.store
        return store.record(lambda: ([], [acted(type, self._dossier(ref), store.actor, reason, rubric)]))

    def _publishing(self, refs: Sequence[str]) -> tuple[list[str], list[Draft]]:
        known = self.store.headers
        texts: list[Evidence] = []
        for ref in dict.fromkeys(refs):
            dossier = self._dossier(ref)
            acted(PUBLISHED, dossier, self.store.actor)
            assert dossier.evidence  # what was signed off was drafted
            texts.append(dossier.evidence)
        faults = lineage_faults([(text.ref, text) for text in texts], known)
        return faults, [] if faults else drafts(texts, known)

    def _dossier(self, ref: str, *, new: bool = False) -> Dossier:
        """Where a version stands; of one published elsewhere, that it is."""
        if ref in self.store.dossiers:
            return self.store.dossiers[ref]
        if ref in self.store.headers:
            return Dossier(ref, stage="published", content=evidence_id(self.store.get(ref)))
        if new:
            return Dossier(ref)
        raise UnknownEvidenceError(f"expected a version that is curated here, got {ref!r}; see `evitrail store review`")
