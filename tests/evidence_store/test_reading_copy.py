"""A process that only reads gets a copy of an index that is open elsewhere, and finds in it what is in the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, StoreError
from evitrail.evidence_store.index.read_copy import reading_copy

DRUGS = ("apixaban", "heparin", "insulin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(evidence(drug, title=f"Advice on {drug}", text=f"On {drug} there is advice.") for drug in DRUGS)
    return tmp_path


def opened(path: Path) -> EvidenceStore:
    return EvidenceStore.open(path, embedder=WordVectors(), clock=clock)


def size(folder: Path) -> int:
    """Bytes that the files of a folder take on the disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def test_a_copy_is_searched_while_the_store_is_open(folder: Path) -> None:
    with opened(folder / "store") as store:
        with pytest.raises(StoreError, match="open in another process"):
            opened(folder / "store")
        with reading_copy(folder / "store", folder / "scratch") as path, opened(path) as copy:
            assert (copy.seq, copy.snapshot().id) == (store.seq, store.snapshot().id)
            for drug in DRUGS:
                assert copy.snapshot().lexical(drug, k=3) == store.snapshot().lexical(drug, k=3)
                assert copy.snapshot().dense(drug, k=3) == store.snapshot().dense(drug, k=3)
            assert copy.verify() == []


def test_holes_stay_holes_and_nothing_stays_of_the_copy(folder: Path) -> None:
    with reading_copy(folder / "store", folder / "scratch") as path:
        length = sum(file.stat().st_size for file in (path / "index").rglob("*") if file.is_file())
        assert size(path / "index") <= size(folder / "store" / "index")
        assert size(path / "index") < length / 2
    assert not path.exists()
    with opened(folder / "store") as store:
        assert store.verify() == []


def test_a_store_whose_index_is_on_a_server_is_opened_in_its_own_place(folder: Path) -> None:
    manifest = folder / "store" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"edge"', '"server"'))
    with reading_copy(folder / "store", folder / "scratch") as path:
        assert path == folder / "store"
    assert not (folder / "scratch").exists()


def test_no_store_is_for_the_opening_to_refuse(folder: Path) -> None:
    with reading_copy(folder / "nowhere", folder / "scratch") as path, pytest.raises(StoreError, match="found none"):
        opened(path)
