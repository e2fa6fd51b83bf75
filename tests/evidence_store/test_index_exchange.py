"""Another embedding model takes over without a moment at which nothing, or something half-built, is searched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from world import Spy, WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, StoreError
from evitrail.evidence_store.index.embed import Vectors

WIDE = WordVectors(model="wide", dimension=96)
ITEMS = [evidence(f"e-{n}", text=f"Stroke {n}, aspirin {n % 3}.") for n in range(300)]
INDEX = {
    "edge": "evitrail.evidence_store.index.edge.EdgeIndex",
    "local": "evitrail.evidence_store.index.qdrant.QdrantIndex",
}


@pytest.fixture(params=INDEX)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(folder: Path, model: WordVectors, engine: str) -> EvidenceStore:
    return EvidenceStore.open(folder, create=True, embedder=model, index=engine, clock=clock)


def found(store: EvidenceStore) -> list[tuple[str, float]]:
    return [(passage.id, round(score, 5)) for passage, score in store.snapshot().dense("stroke 7 aspirin", 20)]


def test_a_store_reindexed_with_another_model_is_the_store_made_with_it(engine: str, tmp_path: Path) -> None:
    with opened(tmp_path / "made", WIDE, engine) as made:
        made.ingest(ITEMS)
        meant = found(made)
    with opened(tmp_path / "s", WordVectors(), engine) as store:
        store.ingest(ITEMS)
        before = found(store)
        store.reindex(embedder=WIDE)
        assert (found(store), store.stats().model, store.verify()) == (meant, "wide", [])
        store.retract("e-7@1", "fabricated data")
    with EvidenceStore.open(tmp_path / "s", embedder=WIDE) as store:
        assert (found(store), store.verify()) == (meant, [])
        store.reindex(embedder=WordVectors())
        assert (found(store), store.verify()) == (before, [])
    with pytest.raises(StoreError, match="built with model 'words', opened with 'wide'"):
        EvidenceStore.open(tmp_path / "s", embedder=WIDE)


class Failing(WordVectors):
    """Breaks off in the second batch."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        if any("Stroke 290" in text for text in texts):
            raise KeyboardInterrupt
        return super().encode(texts)


def test_a_change_of_model_that_breaks_off_leaves_the_old_one_and_embeds_no_text_again(
    engine: str, tmp_path: Path
) -> None:
    with opened(tmp_path / "s", WordVectors(), engine) as store:
        store.ingest(ITEMS)
        before = found(store)
        with pytest.raises(KeyboardInterrupt):
            store.reindex(embedder=Failing(model="wide", dimension=96))
        assert (found(store), store.verify()) == (before, [])
    spy = Spy(model="wide", dimension=96)
    with EvidenceStore.open(tmp_path / "s", embedder=WordVectors()) as store:
        assert (found(store), store.verify()) == (before, [])
        store.reindex(embedder=spy)
        assert (len(spy.asked[0]), store.verify(), store.stats().passages) == (300 - 256, [], 300)


def test_a_change_of_model_killed_at_its_last_step_is_ended_by_the_next_opening(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(tmp_path / "s", WordVectors(), engine) as store:
        store.ingest(ITEMS)
        with monkeypatch.context() as then:
            then.setattr(f"{INDEX[engine]}.give_way", killed)
            with pytest.raises(KeyboardInterrupt):
                store.reindex(embedder=WIDE)
    with EvidenceStore.open(tmp_path / "s", embedder=WIDE) as store:
        assert (store.verify(), store.stats().passages, len(found(store))) == ([], 300, 20)
