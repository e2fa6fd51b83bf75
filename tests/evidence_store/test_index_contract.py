"""What every vector index promises, over each of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from world import WordVectors, evidence

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.fold import Validity, Version
from evitrail.evidence_store.index import open_index
from evitrail.evidence_store.index.base import (
    Point,
    Sparse,
    VectorIndex,
    Where,
    day_number,
    payloads,
)
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.index.manifest import IndexManifest
from evitrail.evidence_store.index.words import document_terms, query_words, weighted

WORDS = WordVectors()
MANIFEST = IndexManifest(
    engine="any", engine_version="any", model="words", dimension=48, chunker="whole", lexical="bm25"
)
ENGINES = ["edge", "local"]


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    opened = open_index(request.param, tmp_path, MANIFEST)
    yield opened
    opened.close()


def version(id: str, text: str, *known: Validity) -> Version:
    return Version(evidence(id, text=text), known or (Validity(date(2015, 1, 1), None, 1),))


def points(of: Version) -> list[Point]:
    """A version's only passage: a point for each of its rectangles."""
    text = of.evidence.text
    vector, terms = WORDS.encode([text])[0], document_terms(text)
    return [Point(name, vector, terms, told) for name, told in payloads(of, 0, TextSpan(0, len(text)))]


def point(of: Version) -> Point:
    """The point of a version with one rectangle."""
    [only] = points(of)
    return only


def query_terms(query: str) -> Sparse:
    """Its words, each as heavy as one that a tenth of a hundred versions hold."""
    words = query_words(query)
    return weighted(words, dict.fromkeys(words, 10), 100)


def refs(index: VectorIndex, where: Where, query: str = "stroke", k: int = 50) -> list[str]:
    found = index.search_sparse(query_terms(query), k, where)
    assert sorted(hit.ref for hit in found) == sorted(
        hit.ref for hit in index.search_dense(WORDS.encode([query])[0], k, where)
    )
    return sorted(hit.ref for hit in found)


def test_what_was_put_in_is_there_again(index: VectorIndex) -> None:
    held = [point(version(f"e-{n}", f"Stroke {n}.")) for n in range(1200)]
    index.upsert(held)
    index.upsert(held[:10])
    assert index.count() == 1200
    assert dict(index.scroll()) == {p.id: p.payload for p in held}


def test_equal_scores_are_ordered_by_passage_id_even_at_the_cut(index: VectorIndex) -> None:
    index.upsert([point(version(f"e-{n}", "Aspirin lowers stroke risk.")) for n in reversed(range(90))])
    names = sorted(f"e-{n}@1#0" for n in range(90))
    for k in (1, 7, 90, 200):
        for found in (
            index.search_sparse(query_terms("stroke"), k, Where(1)),
            index.search_dense(WORDS.encode(["stroke"])[0], k, Where(1)),
        ):
            assert [f"{hit.ref}#{hit.part}" for hit in found] == names[:k]


def test_a_filter_matches_one_rectangle_and_never_bounds_of_two(index: VectorIndex) -> None:
    # Known at 1 to hold from 2015 on; corrected at 5 to have ended in 2018.
    first = Validity(date(2015, 1, 1), None, seq_from=1, seq_to=5)
    second = Validity(date(2015, 1, 1), date(2018, 1, 1), seq_from=5)
    index.upsert(points(version("aspirin", "Aspirin and stroke.", first, second)))
    in_2020 = day_number(date(2020, 1, 1))
    assert refs(index, Where(0)) == []
    assert refs(index, Where(4, valid=True, day=in_2020)) == ["aspirin@1"]
    assert refs(index, Where(5, valid=True, day=in_2020)) == []
    assert refs(index, Where(5)) == ["aspirin@1"]


def test_valid_time_is_half_open(index: VectorIndex) -> None:
    index.upsert([point(version("aspirin", "Aspirin and stroke.", Validity(date(2015, 1, 1), date(2018, 1, 1), 1)))])
    held = [
        refs(index, Where(1, valid=True, day=day_number(day))) == ["aspirin@1"]
        for day in (date(2014, 12, 31), date(2015, 1, 1), date(2017, 12, 31), date(2018, 1, 1))
    ]
    assert held == [False, True, True, False]


def test_a_day_before_1970_is_a_day_like_any_other(index: VectorIndex) -> None:
    index.upsert([point(version("old", "Stroke.", Validity(date(1950, 1, 1), date(1960, 1, 1), 1)))])
    assert refs(index, Where(1, valid=True, day=day_number(date(1955, 1, 1)))) == ["old@1"]
    assert refs(index, Where(1, valid=True, day=day_number(date(1965, 1, 1)))) == []


def test_retracted_and_passed_over_versions_do_not_count_as_valid(index: VectorIndex) -> None:
    start = date(2015, 1, 1)
    index.upsert(
        [
            point(version("sound", "Stroke.", Validity(start, None, 1))),
            point(version("gone", "Stroke.", Validity(start, None, 1, retracted=True))),
            point(version("past", "Stroke.", Validity(start, None, 1, newest=False))),
        ]
    )
    assert refs(index, Where(1, valid=True)) == ["sound@1"]
    assert refs(index, Where(1, valid=True, day=day_number(start))) == ["past@1", "sound@1"]
    assert refs(index, Where(1, without=("sound@1",))) == ["gone@1", "past@1"]


def test_a_passage_of_many_rectangles_is_counted_and_found_once_at_every_event(index: VectorIndex) -> None:
    starts = date(2015, 1, 1)
    known = [Validity(starts, None, seq, seq + 1, concern=bool(seq % 2)) for seq in range(1, 30)]
    index.upsert(points(version("aspirin", "Aspirin and stroke.", *known, Validity(starts, None, 30))))
    assert index.count() == 1
    for seq in range(1, 32):
        for valid, day in ((False, None), (True, None), (True, day_number(date(2020, 1, 1)))):
            assert refs(index, Where(seq, valid, day)) == ["aspirin@1"]


def test_what_counts_by_supposition_is_found_beside_what_counts(index: VectorIndex) -> None:
    start = date(2015, 1, 1)
    gone = Validity(start, None, 1, retracted=True)
    index.upsert([point(version("sound", "Stroke.")), point(version("gone", "Stroke.", gone))])
    index.upsert([point(version("later", "Stroke.", Validity(start, None, 5)))])
    for day in (None, day_number(date(2020, 1, 1))):
        assert refs(index, Where(1, valid=True, day=day, also=("gone@1", "later@1"))) == ["gone@1", "sound@1"]
    assert refs(index, Where(1, also=("gone@1",), without=("gone@1",))) == ["sound@1"]


def test_a_write_never_takes_the_place_of_a_later_state(index: VectorIndex) -> None:
    open_ = Validity(date(2015, 1, 1), None, 1)
    closed = (Validity(date(2015, 1, 1), None, 1, seq_to=4), Validity(date(2015, 1, 1), date(2016, 1, 1), 4))
    ended = (Validity(date(2015, 1, 1), None, 1, seq_to=6),)  # a draft that is past
    for name, old, new in (("a", (open_,), closed), ("b", (open_,), ended), ("c", (open_,), (open_,))):
        early, late = points(version(name, "Stroke.", *old)), points(version(name, "Stroke.", *new))
        assert early[0].id == late[0].id
        index.upsert([*early, point(version(f"{name}-mate", "Stroke."))])
        index.upsert(late)
        for again in (late, early):
            index.upsert([*again, point(version(f"{name}-other", "Stroke."))])
            held = dict(index.scroll())
            assert [held[one.id] for one in late] == [one.payload for one in late]
    assert index.count() == 9


def test_rectangles_come_after_those_they_replace_whatever_the_order_of_writing(index: VectorIndex) -> None:
    states = [
        (Validity(date(2015, 1, 1), None, 1),),
        (Validity(date(2015, 1, 1), None, 1, seq_to=2), Validity(date(2015, 1, 1), None, 2, retracted=True)),
        (
            Validity(date(2015, 1, 1), None, 1, seq_to=2),
            Validity(date(2015, 1, 1), None, 2, seq_to=3, retracted=True),
            Validity(date(2015, 1, 1), None, 3),
        ),
    ]
    for n, order in enumerate(permutations(states)):
        for known in order:
            index.upsert(points(version(f"e-{n}", "Stroke.", *known)))
        held, last = dict(index.scroll()), points(version(f"e-{n}", "Stroke.", *states[-1]))
        assert [held[one.id] for one in last] == [one.payload for one in last]


def test_a_point_tells_its_text_to_who_has_only_the_index(index: VectorIndex) -> None:
    whole = version("aspirin", "Before. Aspirin and stroke. After.")
    part = (whole, 1, TextSpan(8, 27))
    [(name, told)] = payloads(*part)
    index.upsert([Point(name, WORDS.encode(["stroke"])[0], document_terms("stroke"), told)])
    [(_, told)] = index.scroll()
    assert (told["text"], told["title"], told["ref"], told["part"]) == (
        "Aspirin and stroke.",
        "aspirin 1",
        "aspirin@1",
        1,
    )


def test_a_query_without_words_finds_nothing(index: VectorIndex) -> None:
    index.upsert([point(version("aspirin", "Stroke."))])
    assert index.search_sparse(query_terms("the of and"), 5, Where(1)) == []


def test_a_cleared_index_is_empty_and_can_be_filled_again(index: VectorIndex) -> None:
    held = point(version("aspirin", "Stroke."))
    index.upsert([held])
    assert index.count() == 1
    index.clear()
    assert index.count() == 0
    index.upsert([held])
    assert refs(index, Where(1)) == ["aspirin@1"]


def test_threads_get_what_one_thread_gets(index: VectorIndex) -> None:
    index.upsert([point(version(f"e-{n}", f"Stroke {n % 7} aspirin {n % 3}.")) for n in range(100)])
    queries = [f"stroke {n % 7}" for n in range(40)]

    def search(query: str) -> object:
        return (
            index.search_sparse(query_terms(query), 5, Where(1)),
            index.search_dense(WORDS.encode([query])[0], 5, Where(1)),
        )

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(search, queries)) == [search(query) for query in queries]


def test_an_index_of_another_model_is_filled_beside_and_then_takes_the_place(index: VectorIndex) -> None:
    index.upsert([point(version("aspirin", "Stroke."))])
    wide = WordVectors(model="wide", dimension=96)
    other = index.beside(MANIFEST.model_copy(update={"model": "wide", "dimension": 96}))
    assert other.fresh
    assert other.count() == 0
    held = point(version("statin", "Stroke."))
    other.upsert([held._replace(dense=wide.encode(["Stroke."])[0])])
    assert refs(index, Where(1)) == ["aspirin@1"]
    index.give_way(other)
    assert [hit.ref for hit in other.search_dense(wide.encode(["stroke"])[0], 5, Where(1))] == ["statin@1"]
    assert [hit.ref for hit in other.search_sparse(query_terms("stroke"), 5, Where(1))] == ["statin@1"]
    other.close()


def test_an_index_is_not_built_beside_its_like(index: VectorIndex) -> None:
    with pytest.raises(StoreError, match=r"expected another manifest than .* was built with; use reindex"):
        index.beside(MANIFEST)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_index_begun_beside_goes_on_after_a_break_and_takes_the_place_when_the_manifest_says_so(
    engine: str, tmp_path: Path
) -> None:
    new = MANIFEST.model_copy(update={"model": "other"})
    first = open_index(engine, tmp_path, MANIFEST)
    first.upsert([point(version("aspirin", "Stroke."))])
    begun = first.beside(new)
    begun.upsert([point(version("statin", "Stroke."))])
    for one in (begun, first):
        one.close()
    again = open_index(engine, tmp_path, MANIFEST)  # broken off before the manifest was changed
    assert refs(again, Where(1)) == ["aspirin@1"]
    goes_on = again.beside(new)
    assert (goes_on.fresh, refs(goes_on, Where(1))) == (False, ["statin@1"])
    for one in (goes_on, again):
        one.close()
    for _ in range(2):  # broken off after that
        last = open_index(engine, tmp_path, new)
        assert (last.fresh, refs(last, Where(1))) == (False, ["statin@1"])
        last.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_index_is_still_there_when_opened_again(engine: str, tmp_path: Path) -> None:
    first = open_index(engine, tmp_path, MANIFEST)
    assert first.fresh
    first.upsert([point(version("aspirin", "Stroke."))])
    first.close()
    again = open_index(engine, tmp_path, MANIFEST)
    assert not again.fresh
    assert refs(again, Where(1)) == ["aspirin@1"]
    again.close()


def test_both_engines_rank_and_score_alike_and_words_to_the_last_bit(tmp_path: Path) -> None:
    held = [point(version(f"e-{n}", f"Stroke {n % 7}: aspirin {n % 3}, statin {n % 5}.")) for n in range(60)]
    found = []
    for engine in ENGINES:
        index = open_index(engine, tmp_path, MANIFEST)
        index.upsert(held)
        words = query_words("aspirin 2 statin 4")
        terms = weighted(words, {word: 3 + 7 * n for n, word in enumerate(words)}, 60)
        by_words = index.search_sparse(terms, 20, Where(1, without=("e-14@1",)))
        found.append((by_words, index.search_dense(WORDS.encode(["aspirin 2 statin 4"])[0], 20, Where(1))))
        index.close()
    (words_edge, edge), (words_local, local) = found
    assert words_edge == words_local
    assert np.allclose([hit.score for hit in edge], [hit.score for hit in local], rtol=1e-5)
    assert {hit.ref for hit in edge if hit.score > edge[-1].score + 1e-4} <= {hit.ref for hit in local}
