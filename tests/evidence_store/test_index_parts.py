"""A large ingest is packed in parts and its log emptied on the way: killed in between or not, the same is found."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from world import WordVectors, clock, evidence

from evitrail.evidence_store import Evidence, EvidenceStore
from evitrail.evidence_store.index import edge, edge_config, projection

VERSIONS = 300
SMALL = {
    (edge, "_LOOSE"): 60,
    (edge, "_LOGGED"): 20,
    (edge_config, "SEGMENT_SIZE"): 1,
    (edge_config, "GRAPH_FROM"): 1,
    (projection, "BATCH"): 16,
}
"""Far below the numbers in use, so that little evidence reaches them."""
INGEST = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_index_parts import SMALL, opened, versions
for (module, name), value in SMALL.items():
    setattr(module, name, value)
def killed(done, of):
    if done >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
with opened(sys.argv[1]) as store:
    store.ingest(versions(), killed)
"""


def opened(folder: Path | str) -> EvidenceStore:
    return EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock)


def versions() -> list[Evidence]:
    words = ("aspirin", "statin", "heparin", "insulin", "warfarin")
    return [evidence(f"e-{n}", text=f"Trial {n}: {words[n % 5]} against {words[n % 3]}.") for n in range(VERSIONS)]


def found(store: EvidenceStore) -> list[tuple[str, float]]:
    snapshot = store.snapshot()
    searches = [
        search(f"{word} 7", 40) for word in ("aspirin", "heparin") for search in (snapshot.dense, snapshot.lexical)
    ]
    return [(passage.id, score) for hits in searches for passage, score in hits]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, float]]:
    """What is found where all is packed at once."""
    with opened(tmp_path_factory.mktemp("whole") / "store") as store:
        store.ingest(versions())
        assert segments(store) <= 2
        return found(store)


def segments(store: EvidenceStore) -> int:
    return len(list((store.path / "index" / "edge" / "segments").iterdir()))


def test_an_index_packed_in_parts_is_searched_like_one_packed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: list[tuple[str, float]]
) -> None:
    for (module, name), value in SMALL.items():
        monkeypatch.setattr(module, name, value)
    with opened(tmp_path / "store") as store:
        store.ingest(versions())
        assert segments(store) > edge_config.SEGMENTS
        assert found(store) == whole
        assert store.verify() == []


@pytest.mark.parametrize("at", [16, 100, 200, VERSIONS - 20])
def test_killed_on_the_way_it_goes_on_and_finds_the_same(
    tmp_path: Path, whole: list[tuple[str, float]], at: int
) -> None:
    killed = subprocess.run([sys.executable, "-c", INGEST, str(tmp_path / "store"), str(at)], check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    with opened(tmp_path / "store") as store:
        assert "has seen the ledger up to event" in store.verify()[0]
        store.catch_up()
        assert store.verify() == []
        assert found(store) == whole
