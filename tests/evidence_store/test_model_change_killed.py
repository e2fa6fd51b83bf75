"""A change of embedding model that was killed goes on when it is begun again, wherever it was; nothing is lost."""

from __future__ import annotations

import random
import shutil
import signal
from pathlib import Path

import pytest
from desk import with_holes
from model_changing import NEW, change, changing, opened
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore

PASSAGES = 50


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with several batches to write."""
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence(f"e-{n}", text=f"Aspirin lowered the risk in trial {n}.") for n in range(PASSAGES)])
    return tmp_path / "store"


def everything(path: Path) -> None:
    """Whatever the model is, the store is sound and finds all it had."""
    with opened(path) as store:
        assert store.verify() == []
        assert len(store.snapshot().dense("aspirin", PASSAGES + 1)) == PASSAGES


def changed(path: Path) -> None:
    """The change was made, and nothing of the old index is left."""
    everything(path)
    with EvidenceStore.open(path, embedder=NEW, clock=clock) as store:
        assert store.stats().model == NEW.model
    left = {part.name for part in (path / "index").iterdir()} - {"edge.lock", "seen", "readers"}
    assert {name for name in left if not name.endswith(".lock")} == {"edge"}


def test_a_change_killed_at_any_place_is_ended_by_the_same_call(path: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(path, whole, copy_function=with_holes)
    places = int(changing(whole, last=0).told)
    changed(whole)
    assert places > 20
    dice = random.Random(5)
    for last in {*dice.sample(range(1, places + 1), 8), *range(places - 8, places + 1)}:
        own = tmp_path / "own"
        shutil.copytree(path, own, copy_function=with_holes)
        assert changing(own, last=last).exitcode == -signal.SIGKILL
        everything(own)
        change(own)
        changed(own)
        shutil.rmtree(own)


def test_a_change_to_the_model_that_is_there_builds_the_index_again(path: Path) -> None:
    change(path)
    change(path)
    changed(path)
