"""Two ways of searching by meaning: exact, and approximate by a graph that is never mistaken for another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from desk import evitrail
from world import WordVectors, clock, evidence

from evitrail.evidence_store import Evidence, EvidenceStore, Snapshot, StoreError
from evitrail.evidence_store.index import edge_config, edge_search
from evitrail.evidence_store.index.manifest import APPROXIMATE, EXACT, IndexManifest, Mode
from evitrail.evidence_store.recall import measured

MODES: list[Mode] = ["exact", "approximate"]
LINEAGES, VERSIONS = 6, 100
"""Of a hundred versions one is current."""
START = date(2000, 1, 1)


@pytest.fixture(autouse=True, scope="module")
def small_graphs() -> Iterator[None]:
    """A graph is built of a few dozen vectors too, and is walked however few the filter leaves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge_config, "GRAPH_FROM", 1)
        patch.setattr(edge_search, "SCANNED_A_STEP", 0)
        yield


def superseded() -> Iterator[Evidence]:
    """Lineages of many versions each, all about strokes; version ``n`` is in force for ten days."""
    for lineage in range(LINEAGES):
        for n in range(VERSIONS):
            yield evidence(
                f"topic-{lineage}",
                str(n),
                text=f"Stroke and aspirin {n % 7}, statin {lineage}.",
                valid_from=START + timedelta(days=10 * n),
                supersedes=f"topic-{lineage}@{n - 1}" if n else None,
            )


@pytest.fixture(params=MODES, scope="module")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    """Where 99 of 100 versions are superseded; nobody records anything in it."""
    path = tmp_path_factory.mktemp("stores") / "store"
    with EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=clock) as made:
        made.ingest(superseded())
        made.reindex(mode=request.param)
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[EvidenceStore]:
    """A store with a few dozen passages, of which some are superseded."""
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as made:
        made.ingest(item for item in superseded() if int(item.version) < 10)
        yield made


def found(snapshot: Snapshot, k: int = 10, *, valid: bool = True) -> list[list[tuple[str, float]]]:
    """What is found by meaning and by words."""
    return [
        [(passage.id, score) for passage, score in search("stroke aspirin 3 statin 5", k, valid_only=valid)]
        for search in (snapshot.dense, snapshot.lexical)
    ]


def test_where_99_of_100_versions_are_superseded_every_current_one_is_found(store: EvidenceStore) -> None:
    for day, n in ((None, VERSIONS - 1), (START + timedelta(days=405), 40), (START, 0)):
        current = {f"topic-{lineage}@{n}#0" for lineage in range(LINEAGES)}
        for k in (1, 5, LINEAGES, 50):
            for hits in found(store.snapshot(day), k):
                assert len(hits) == min(k, LINEAGES)
                assert {name for name, _ in hits} <= current


def test_no_passage_is_found_twice(store: EvidenceStore) -> None:
    for seq in (1, 300, store.seq):
        snapshot = store.snapshot(seq=seq)
        for hits in found(snapshot, LINEAGES * VERSIONS, valid=False):
            assert len({name for name, _ in hits}) == len(hits) == len(snapshot.headers)


def test_what_is_supposed_to_count_again_is_found_among_the_best(store: EvidenceStore) -> None:
    snapshot = store.snapshot()
    again = snapshot.headers["topic-5@3"].model_copy(update={"valid_to": None})
    ahead = store.snapshot(START + timedelta(days=995))
    assert "topic-5@3#0" in {name for name, _ in found(ahead.supposing([again]), 3)[0]}
    assert "topic-5@3#0" not in {name for name, _ in found(ahead, 50)[0]}


def test_an_approximate_index_searched_exactly_answers_like_an_exact_one_and_under_its_name(
    small: EvidenceStore,
) -> None:
    told = {}
    for mode in MODES:
        small.reindex(mode=mode)
        assert json.loads((small.path / "manifest.json").read_text("utf-8"))["search"] == small.stats().search
        assert small.stats().search == {"exact": EXACT, "approximate": APPROXIMATE}[mode]
        exact = small.snapshot(START, exact=True)
        told[mode] = exact.id, found(exact), found(exact, 40, valid=False)
        assert (exact.id == small.snapshot(START).id) == (mode == "exact")
        assert small.verify() == []
    assert told["exact"] == told["approximate"]  # scores to the last bit


def test_each_build_of_a_graph_has_a_name_of_its_own_and_an_earlier_one_is_refused(small: EvidenceStore) -> None:
    small.reindex(mode="approximate")
    first, seq = small.snapshot(), small.seq
    assert small.snapshot().id == first.id
    small.reindex(mode="approximate")
    again, exact = small.snapshot(seq=seq), small.snapshot(seq=seq, exact=True)
    before = found(exact)
    small.retract("topic-3@9", "fabricated data")
    assert len({first.id, again.id, exact.id, small.snapshot(seq=seq).id}) == 4
    assert found(exact) == before
    for search in (again.dense, again.lexical):
        with pytest.raises(StoreError, match="was written to since"):
            search("stroke", 3)
    named = small.snapshot().id
    small.close()
    with EvidenceStore.open(small.path, embedder=WordVectors(), clock=clock) as opened:
        assert opened.snapshot().id == named


def test_recall_is_measured_on_the_store_and_is_whole_where_search_is_exact(store: EvidenceStore) -> None:
    for told in measured(store, queries=20):
        assert told.queries == 20
        assert told.mean is not None
        assert told.mean == 1 if told.search == EXACT else told.mean > 0.5


@pytest.mark.parametrize(("now", "then"), [('"payload": "5"', '"payload": "4"'), ("; idf of published versions", "")])
def test_a_store_of_an_earlier_layout_is_refused_with_the_command_that_rebuilds_it(
    tmp_path: Path, now: str, then: str
) -> None:
    path = tmp_path / "store"
    with EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence("aspirin"), evidence("statin")])
        named, hits = store.snapshot().id, found(store.snapshot(), valid=False)
    manifest = path / "manifest.json"
    made = manifest.read_text("utf-8")
    assert now in made
    manifest.write_text(made.replace(now, then), "utf-8")
    with pytest.raises(StoreError, match=f"run `evitrail store reindex --store {path}`"):
        EvidenceStore.open(path, embedder=WordVectors(), clock=clock)
    with EvidenceStore.open(path, embedder=WordVectors(), clock=clock, rebuild=True) as store:
        store.reindex()
    with EvidenceStore.open(path, embedder=WordVectors(), clock=clock) as store:
        assert (store.verify(), store.snapshot().id) == ([], named)
        assert found(store.snapshot(), valid=False) == hits


def test_a_manifest_without_the_later_fields_is_written_as_it_was() -> None:
    first = IndexManifest(engine="edge", engine_version="1", model="m", dimension=3, chunker="c", lexical="bm25")
    assert first == IndexManifest.model_validate_json(first.in_full())
    assert {"search", "build"}.isdisjoint(first.model_dump())


def test_approximate_search_is_refused_where_nobody_could_tell_which_graph_answered(tmp_path: Path) -> None:
    with (
        EvidenceStore.open(tmp_path, create=True, embedder=WordVectors(), index="local", clock=clock) as store,
        pytest.raises(StoreError, match="expected the engine 'edge' for approximate search, got 'local'"),
    ):
        store.reindex(mode="approximate")
    said = evitrail("store", "reindex", "--search", "fuzzy", "--store", tmp_path)
    assert (said.code, said.faults) == (2, ["search: expected exact or approximate, got 'fuzzy'"])
