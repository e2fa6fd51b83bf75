"""What was taken back, was not in force, or is meant for elsewhere is dropped, and the report says when and where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from gating import passed, report, rules
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Snapshot
from evitrail.evidence_store.curation.notices import Notice
from evitrail.retrieval.gates.standing import MEMBERS


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(tmp_path / "store", create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(
            [evidence("aspirin"), evidence("aspirin", "2", valid_from=date(2020, 1, 1), supersedes="aspirin@1")]
        )
        places = {"british": ("GB",), "shared": ("GB", "US"), "european": ("EU",), "german": ("DE",)}
        store.ingest(evidence(name, jurisdiction=where) for name, where in places.items())
        yield store


def test_retracted_drops_what_was_taken_back(snapshot: Snapshot) -> None:
    kept, why = passed("retracted", snapshot, "withdrawn@1", "aspirin@1", "expired@1")
    assert kept == ["aspirin@1", "expired@1"]
    assert why == {"withdrawn@1": "retracted"}


def test_a_concern_is_told_and_drops_nothing(shelf: EvidenceStore) -> None:
    shelf.notify([Notice(ref="aspirin@2", nature="concern", reason="figures were doubted")])
    told = report("retracted", shelf.snapshot(), "aspirin@1", "aspirin@2")
    assert told.dropped == ()
    assert rules(told) == {"aspirin@2": "retracted.concern"}


def test_as_of_drops_what_was_not_in_force_and_says_when_it_was(snapshot: Snapshot) -> None:
    refs = ("aspirin@1", "aspirin@2", "future@1", "expired@1", "withdrawn@1")
    kept, why = passed("as_of", snapshot, *refs)
    assert kept == ["aspirin@2", "withdrawn@1"]
    assert why == {
        "aspirin@1": "superseded on 2021-01-01: valid 2015-01-01 to 2020-01-01",
        "future@1": "not yet on 2021-01-01: valid 2030-01-01 to now",
        "expired@1": "expired on 2021-01-01: valid 2015-01-01 to 2018-01-01",
    }
    by_rule = {"aspirin@1": "as_of.superseded", "future@1": "as_of.not_yet", "expired@1": "as_of.expired"}
    assert rules(report("as_of", snapshot, *refs)) == by_rule


def test_as_of_without_a_day_means_the_newest(store: EvidenceStore) -> None:
    kept, why = passed("as_of", store.snapshot(), "aspirin@1", "aspirin@2", "future@1")
    assert kept == ["aspirin@2", "future@1"]
    assert why == {"aspirin@1": "superseded on the newest day: valid 2015-01-01 to 2020-01-01"}


@pytest.mark.parametrize(("day", "word"), [(date(2014, 1, 1), "not_yet"), (date(2021, 1, 1), "expired")])
def test_a_retraction_does_not_put_in_force_what_was_not(shelf: EvidenceStore, day: date, word: str) -> None:
    shelf.retract("aspirin@1", "fabricated data")
    assert rules(report("as_of", shelf.snapshot(day), "aspirin@1")) == {"aspirin@1": f"as_of.{word}"}
    assert passed("as_of", shelf.snapshot(date(2016, 1, 1)), "aspirin@1").kept == ["aspirin@1"]


def test_a_report_names_the_ledger_number_it_judged_by(shelf: EvidenceStore) -> None:
    before = shelf.seq
    shelf.retract("aspirin@2", "fabricated data")
    then, now = (report("retracted", shelf.snapshot(seq=seq), "aspirin@2") for seq in (before, shelf.seq))
    assert (then.seq, then.dropped) == (before, ())
    assert (now.seq, rules(now)) == (shelf.seq, {"aspirin@2": "retracted.retracted"})


def test_jurisdiction_drops_what_is_meant_for_other_countries(shelf: EvidenceStore) -> None:
    refs = ("british@1", "shared@1", "german@1", "aspirin@2")
    kept, why = passed("jurisdiction", shelf.snapshot(), *refs, place="US")
    assert kept == ["shared@1", "aspirin@2"]
    assert why == {"british@1": "meant for GB, asked for US", "german@1": "meant for DE, asked for US"}


def test_where_no_country_is_asked_about_everything_passes(shelf: EvidenceStore) -> None:
    refs = ("british@1", "european@1", "german@1")
    assert passed("jurisdiction", shelf.snapshot(), *refs) == (list(refs), {})


def test_what_the_union_says_holds_in_its_members_and_not_the_other_way_round(shelf: EvidenceStore) -> None:
    snapshot = shelf.snapshot()
    assert len(MEMBERS) == 27
    assert passed("jurisdiction", snapshot, "european@1", "german@1", place="DE").kept == ["european@1", "german@1"]
    assert passed("jurisdiction", snapshot, "european@1", "german@1", place="EU").kept == ["european@1"]
    assert passed("jurisdiction", snapshot, "european@1", "british@1", place="GB").kept == ["british@1"]
