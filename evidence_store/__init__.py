"""A versioned, graded evidence store: what was known, when, and how sure."""

from __future__ import annotations

from evidence_store.assessment import Assessment
from evidence_store.desk import Desk
from evidence_store.edges import Contradiction, Supersession
from evidence_store.errors import EvidenceError, MissingPackageError, StoreError, UnknownEvidenceError
from evidence_store.formats.jsonl import read_evidence
from evidence_store.formats.lines import InputError
from evidence_store.grade import Grade
from evidence_store.model import Evidence, Header, Passage
from evidence_store.profile import Profile
from evidence_store.snapshot import Snapshot
from evidence_store.stats import Stats
from evidence_store.store import EvidenceStore, Ingested

__all__ = [
    "Assessment",
    "Contradiction",
    "Desk",
    "Evidence",
    "EvidenceError",
    "EvidenceStore",
    "Grade",
    "Header",
    "Ingested",
    "InputError",
    "MissingPackageError",
    "Passage",
    "Profile",
    "Snapshot",
    "Stats",
    "StoreError",
    "Supersession",
    "UnknownEvidenceError",
    "read_evidence",
]
