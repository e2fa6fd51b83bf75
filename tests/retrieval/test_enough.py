"""Near keeps what is about the question; of that, the smallest set that suffices is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gating import passed, report, rules
from world import WordVectors, clock, evidence

from evitrail.evidence_store import EvidenceStore, Grade, Snapshot
from evitrail.retrieval.gates.enough import ENOUGH, NEAR

LETTERS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("shelf") / "store"
    with EvidenceStore.open(folder, create=True, embedder=WordVectors(), clock=clock) as store:
        store.ingest(evidence(word, title=f"On {word}", text=f"{word} helps in stroke.") for word in LETTERS)
        low = Grade(certainty="low", study_design="observational")
        store.ingest([evidence("again", title="On alpha", text="alpha does not help in stroke.", grade=low)])
        yield store.snapshot()


def test_near_keeps_the_first_by_rank(snapshot: Snapshot) -> None:
    refs = ("apixaban@1", "cohort@1", "opinion@1", "unrated@1", "aspirin@2", "ramipril@1", "insulin@1")
    kept, why = passed("near", snapshot, *refs)
    assert kept == list(refs[:NEAR])
    assert why == dict.fromkeys(refs[NEAR:], f"not among the {NEAR} most relevant that are left")


def test_sufficient_drops_what_is_much_less_sure_than_the_surest(snapshot: Snapshot) -> None:
    kept, why = passed("sufficient", snapshot, "apixaban@1", "aspirin@2", "cohort@1")
    assert kept == ["apixaban@1", "aspirin@2"]
    assert why == {"cohort@1": "certainty low beside high on the same question"}
    kept, why = passed("sufficient", snapshot, "aspirin@2", "opinion@1", "unrated@1")
    assert kept == ["aspirin@2"]
    assert why == {
        "opinion@1": "certainty very low beside moderate on the same question",
        "unrated@1": "certainty unrated beside moderate on the same question",
    }


def test_sufficient_keeps_low_certainty_where_nothing_is_much_surer(snapshot: Snapshot) -> None:
    refs = ("cohort@1", "opinion@1")
    query = "is it good for aspirin users to have a lower risk of stroke"
    assert passed("sufficient", snapshot, *refs, query=query) == (list(refs), {})
    assert passed("sufficient", snapshot, "unrated@1") == (["unrated@1"], {})


def test_a_source_with_fewer_words_of_the_question_than_a_surer_one_is_not_needed(shelf: Snapshot) -> None:
    kept, why = passed("sufficient", shelf, "alpha@1", "beta@1", query="alpha in stroke")
    assert kept == ["alpha@1"]
    assert why == {"beta@1": "alpha@1#0, surer or more relevant, has all its words of the question and more"}
    assert rules(report("sufficient", shelf, "alpha@1", "beta@1", query="alpha")) == {"beta@1": "sufficient.covered"}
    assert passed("sufficient", shelf, "beta@1", "alpha@1", query="alpha in stroke").why == {}


def test_a_second_opinion_on_all_that_is_asked_stays(shelf: Snapshot) -> None:
    assert passed("sufficient", shelf, "alpha@1", "again@1", query="alpha in stroke").kept == ["alpha@1", "again@1"]


def test_sources_on_different_parts_of_the_question_all_stay(shelf: Snapshot) -> None:
    refs = ("alpha@1", "beta@1", "gamma@1")
    assert passed("sufficient", shelf, *refs, query="alpha, beta or gamma").kept == list(refs)


@pytest.mark.parametrize("query", ["what is it?", "nephropathy", ""])
def test_where_nothing_has_a_word_of_the_question_nothing_is_covered(shelf: Snapshot, query: str) -> None:
    assert passed("sufficient", shelf, "alpha@1", "beta@1", query=query).kept == ["alpha@1", "beta@1"]


def test_sufficient_keeps_no_more_than_a_careful_reader_needs(shelf: Snapshot) -> None:
    refs = tuple(f"{word}@1" for word in LETTERS)
    kept, why = passed("sufficient", shelf, *refs, query=" or ".join(LETTERS))
    assert kept == list(refs[:ENOUGH])
    assert why == dict.fromkeys(refs[ENOUGH:], f"{ENOUGH} surer or more relevant sources suffice")
    told = report("sufficient", shelf, *refs, query=" or ".join(LETTERS))
    assert rules(told) == dict.fromkeys(refs[ENOUGH:], "sufficient.enough")
