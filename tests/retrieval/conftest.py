"""A small store: one question's worth of guidelines, of every status and certainty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Grade, Snapshot

HIGH = Grade(certainty="high", study_design="randomized")
LOW = Grade(certainty="low", study_design="observational")
VERY_LOW = Grade(certainty="very_low", study_design="expert")
FIRST, LATER = date(2015, 1, 1), date(2020, 1, 1)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    folder: Path = tmp_path_factory.mktemp("retrieval") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as opened:
        text = "In adults, aspirin lowers the risk of stroke."
        opened.ingest(
            [
                evidence("aspirin", "1", text=text, valid_from=FIRST),
                evidence("aspirin", "2", text=f"{text} It raises bleeding.", valid_from=LATER, supersedes="aspirin@1"),
                evidence("apixaban", text="Apixaban lowers the risk of stroke in adults.", grade=HIGH),
                evidence("future", text="Aspirin and the risk of stroke in adults.", valid_from=date(2030, 1, 1)),
                evidence("expired", text="Aspirin prevents stroke in adults.", valid_to=date(2018, 1, 1)),
                evidence("withdrawn", text="Aspirin abolishes the risk of stroke."),
                evidence("cohort", text="Aspirin users had a lower risk of stroke.", grade=LOW),
                evidence("opinion", text="Aspirin is good for the risk of stroke.", grade=VERY_LOW),
                evidence("unrated", text="Aspirin and stroke: the risk.", grade=None),
                evidence("ramipril", text="Ramipril slows nephropathy.", grade=HIGH),
                evidence("insulin", text="Insulin lowers glucose.", grade=HIGH),
            ]
        )
        opened.retract("withdrawn@1", "fabricated data")
        yield opened


@pytest.fixture
def snapshot(store: EvidenceStore) -> Snapshot:
    return store.snapshot(date(2021, 1, 1))
