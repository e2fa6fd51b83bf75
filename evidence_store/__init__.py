"""A versioned, graded evidence store: what was known, when, and how sure."""

from __future__ import annotations

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.errors import EvidenceError, MissingPackageError, StoreError, UnknownEvidenceError
from evitrail.evidence_store.formats.jsonl import read_evidence
from evitrail.evidence_store.grading.assessment import Assessment
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.model import Evidence, Header, Passage, Stats
from evitrail.evidence_store.quarantine.admission import Ingested
from evitrail.evidence_store.quarantine.held import Held
from evitrail.evidence_store.quarantine.publisher import Publisher
from evitrail.evidence_store.registrar import Registrar
from evitrail.evidence_store.reviewer import Reviewer
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore

__all__ = [
    "Assessment",
    "Contradiction",
    "Curator",
    "Evidence",
    "EvidenceError",
    "EvidenceStore",
    "Grade",
    "Header",
    "Held",
    "Ingested",
    "InputError",
    "MissingPackageError",
    "Passage",
    "Profile",
    "Publisher",
    "Registrar",
    "Reviewer",
    "Snapshot",
    "Stats",
    "StoreError",
    "Supersession",
    "UnknownEvidenceError",
    "read_evidence",
]
