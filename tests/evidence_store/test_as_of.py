"""What a snapshot knows depends on its day and its ledger number, and on nothing recorded later."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from world import WordVectors, World, clock, evidence, statuses

from evitrail.evidence_store import EvidenceStore, Snapshot

QUERY = "does aspirin lower the risk of stroke"
WORLDS = settings(max_examples=6, deadline=None)


def opened(folder: str | Path) -> EvidenceStore:
    return EvidenceStore.open(Path(folder) / "store", create=True, embedder=WordVectors(), clock=clock)


def seen(snapshot: Snapshot) -> object:
    """All that a retriever could learn from a snapshot."""
    return (
        snapshot.id,
        dict(snapshot.headers),
        list(statuses(snapshot)),
        [(snapshot.profile(ref), snapshot.disputes(ref), snapshot.review_due(ref)) for ref in snapshot.headers],
        [search(QUERY, 5, valid) for search in (snapshot.lexical, snapshot.dense) for valid in (False, True)],
    )


@WORLDS
@given(seed=st.integers(0, 10**6), years=st.integers(1, 6), days=st.integers(0, 3000))
def test_every_status_is_what_the_world_did(seed: int, years: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(folder) as store:
        world = World(store, seed)
        world.live(years)
        day = date(2010, 1, 1) + timedelta(days=days)
        for seq in (0, *(deed.seq for deed in world.deeds)):
            assert dict(statuses(store.snapshot(day, seq))) == world.expected(day, seq)
        assert store.verify() == []


@WORLDS
@given(seed=st.integers(0, 10**6), days=st.integers(0, 3000))
def test_an_event_recorded_later_never_changes_an_earlier_snapshot(seed: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = opened(folder)
        world = World(store, seed)
        world.publish()
        world.live(2)
        day, seq = date(2010, 1, 1) + timedelta(days=days), world.seq
        before = seen(store.snapshot(day, seq))
        world.live(3)
        store.close()
        with opened(folder) as store:  # nothing remembered: told by the ledger alone
            assert seen(store.snapshot(day, seq)) == before


@WORLDS
@given(seed=st.integers(0, 10**6), days=st.integers(0, 2000))
def test_a_valid_only_search_returns_exactly_what_is_current(seed: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as folder, opened(folder) as store:
        world = World(store, seed)
        world.live(4)
        for as_of in (None, date(2010, 1, 1) + timedelta(days=days)):
            for seq in (world.seq // 2, world.seq):
                snapshot = store.snapshot(as_of, seq)
                found = {passage.ref for passage, _ in snapshot.dense(QUERY, 100, valid_only=True)}
                assert found == {ref for ref, status in statuses(snapshot) if status == "current"}


def test_2019_sees_the_guideline_of_2019(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest(
            [
                evidence("aspirin", "2022", valid_from=date(2022, 4, 26), supersedes="aspirin@2016"),
                evidence("aspirin", "2016", valid_from=date(2016, 4, 12)),
            ]
        )
        then, now = store.snapshot(date(2019, 1, 1)), store.snapshot(date(2023, 1, 1))
        assert dict(statuses(then)) == {"aspirin@2016": "current", "aspirin@2022": "not_yet"}
        assert dict(statuses(now)) == {"aspirin@2016": "superseded", "aspirin@2022": "current"}
        assert [p.ref for p, _ in then.lexical(QUERY, 5, valid_only=True)] == ["aspirin@2016"]
        assert [p.ref for p, _ in now.lexical(QUERY, 5, valid_only=True)] == ["aspirin@2022"]
        assert {p.ref for p, _ in then.lexical(QUERY, 5)} == {"aspirin@2016", "aspirin@2022"}


def test_without_a_day_the_newest_version_is_current(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        old = evidence("aspirin", "1", valid_to=date(2016, 1, 1))
        store.ingest([old, evidence("aspirin", "2", valid_from=date(2016, 1, 1), valid_to=date(2018, 1, 1))])
        assert dict(statuses(store.snapshot())) == {"aspirin@1": "superseded", "aspirin@2": "current"}


def test_a_version_that_ran_out_with_no_successor_is_expired(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin", "1", valid_to=date(2016, 1, 1))])
        assert store.snapshot(date(2015, 12, 31)).status("aspirin@1") == "current"
        assert store.snapshot(date(2016, 1, 1)).status("aspirin@1") == "expired"


def test_between_a_version_and_its_late_successor_nothing_holds(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        late = evidence("aspirin", "2", valid_from=date(2018, 1, 1), supersedes="aspirin@1")
        store.ingest([evidence("aspirin", valid_to=date(2016, 1, 1)), late])
        assert dict(statuses(store.snapshot(date(2017, 1, 1)))) == {"aspirin@1": "expired", "aspirin@2": "not_yet"}
        assert store.snapshot(date(2018, 1, 1)).status("aspirin@1") == "superseded"


def test_a_header_ends_where_its_successor_begins_and_the_published_version_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        first = evidence("aspirin", "1")
        store.ingest([first])
        store.ingest([evidence("aspirin", "2", valid_from=date(2018, 1, 1), supersedes="aspirin@1")])
    with opened(tmp_path) as store:
        assert store.snapshot().headers["aspirin@1"].valid_to == date(2018, 1, 1)
        assert store.snapshot(seq=1).headers["aspirin@1"].valid_to is None
        assert store.snapshot().evidence("aspirin@1") == first


def test_a_retraction_leaves_earlier_snapshots_as_they_were(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin")])
        seq = store.retract("aspirin@1", "fabricated data")
        assert store.snapshot(seq=seq - 1).status("aspirin@1") == "current"
        assert store.snapshot(seq=seq).status("aspirin@1") == "retracted"
        assert store.snapshot(seq=seq).lexical(QUERY, 5, valid_only=True) == []
        assert [p.header.retracted for p, _ in store.snapshot(seq=seq).lexical(QUERY, 5)] == [True]


def test_a_snapshot_without_a_version_is_as_if_it_were_never_recorded(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.ingest([evidence("aspirin"), evidence("statin", text="A statin lowers the risk of stroke.")])
        whole = store.snapshot()
        part = whole.without(["aspirin@1"])
        assert part.id != whole.id
        assert list(part.headers) == ["statin@1"]
        for search in (part.lexical, part.dense):
            assert {passage.ref for passage, _ in search(QUERY, 5)} == {"statin@1"}
        assert part.without(["statin@1"]).lexical(QUERY, 5) == []
        assert {passage.ref for passage, _ in whole.lexical(QUERY, 5)} == {"aspirin@1", "statin@1"}


def test_scores_without_a_version_are_those_of_a_store_that_never_had_it(tmp_path: Path) -> None:
    kept = [evidence("statin", text="A statin lowers stroke risk."), evidence("insulin", text="Insulin and stroke.")]
    with opened(tmp_path / "a") as store, opened(tmp_path / "b") as smaller:
        store.ingest([*kept, evidence("aspirin")])
        smaller.ingest(kept)
        part = store.snapshot().without(["aspirin@1"])
        never = smaller.snapshot()
        assert part.lexical(QUERY, 5) == never.lexical(QUERY, 5)
        assert part.dense(QUERY, 5) == never.dense(QUERY, 5)
