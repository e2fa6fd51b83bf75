"""An index that was deleted, emptied or damaged: it is told, and built again from the ledger."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from world import WordVectors, World, clock, evidence

from evitrail.evidence_store import EvidenceStore, Publisher, Registrar, StoreError


def opened(folder: Path, **options: object) -> EvidenceStore:
    return EvidenceStore.open(folder / "store", create=True, embedder=WordVectors(), clock=clock, **options)  # type: ignore[arg-type]


def test_an_index_that_was_deleted_is_missed_and_rebuilt(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        World(store, seed=2).live(4)
        before = store.snapshot().dense("aspirin stroke", 5)
    for file in sorted((tmp_path / "store" / "index").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    with EvidenceStore.open(tmp_path / "store", embedder=WordVectors()) as store:
        assert "has seen the ledger up to event 0" in store.verify()[0]
        with pytest.raises(StoreError, match="evitrail store reindex"):
            store.snapshot()
        store.reindex()
        assert store.verify() == []
        assert store.snapshot().dense("aspirin stroke", 5) == before


@pytest.mark.parametrize("lost", ["edge/segments edge/wal", "local/collection"])
def test_an_index_that_lost_its_passages_is_missed_and_rebuilt(tmp_path: Path, lost: str) -> None:
    with opened(tmp_path, index=lost.partition("/")[0]) as store:
        store.ingest([evidence("aspirin")])
    for part in lost.split():
        shutil.rmtree(tmp_path / "store" / "index" / part)
    with opened(tmp_path) as store:
        with pytest.raises(StoreError, match="the index has seen event 0 of 1; run `evitrail store reindex"):
            store.snapshot()
        store.reindex()
        assert [p.ref for p, _ in store.snapshot().lexical("aspirin", 3)] == ["aspirin@1"]


def test_a_reader_is_told_that_an_index_lost_its_passages(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin")])
    shutil.rmtree(tmp_path / "store" / "index" / "edge" / "segments")
    with pytest.raises(StoreError, match=r"expected an index, found none .* run `evitrail store reindex`"):
        opened(tmp_path, read_only=True)


def test_of_a_damaged_index_the_store_is_opened_all_the_same_and_the_first_search_says_how_to_repair_it(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin")])
        before = store.snapshot().dense("aspirin", 3)
    (tmp_path / "store" / "index" / "edge" / "edge_config.json").write_text("damaged")
    with opened(tmp_path) as store:
        assert list(store.headers) == ["aspirin@1"]
        with pytest.raises(StoreError, match=r"the index cannot be opened .*; run `evitrail store reindex`"):
            store.snapshot().lexical("aspirin", 3)
        store.reindex()
        assert store.snapshot().dense("aspirin", 3) == before
        assert store.verify() == []


def test_an_index_for_which_nothing_was_recorded_yet_is_not_taken_for_a_lost_one(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        Registrar(store).add([Publisher(name="nice")], reason="agreed")
    with opened(tmp_path) as store:
        assert store.snapshot().seq == 1
