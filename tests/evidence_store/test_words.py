"""Words weigh what they weigh wherever and whenever a store is searched, to the last bit."""

from __future__ import annotations

import math
import random
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import WordVectors, World, clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.curator import Curator
from evitrail.evidence_store.index.words import document_terms, document_words, query_words, weighted
from evitrail.evidence_store.model import BY_ID, indexed_text
from evitrail.evidence_store.snapshot import Snapshot

TEXTS = st.text(alphabet="abcdefgh ", min_size=1, max_size=120)


def opened(folder: Path) -> EvidenceStore:
    return EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock)


def scores(snapshot: Snapshot, query: str, *, valid: bool = False) -> dict[str, float]:
    return {passage.id: score for passage, score in snapshot.lexical(query, 100, valid_only=valid)}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=80), TEXTS, st.integers(0, 2**16))
def test_a_score_is_the_same_in_whatever_order_it_is_added(counts: list[int], text: str, seed: int) -> None:
    heavy, dice = document_terms(text).values or [1.0], random.Random(seed)
    query = weighted(range(len(counts)), dict(enumerate(counts)), 10**6).values
    products = [np.float32(weight) * np.float32(dice.choice(heavy)) for weight in query]
    exact = sum((Fraction(float(one)) for one in products), Fraction(0))
    for _ in range(3):
        dice.shuffle(products)
        total = np.float32(0)
        for one in products:
            total += one
        assert Fraction(float(total)) == exact


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_a_word_weighs_as_much_as_it_is_rare(held: int, more: int) -> None:
    (weight,) = weighted([7], {7: held}, held + more).values
    assert weight == pytest.approx(math.log(1 + (more + 0.5) / (held + 0.5)), abs=1 / 1024)
    assert weight > 0
    assert weighted([7], {7: held + more}, held + more).values[0] <= weight


def test_a_passage_scores_the_same_whether_or_not_only_what_is_in_force_is_searched(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        world = World(store, 5)
        world.live(12)
        for year in (2012, 2016, 2021):
            snapshot = store.snapshot(as_of=date(year, 6, 1))
            every, in_force = scores(snapshot, "aspirin stroke"), scores(snapshot, "aspirin stroke", valid=True)
            assert in_force.items() <= every.items()
            assert in_force


@pytest.mark.parametrize("seed", [1, 2])
def test_words_are_counted_over_the_versions_published_by_then(tmp_path: Path, seed: int) -> None:
    with opened(tmp_path) as store:
        world = World(store, seed)
        world.live(10)
        store.ingest([evidence("report", text="Aspirin and stroke.", topics=[BY_ID])])
        Curator(store).draft([evidence("topic-1", "proposed-9", text="Aspirin and stroke.")])
        words = query_words("aspirin insulin lowers stroke mortality zebra")
        for seq in range(store.seq + 1):
            published = [deed.item for deed in world.deeds if not (deed.retracts or deed.withdraws)]
            first = {item.ref: store.known.find([item.ref])[item.ref].origin.seq for item in published}
            then = [item for item in published if first[item.ref] <= seq]
            held = [set(document_words(indexed_text(item.title, item.text))) for item in then]
            counts, total = store.recorded.known(seq).words.counts(words)
            assert total == len(then)
            assert counts == {word: sum(word in each for each in held) for word in words}


def test_what_is_recorded_later_moves_no_earlier_score(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("a"), evidence("b", text="Insulin and stroke.")])
        seq, before = store.seq, scores(store.snapshot(), "aspirin")
        store.ingest([evidence(f"n-{n}", text="Aspirin again.") for n in range(20)])
        assert scores(store.snapshot(seq=seq), "aspirin") == before
        assert scores(store.snapshot(), "aspirin")["a@1#0"] < before["a@1#0"]


def test_a_version_that_a_view_leaves_out_is_not_counted(tmp_path: Path) -> None:
    rare, common = evidence("a"), [evidence(f"n-{n}", text="Aspirin again.") for n in range(20)]
    with opened(tmp_path / "all") as store, opened(tmp_path / "one") as other:
        store.ingest([rare, *common])
        other.ingest([rare])
        without = store.snapshot().without([one.ref for one in common])
        assert scores(without, "aspirin stroke") == scores(other.snapshot(), "aspirin stroke")
        assert scores(without, "aspirin stroke") != scores(store.snapshot(), "aspirin stroke").get("a@1#0")


def test_scores_are_those_of_before_once_an_index_is_built_again_or_filled_in_another_order(tmp_path: Path) -> None:
    dice = random.Random(3)
    words = [f"word{n}" for n in range(60)]
    given = [evidence(f"e-{n}", text=" ".join(dice.choices(words, k=30))) for n in range(120)]
    query = " ".join(words[:25])
    with opened(tmp_path / "all") as store, opened(tmp_path / "parts") as other:
        store.ingest(given)
        for at in range(0, len(given), 13):
            other.ingest(given[at : at + 13])
        before = scores(store.snapshot(), query)
        assert len(set(before.values())) > 50
        assert scores(other.snapshot(), query) == before
        for _ in range(3):
            store.reindex()
            assert scores(store.snapshot(), query) == before
