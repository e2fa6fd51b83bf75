"""A state of the store can be named for good, and what came between two states is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from world import WordVectors, World, clock, evidence

from evitrail.evidence_store import EvidenceError, EvidenceStore, Grade
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.diff import difference


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest([evidence("aspirin"), evidence("statin")])
        yield store


def test_a_release_names_the_state_it_was_given_to_whatever_comes_later(store: EvidenceStore) -> None:
    assert store.tag("spring") == store.tags()["spring"] == 2
    store.ingest([evidence("insulin")])
    assert store.seq_of("spring") == 2
    assert "insulin@1" not in store.snapshot(seq=store.seq_of("spring")).headers
    assert store.seq_of("now") == store.seq > 2
    assert store.seq_of("1") == 1
    assert store.verify() == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("spring", "named already: event 2"),
        ("now", "expected a release's name"),
        ("7", "expected a release's name"),
        ("", "expected a release's name"),
    ],
)
def test_a_name_that_is_taken_or_means_something_else_is_refused(store: EvidenceStore, name: str, what: str) -> None:
    store.tag("spring")
    before = store.seq
    with pytest.raises(EvidenceError, match=what):
        store.tag(name)
    assert store.seq == before


@pytest.mark.parametrize(("name", "what"), [("sprung", "did you mean 'spring'"), ("99", "up to 3")])
def test_a_state_that_there_is_not_is_refused(store: EvidenceStore, name: str, what: str) -> None:
    store.tag("spring")
    with pytest.raises(EvidenceError, match=what):
        store.seq_of(name)


def test_what_came_between_two_states_is_told_by_lineage(store: EvidenceStore) -> None:
    before = store.snapshot()
    surer = Grade(certainty="high", study_design="randomized")
    again = evidence(
        "aspirin",
        "2",
        supersedes="aspirin@1",
        valid_from=date(2020, 1, 1),
        grade=surer,
        text="Aspirin lowers the risk of stroke (aspirin 1). Bleeding is more common.",
    )
    store.ingest([again, evidence("insulin")])
    store.notify([Notice(ref="statin@1", nature="retraction", reason="fabricated")])
    told = difference(before, store.snapshot())
    (moved,) = told.moved
    assert (moved.was, moved.now, moved.regraded) == ("aspirin@1", "aspirin@2", True)
    assert (moved.certainty_was, moved.certainty_now) == ("moderate", "high")
    assert "+Bleeding is more common." in moved.text
    assert told.added == ("insulin@1",)
    assert told.ended == ("statin@1",)
    assert [(one.ref, one.change) for one in told.standing] == [("statin@1", "retracted")]
    store.notify([Notice(ref="statin@1", nature="reinstatement", reason="appeal upheld")])
    back = difference(store.snapshot(seq=store.seq - 1), store.snapshot())
    assert (back.added, [(one.ref, one.change) for one in back.standing]) == (
        ("statin@1",),
        [("statin@1", "reinstated")],
    )


def test_nothing_lies_between_a_state_and_itself_and_every_current_version_between_nothing_and_now(
    tmp_path: Path,
) -> None:
    with EvidenceStore.open(tmp_path / "world", create=True, embedder=WordVectors(), clock=clock) as store:
        world = World(store, seed=11)
        world.live(years=4)
        now = store.snapshot()
        same = difference(now, now)
        assert (same.added, same.moved, same.ended, same.standing) == ((), (), (), ())
        all_ = difference(store.snapshot(seq=0), now)
        current = sorted(ref for ref in now.headers if now.status(ref) == "current")
        assert list(all_.added) == current
        assert current
