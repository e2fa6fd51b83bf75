"""The demonstration's data, one file per clinical area: authored for demonstration, not clinically adjudicated.

``publishers.toml`` says who may publish it. A line of evidence names its organization; who vouches for it is said here,
by whoever fills the demonstration's store: the one publisher that speaks for that organization.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from evitrail.evidence_store.formats.jsonl import read_evidence
from evitrail.evidence_store.formats.publishers_toml import read_publishers
from evitrail.evidence_store.index.projection import Progress
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.admission import Ingested
from evitrail.evidence_store.quarantine.publisher import Publisher
from evitrail.evidence_store.registrar import Registrar
from evitrail.evidence_store.store import EvidenceStore

DEMO_EVIDENCE = Path(__file__).parent
DEMO_PUBLISHERS = DEMO_EVIDENCE / "publishers.toml"
REASON = "the demonstration"
RECORDED = datetime(2026, 11, 1, tzinfo=UTC)


def demo_clock() -> datetime:
    """When the demonstration's evidence was put together: every build of it says the same, and has the same name."""
    return RECORDED


def ingest_demo(store: EvidenceStore, questions: Iterable[str], progress: Progress | None = None) -> Ingested:
    """Fill a store with the demonstration's evidence: first its publishers, and the questions that none may copy."""
    publishers, owner = read_publishers(DEMO_PUBLISHERS), Registrar(store)
    owner.add(publishers, REASON)
    owner.add_questions("demo", questions, REASON)
    evidence = read_evidence(DEMO_EVIDENCE, store.headers)
    return store.ingest(evidence, progress, publisher=vouched(evidence, publishers))


def vouched(evidence: Iterable[Evidence], publishers: Iterable[Publisher]) -> dict[str, str]:
    """By ref, the publisher that speaks for the organization that a version names."""
    speakers = {organization: one.name for one in publishers for organization in one.organizations}
    return {item.ref: speakers[item.organization] for item in evidence if item.organization in speakers}
