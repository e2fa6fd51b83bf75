"""What holds of any store whatever is done to it; for each claim a random world lives through some years."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import WordVectors, World, clock, evidence

from evitrail.evidence_store import EvidenceStore
from evitrail.evidence_store.curation.workflow import curated
from evitrail.evidence_store.fold import fold
from evitrail.evidence_store.index.base import point_id
from evitrail.evidence_store.ledger.event import PUBLISHED, chained
from evitrail.evidence_store.model import Evidence, Header, evidence_id
from evitrail.evidence_store.store import CHUNKER
from evitrail.traces.record import canonical_json

DAYS = st.dates(date(1950, 1, 1), date(2050, 1, 1))
WORLDS = settings(max_examples=5, deadline=None)
SEEDS = st.integers(0, 10**6)


@contextmanager
def lived(seed: int, years: int = 5) -> Iterator[World]:
    """A world after some years."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EvidenceStore.open(Path(folder) / "store", create=True, embedder=WordVectors(), clock=clock) as store,
    ):
        world = World(store, seed)
        world.live(years)
        yield world


@given(first=DAYS, last=DAYS)
def test_valid_time_runs_forward_or_the_evidence_is_refused(first: date, last: date) -> None:
    if first < last:
        item = evidence("aspirin", valid_from=first, valid_to=last)
        assert item.holds_on(first)
        assert not item.holds_on(last)
    else:
        with pytest.raises(ValueError, match="valid_from must be before valid_to"):
            evidence("aspirin", valid_from=first, valid_to=last)


@WORLDS
@given(seed=SEEDS)
def test_at_no_number_do_two_versions_of_which_one_took_over_hold_on_the_same_day(seed: int) -> None:
    with lived(seed) as world:
        for seq in (deed.seq for deed in world.deeds):
            headers = world.store.snapshot(seq=seq).headers
            for old, new in combinations(headers.values(), 2):
                if old.id == new.id:  # the world's lineages are chains
                    assert not overlap(old, new), (seq, old.ref, new.ref)


@WORLDS
@given(seed=SEEDS)
def test_what_was_superseded_ended_when_its_successor_began_or_before(seed: int) -> None:
    with lived(seed) as world:
        headers = world.store.headers
        followed = [(headers[new.supersedes], new) for new in headers.values() if new.supersedes in headers]
        for old, new in followed:
            assert old.valid_to is not None
            assert old.valid_to <= new.valid_from


@WORLDS
@given(seed=SEEDS)
def test_names_recompute_from_content(seed: int) -> None:
    with lived(seed) as world:
        store = world.store
        versions = fold(store._ledger.events())
        held = dict(store._index.searched.index.scroll())
        expected = {
            point_id(version, part, span, nth): version.evidence.ref
            for version in versions.values()
            for part, span in enumerate(CHUNKER.cut(version.evidence.text))
            for nth in range(len(version.rows))
        }
        assert {id_: payload["ref"] for id_, payload in held.items()} == expected
        for event in store._ledger.events():
            body = canonical_json(event.body)
            assert chained(event.prev, event.seq, event.at, event.actor, event.type, event.subject, body) == event.hash
            if event.type == PUBLISHED:
                assert versions[event.subject].id == evidence_id(Evidence.model_validate(event.body))


@WORLDS
@given(seed=SEEDS, cut=st.floats(0, 1))
def test_folding_in_two_parts_gives_what_folding_at_once_gives(seed: int, cut: float) -> None:
    with lived(seed) as world:
        events = list(world.store._ledger.events())
        at = int(cut * len(events))
        assert fold(events[at:], fold(events[:at])) == fold(events)
        assert curated(events[at:], curated(events[:at])) == curated(events)


@WORLDS
@given(seed=SEEDS)
def test_the_index_is_what_the_ledger_gives_whenever_it_is_built(seed: int) -> None:
    with lived(seed) as world:
        store = world.store
        held = dict(store._index.searched.index.scroll())
        assert store.verify() == []
        store.reindex()
        assert dict(store._index.searched.index.scroll()) == held


@WORLDS
@given(seed=SEEDS)
def test_what_is_known_of_a_version_has_no_gap_and_no_overlap_in_recorded_time(seed: int) -> None:
    with lived(seed) as world:
        for version in fold(world.store._ledger.events()).values():
            assert all(earlier.seq_to == later.seq_from for earlier, later in pairwise(version.rows))
            for seq in range(1, world.seq + 1):
                assert sum(row.known_at(seq) for row in version.rows) <= 1


@WORLDS
@given(seed=SEEDS, days=st.integers(0, 3000))
def test_an_event_recorded_later_changes_nothing_that_was_known_before(seed: int, days: int) -> None:
    with lived(seed, years=2) as world:
        day, seq = date(2010, 1, 1) + timedelta(days=days), world.seq
        known = told(world.store, day, seq)
        world.live(3)
        assert told(world.store, day, seq) == known


@given(name=st.sampled_from(["trial@1", "trial", "doi:10.1000/x", "pmid:7"]), waived=st.booleans())
@settings(max_examples=8, deadline=None)
def test_nothing_rests_on_what_was_retracted_without_a_waiver(name: str, waived: bool) -> None:
    with lived(0, years=0) as world:
        world.store.ingest([evidence("trial", doi="10.1000/x", pmid="7")])
        world.store.retract("trial@1", "fabricated")
        new = evidence("guideline", includes=(name,), waiver="other trials agree" if waived else None)
        if waived:
            assert world.store.ingest([new]).published == ("guideline@1",)
        else:
            with pytest.raises(ValueError, match="rests on trial@1, retracted"):
                world.store.ingest([new])
            assert "guideline@1" not in world.store.headers


def told(store: EvidenceStore, day: date, seq: int) -> object:
    snapshot = store.snapshot(day, seq)
    asked: list[Callable[[str], object]] = [snapshot.status, snapshot.profile, snapshot.disputes, snapshot.review_due]
    return snapshot.id, dict(snapshot.headers), [[ask(ref) for ask in asked] for ref in snapshot.headers]


def overlap(one: Header, other: Header) -> bool:
    later = max(one.valid_from, other.valid_from)
    return one.holds_on(later) and other.holds_on(later)
