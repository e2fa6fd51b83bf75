"""The names each folder offers: adding or dropping one is a decision, and shows here."""

from __future__ import annotations

import importlib

import pytest

NAMES = {
    "traces": (
        "Activity Clock DamagedJournal Edge Edges Entity Journal JournalError Journals Live Record Run "
        "StepVerdict Task Trace Verdicts Verify canonical_json content_id lineage provenance recorded_work seal "
        "verify_journal"
    ),
    "evidence_store": (
        "Assessment Contradiction Curator Evidence EvidenceError EvidenceStore Grade Header Held Ingested InputError "
        "MissingPackageError Passage Profile Publisher Registrar Reviewer "
        "Snapshot Stats StoreError Supersession UnknownEvidenceError read_evidence"
    ),
    "retrieval": "BM25 RETRIEVERS Clean Dense Dropped Fixed Full GateReport Hit Hybrid Noted Retrieved Retriever",
    "agent": ("AGENTS Agent Answer Ballots Choice Claim Critique Decoding Query Question State Synthesis Tools"),
}


@pytest.mark.parametrize("folder", sorted(NAMES))
def test_a_folder_offers_exactly_these_names(folder: str) -> None:
    module = importlib.import_module(f"evitrail.{folder}")
    assert sorted(module.__all__) == sorted(NAMES[folder].split())
    assert all(hasattr(module, name) for name in module.__all__)
