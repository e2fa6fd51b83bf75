"""A versioned, graded evidence store: what was known, when, and how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.evidence_store.curation.profile import Profile as Profile
    from evitrail.evidence_store.curation.relations import Contradiction as Contradiction
    from evitrail.evidence_store.curation.relations import Supersession as Supersession
    from evitrail.evidence_store.curator import Curator as Curator
    from evitrail.evidence_store.errors import EvidenceError as EvidenceError
    from evitrail.evidence_store.errors import MissingPackageError as MissingPackageError
    from evitrail.evidence_store.errors import StoreError as StoreError
    from evitrail.evidence_store.errors import UnknownEvidenceError as UnknownEvidenceError
    from evitrail.evidence_store.formats.jsonl import read_evidence as read_evidence
    from evitrail.evidence_store.grading.assessment import Assessment as Assessment
    from evitrail.evidence_store.grading.grade import Grade as Grade
    from evitrail.evidence_store.input_text import InputError as InputError
    from evitrail.evidence_store.model import Evidence as Evidence
    from evitrail.evidence_store.model import Header as Header
    from evitrail.evidence_store.model import Passage as Passage
    from evitrail.evidence_store.model import Stats as Stats
    from evitrail.evidence_store.quarantine.admission import Ingested as Ingested
    from evitrail.evidence_store.quarantine.held import Held as Held
    from evitrail.evidence_store.quarantine.publisher import Publisher as Publisher
    from evitrail.evidence_store.registrar import Registrar as Registrar
    from evitrail.evidence_store.reviewer import Reviewer as Reviewer
    from evitrail.evidence_store.snapshot import Snapshot as Snapshot
    from evitrail.evidence_store.store import EvidenceStore as EvidenceStore

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "curation.profile": ("Profile",),
        "curation.relations": ("Contradiction", "Supersession"),
        "curator": ("Curator",),
        "errors": ("EvidenceError", "MissingPackageError", "StoreError", "UnknownEvidenceError"),
        "formats.jsonl": ("read_evidence",),
        "grading.assessment": ("Assessment",),
        "grading.grade": ("Grade",),
        "input_text": ("InputError",),
        "model": ("Evidence", "Header", "Passage", "Stats"),
        "quarantine.admission": ("Ingested",),
        "quarantine.held": ("Held",),
        "quarantine.publisher": ("Publisher",),
        "registrar": ("Registrar",),
        "reviewer": ("Reviewer",),
        "snapshot": ("Snapshot",),
        "store": ("EvidenceStore",),
    },
)
