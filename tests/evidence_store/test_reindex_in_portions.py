"""An index is built from versions that are read some at a time, and is the same as one built from all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import WordVectors, World, clock

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.index import projection


def test_whatever_is_read_at_a_time_the_index_is_the_same_and_progress_ends_at_the_last_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        World(store, seed=2).live(6)
        versions = len(store.snapshot(unpublished=True).headers)
        before = store.snapshot().dense("aspirin stroke", 5)
        for portion, batch in ((1, 1), (2, 3), (3, 2)):
            monkeypatch.setattr(projection, "PORTION", portion)
            monkeypatch.setattr(projection, "BATCH", batch)
            told: list[tuple[int, int]] = []
            store.reindex(progress=lambda done, of, told=told: told.append((done, of)))
            assert store.verify() == []
            assert store.snapshot().dense("aspirin stroke", 5) == before
            assert versions > portion
            assert told == sorted(told)
            done, of = told[-1]
            assert done == of >= versions  # drafts that ended are indexed too
