"""Every retriever keeps the promises of the contract; each has its own arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count

import pytest
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.retrieval import (
    BM25,
    RETRIEVERS,
    Clean,
    Dense,
    Dropped,
    Fixed,
    Full,
    GateReport,
    Hit,
    Hybrid,
    Noted,
    Retrieved,
    Retriever,
)
from evitrail.retrieval.base import ranked
from evitrail.retrieval.full import TOKENS_PER_WORD
from evitrail.retrieval.hybrid import fuse
from evitrail.retrieval.testing import check_retriever

TURNS = count()
QUERY = "does aspirin lower the risk of stroke in adults"
ALL: dict[str, Retriever] = {
    **RETRIEVERS,
    "fixed": Fixed(("opinion@1", "aspirin@2", "withdrawn@1")),
    "fixed, nothing": Fixed(),
    "fixed, twice": Fixed(("aspirin@2", "cohort@1", "aspirin@2")),
    "dense, valid only": Dense(valid_only=True),
    "bm25, valid only": BM25(valid_only=True),
    "hybrid, shallow": Hybrid(depth=1),
    "clean, one gate": Clean(gates=("as_of",)),
    "clean, one country": Clean(jurisdiction="GB"),
    "full, small": Full(tokens=30),
}


@pytest.mark.parametrize("k", [1, 3, 50])
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_retriever_keeps_its_promises(snapshot: Snapshot, name: str, k: int) -> None:
    for query in (QUERY, "nephropathy", "", "zebrafish", "≥ 2 mm (SORT)"):
        check_retriever(ALL[name], snapshot, query, k)


@pytest.mark.parametrize("name", sorted(RETRIEVERS))
def test_every_registered_retriever_finds_something(snapshot: Snapshot, name: str) -> None:
    assert RETRIEVERS[name].search(QUERY, snapshot, 3).hits


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_retrievers_repr_is_its_name_and_can_be_read_back(name: str) -> None:
    retriever = ALL[name]
    classes = {type(each).__name__: type(each) for each in ALL.values()}
    assert eval(repr(retriever), classes) == retriever


@dataclass(frozen=True)
class Broken:
    """Searches well, then spoils what it found."""

    spoil: Callable[[Retrieved], Retrieved]

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        return self.spoil(BM25().search(query, snapshot, 3))


def spoilt_hits(change: Callable[[tuple[Hit, ...]], tuple[Hit, ...]]) -> Callable[[Retrieved], Retrieved]:
    return lambda found: found.model_copy(update={"hits": change(found.hits)})


def spoilt_first(**update: object) -> Callable[[Retrieved], Retrieved]:
    return spoilt_hits(lambda hits: (hits[0].model_copy(update=update), *hits[1:]))


def altered(found: Retrieved) -> Retrieved:
    passage = found.hits[0].passage.model_copy(update={"text": "Aspirin cures stroke."})
    return spoilt_first(passage=passage)(found)


def gated(
    kept: tuple[str, ...], dropped: tuple[Dropped, ...], noted: tuple[Noted, ...] = ()
) -> Callable[[Retrieved], Retrieved]:
    report = GateReport(gate="g", kept=kept, dropped=dropped, noted=noted)
    return lambda found: found.model_copy(update={"gates": (report,)})


@pytest.mark.parametrize(
    ("spoil", "promise"),
    [
        (lambda found: found.model_copy(update={"query": "other"}), "which query"),
        (spoilt_hits(lambda hits: (hits[0], hits[0].model_copy(update={"rank": 2}))), "twice"),
        (spoilt_hits(lambda hits: hits[1:]), "rank 1, 2, 3"),
        (spoilt_first(score=-1.0), "order by score"),
        (spoilt_first(why=""), "does not say why"),
        (altered, "not in the snapshot"),
        (gated((), (Dropped(passage="aspirin@1#0", why=""),)), "without a reason"),
        (gated(("aspirin@1#0",), (Dropped(passage="aspirin@1#0", why="old"),)), "both kept and dropped"),
        (gated((), (), (Noted(passage="aspirin@1#0", why="old"),)), "did not keep"),
        (lambda found: spoilt_first(why=str(next(TURNS)))(found), "differently"),
    ],
)
def test_the_check_catches_a_broken_promise(
    snapshot: Snapshot, spoil: Callable[[Retrieved], Retrieved], promise: str
) -> None:
    with pytest.raises(AssertionError, match=promise):
        check_retriever(Broken(spoil), snapshot, QUERY, 3)


def test_the_check_catches_more_hits_than_asked_for(snapshot: Snapshot) -> None:
    with pytest.raises(AssertionError, match="at most 2"):
        check_retriever(Broken(lambda found: found), snapshot, QUERY, 2)


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Five versions that differ in their ids only."""
    folder = tmp_path_factory.mktemp("alike") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence(name, title="Stroke", text="Aspirin lowers the risk of stroke.") for name in "ebdac"])
        yield store.snapshot()


@pytest.mark.parametrize("k", [1, 2, 4, 5])
@pytest.mark.parametrize("name", sorted(RETRIEVERS))
def test_equal_scores_fall_to_the_passage_id(alike: Snapshot, name: str, k: int) -> None:
    found = [hit.passage.header.id for hit in check_retriever(RETRIEVERS[name], alike, QUERY, k).hits]
    assert found
    assert found == list("abcde")[: len(found)]


@pytest.mark.parametrize("k", [1, 2, 4, 5])
@pytest.mark.parametrize("retriever", [BM25(), Dense(), Hybrid(), Clean(gates=("as_of",)), Full()], ids=repr)
def test_of_equal_scores_as_many_are_served_as_were_asked_for(alike: Snapshot, retriever: Retriever, k: int) -> None:
    found = check_retriever(retriever, alike, QUERY, k)
    assert [hit.passage.header.id for hit in found.hits] == list("abcde")[:k]


def test_ranking_is_by_score_descending_and_then_id(snapshot: Snapshot) -> None:
    passages = {ref: snapshot.passages(ref)[0] for ref in ("aspirin@2", "apixaban@1", "cohort@1")}
    scored = [(passages["cohort@1"], 0.5, "x"), (passages["aspirin@2"], 0.5, "x"), (passages["apixaban@1"], 0.9, "x")]
    for order in (scored, scored[::-1]):
        hits = ranked(order, 5)
        assert [(h.rank, h.passage.ref) for h in hits] == [(1, "apixaban@1"), (2, "aspirin@2"), (3, "cohort@1")]
    assert [h.rank for h in ranked(scored, 2)] == [1, 2]


def test_fusion_sums_reciprocal_ranks_counted_by_hand(snapshot: Snapshot) -> None:
    a, b, c = (snapshot.passages(ref)[0] for ref in ("apixaban@1", "aspirin@2", "cohort@1"))
    dense = ranked([(a, 0.9, "x"), (b, 0.8, "x")], 5)  # a first, b second
    lexical = ranked([(b, 7.0, "x"), (c, 6.0, "x"), (a, 5.0, "x")], 5)  # b first, c second, a third
    hits = fuse([dense, lexical], ("dense", "BM25"), 5)
    assert [hit.passage.ref for hit in hits] == ["aspirin@2", "apixaban@1", "cohort@1"]
    assert [hit.score for hit in hits] == pytest.approx([1 / 62 + 1 / 61, 1 / 61 + 1 / 63, 1 / 62])
    assert [hit.why for hit in hits] == ["dense rank 2 and BM25 rank 1", "dense rank 1 and BM25 rank 3", "BM25 rank 2"]
    assert fuse([dense, lexical], ("dense", "BM25"), 1) == hits[:1]


def test_hybrid_is_the_fusion_of_its_two_parts(snapshot: Snapshot) -> None:
    parts = [part.search(QUERY, snapshot, 50).hits for part in (Dense(), BM25())]
    assert Hybrid().search(QUERY, snapshot, 4).hits == fuse(parts, ("dense", "BM25"), 4)


@pytest.mark.parametrize(
    "retriever", [BM25(valid_only=True), Dense(valid_only=True), Hybrid(valid_only=True)], ids=repr
)
def test_valid_only_serves_what_is_current_and_the_plain_search_does_not(
    snapshot: Snapshot, retriever: Retriever
) -> None:
    assert {snapshot.status(hit.passage.ref) for hit in retriever.search(QUERY, snapshot, 50).hits} == {"current"}
    plain = type(retriever)()
    assert {snapshot.status(hit.passage.ref) for hit in plain.search(QUERY, snapshot, 50).hits} > {"current"}


def test_curated_evidence_comes_in_the_order_given_whatever_is_asked(snapshot: Snapshot) -> None:
    refs = ("opinion@1", "withdrawn@1", "aspirin@1")
    for query in (QUERY, "nephropathy", ""):
        assert [hit.passage.ref for hit in Fixed(refs).search(query, snapshot, 10).hits] == list(refs)
    assert [hit.passage.ref for hit in Fixed(refs).search(QUERY, snapshot, 2).hits] == list(refs[:2])


def test_curated_evidence_that_is_unknown_is_named(snapshot: Snapshot) -> None:
    with pytest.raises(KeyError, match="nowhere@1"):
        Fixed(("aspirin@2", "nowhere@1")).search(QUERY, snapshot, 5)


@pytest.mark.parametrize("tokens", [0, 5, 12, 20, 33, 60, 8000])
def test_full_context_is_the_longest_head_of_the_dense_ranking_that_fits(snapshot: Snapshot, tokens: int) -> None:
    dense = Dense().search(QUERY, snapshot, 50).hits
    kept = Full(tokens=tokens).search(QUERY, snapshot, 50).hits
    size = [len(hit.passage.text.split()) * TOKENS_PER_WORD for hit in dense]
    assert kept == dense[: len(kept)]
    assert sum(size[: len(kept)]) <= tokens
    assert len(kept) == len(dense) or sum(size[: len(kept) + 1]) > tokens


def test_full_context_keeps_to_its_limit_and_to_k(snapshot: Snapshot) -> None:
    assert len(Full(limit=2).search(QUERY, snapshot, 50).hits) == 2
    assert len(Full().search(QUERY, snapshot, 3).hits) == 3


def test_a_retriever_sees_the_day_and_nothing_else(store: EvidenceStore) -> None:
    then = Clean().search(QUERY, store.snapshot(date(2016, 1, 1)), 10).hits
    now = Clean().search(QUERY, store.snapshot(date(2021, 1, 1)), 10).hits
    assert "aspirin@2" not in {hit.passage.ref for hit in then}
    assert "aspirin@1" not in {hit.passage.ref for hit in now}


@dataclass(frozen=True)
class Own:
    """A retriever from outside: it needs no base class."""

    refs: tuple[str, ...] = field(default=("aspirin@2",))

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        scored = ((passage, 1.0, "own") for ref in self.refs for passage in snapshot.passages(ref))
        return Retrieved(query=query, hits=ranked(scored, k))


def test_a_retriever_from_outside_needs_one_method(snapshot: Snapshot) -> None:
    assert check_retriever(Own(), snapshot, QUERY).hits[0].passage.ref == "aspirin@2"
