"""What several files of attribution tests share: a store with one retriever that never finds what decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ward import Unseeing, opened

from evitrail.evidence_store import EvidenceStore
from evitrail.retrieval import RETRIEVERS


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvidenceStore]:
    monkeypatch.setitem(RETRIEVERS, "unseeing", Unseeing())
    with opened(tmp_path) as store:
        yield store
