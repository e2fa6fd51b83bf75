"""Each work is served once: one version of a lineage, and no study beside the review that has it already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from gating import passed, report, rules
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Snapshot

SEARCHED = date(2018, 6, 1)
INCLUDES = ("trial", "cohort@1", "doi:10.1234/abc", "pmid:123")
TRIAL, COHORT = {"kind": "randomized_trial"}, {"kind": "observational_study"}
EARLY = {"published": date(2014, 1, 1)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("library") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        review = {"kind": "systematic_review", "includes": INCLUDES, "published": date(2019, 1, 1)}
        store.ingest(
            [
                evidence("review", searched=SEARCHED, **review),
                evidence("undated", **review),
                evidence("trial", **TRIAL, **EARLY),
                evidence("trial", "2", **TRIAL, published=date(2018, 8, 1), valid_from=date(2018, 8, 1)),
                evidence("cohort", **COHORT, **EARLY),
                evidence("by-doi", **TRIAL, **EARLY, doi="10.1234/abc"),
                evidence("by-pmid", **TRIAL, **EARLY, pmid="123"),
                evidence("other", **TRIAL, **EARLY, pmid="124"),
                evidence("last-day", **TRIAL, published=SEARCHED, pmid="123"),
                evidence("guideline", **EARLY, pmid="123"),
                evidence("citing", **EARLY, includes=INCLUDES),
            ]
        )
        yield store.snapshot()


def test_lineage_keeps_the_newest_version_even_when_it_ranks_lower(snapshot: Snapshot) -> None:
    kept, why = passed("lineage", snapshot, "aspirin@1", "cohort@1", "aspirin@2")
    assert kept == ["cohort@1", "aspirin@2"]
    assert why == {"aspirin@1": "same lineage as aspirin@2#0, which is newer or ranked higher"}
    assert rules(report("lineage", snapshot, "aspirin@1", "aspirin@2")) == {"aspirin@1": "lineage.version"}


def test_a_study_is_dropped_beside_a_review_that_names_it_in_any_way(library: Snapshot) -> None:
    studies = ("trial@1", "cohort@1", "by-doi@1", "by-pmid@1")
    kept, why = passed("studies", library, *studies, "review@1", "other@1")
    assert kept == ["review@1", "other@1"]
    assert why == dict.fromkeys(studies, "included in review@1, which searched up to 2018-06-01")


def test_a_study_stays_where_no_review_that_has_it_is_left(library: Snapshot) -> None:
    assert passed("studies", library, "trial@1", "by-doi@1", "other@1").why == {}


def test_what_was_published_after_the_search_stays(library: Snapshot) -> None:
    assert passed("studies", library, "trial@2", "last-day@1", "review@1").kept == ["trial@2", "review@1"]


def test_a_review_without_a_day_of_search_is_taken_to_have_searched_until_it_was_published(library: Snapshot) -> None:
    kept, why = passed("studies", library, "trial@2", "undated@1")
    assert kept == ["undated@1"]
    assert why == {"trial@2": "included in undated@1, which searched up to 2019-01-01"}


def test_only_primary_studies_give_way_and_only_to_reviews(library: Snapshot) -> None:
    assert passed("studies", library, "guideline@1", "review@1").why == {}
    assert passed("studies", library, "trial@1", "citing@1").why == {}
