"""The demonstration's evidence has its publishers, and nothing of it is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from world import WordVectors, statuses

from evitrail.eval.dataset.case import load
from evitrail.eval.demo import DEMO_CASES
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.demo import DEMO_EVIDENCE, DEMO_PUBLISHERS, demo_clock, ingest_demo, vouched
from evitrail.evidence_store.formats.publishers_toml import read_publishers
from evitrail.evidence_store.quarantine.near_copies import held_share, sketch

STEMS = [case.stem for case in load(DEMO_CASES)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    folder = tmp_path_factory.mktemp("demo") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors()) as made:
        assert ingest_demo(made, STEMS).held == ()
        yield made


def test_nothing_of_it_is_held_and_again_it_is_all_known(store: EvidenceStore) -> None:
    before = store.seq
    again = ingest_demo(store, STEMS)
    assert (again.published, again.held, again.seq) == ((), (), before)
    assert len(again.unchanged) == len(read_evidence(DEMO_EVIDENCE))
    assert store.verify() == []


def test_two_builds_of_it_have_snapshots_of_one_name(tmp_path: Path) -> None:
    names = set()
    for build in ("one", "two"):
        with EvidenceStore.open(tmp_path / build, create=True, embedder=WordVectors(), clock=demo_clock) as made:
            ingest_demo(made, STEMS)
            names.add(made.snapshot(as_of=date(2020, 1, 1)).id)
    assert len(names) == 1


def test_it_says_what_it_says_without_publishers(store: EvidenceStore, tmp_path: Path) -> None:
    with EvidenceStore.open(tmp_path / "open", create=True, embedder=WordVectors()) as plain:
        plain.ingest(read_evidence(DEMO_EVIDENCE))
        assert dict(plain.headers) == dict(store.headers)
        for seq in (None, plain.seq // 2):
            later = None if seq is None else seq + store.seq - plain.seq
            assert dict(statuses(plain.snapshot(seq=seq))) == dict(statuses(store.snapshot(seq=later)))


def test_each_organization_is_spoken_for_by_one_publisher_and_each_publisher_for_some_evidence() -> None:
    publishers, evidence = read_publishers(DEMO_PUBLISHERS), read_evidence(DEMO_EVIDENCE)
    named = {item.organization for item in evidence}
    spoken = [organization for one in publishers for organization in one.organizations]
    assert sorted(spoken) == sorted(named)
    assert vouched(evidence, publishers).keys() == {item.ref for item in evidence}
    assert set(vouched(evidence, publishers).values()) == {one.name for one in publishers}
    lineages = {item.id for item in evidence}
    assert all(set(one.lineages) <= lineages for one in publishers)


def test_none_of_it_comes_near_a_question() -> None:
    sketches = [sketch(stem) for stem in STEMS]
    assert max(held_share(item.text, sketches) for item in read_evidence(DEMO_EVIDENCE)) < 0.3
