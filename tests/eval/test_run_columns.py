"""The columns beside an outcome say what the journal says: the evidence that a run met, its status, blame and cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ward import DRUGS, WardReader, advice, arm, ask, blamed, case, opened

from evitrail.eval.plan.condition import CONDITIONS
from evitrail.eval.report.results import write_results
from evitrail.evidence_store import EvidenceStore

OLD, NEW = date(2010, 1, 1), date(2015, 1, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceStore]:
    """Old advice says C and new advice B, save for the last drug, of which there is the old one alone."""
    with opened(tmp_path_factory.mktemp("columns")) as store:
        old = {"published": OLD, "valid_from": OLD}
        store.ingest(advice(drug, "C", "0", **old, valid_to=None) for drug in DRUGS)
        new = {"published": NEW, "valid_from": NEW}
        store.ingest(advice(drug, "B", "1", **new, supersedes=f"{drug}@0") for drug in DRUGS[:-1])
        yield store


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, store: EvidenceStore) -> Path:
    folder = tmp_path_factory.mktemp("done") / "nightly"
    asked = [case(drug, clean_evidence=(f"{drug}@1",) if drug != DRUGS[-1] else ()) for drug in DRUGS]
    ask(
        folder, store, asked, [CONDITIONS["closed_book"], CONDITIONS["gated"], arm(k=1), arm("wide", k=6)], WardReader()
    )
    blamed(folder, store, WardReader())
    write_results(folder)
    return folder


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["run"]: row for row in pq.read_table(folder / "outcomes.parquet").to_pylist()}


def test_what_a_gate_dropped_was_retrieved_and_not_served(folder: Path) -> None:
    gated = rows(folder)["gated.q-heparin"]
    assert {"heparin@0", "heparin@1"} <= set(gated["retrieved"])
    assert "heparin@1" in gated["served"]
    assert "heparin@0" not in gated["served"]


def test_a_run_without_a_search_met_no_evidence_and_lost_it_there(folder: Path) -> None:
    row = rows(folder)["closed_book.q-heparin"]
    assert (row["retrieved"], row["served"], row["cited_status"], row["lost"]) == ([], [], [], "retrieved")
    assert (row["retriever"], row["steps"]) == ("none", ["synthesise[1]", "choose[1]"])


def test_the_status_of_what_is_cited_is_what_the_store_says_or_unknown(folder: Path, store: EvidenceStore) -> None:
    told = set()
    for row in rows(folder).values():
        snapshot = store.snapshot(as_of=row["day"], seq=row["seq"])
        for ref, status, grade in zip(row["cited"], row["cited_status"], row["cited_grade"], strict=True):
            told.add(status)
            assert status in (None, snapshot.status(ref))
            known = snapshot.headers[ref].grade
            assert grade == (known.certainty if known else None)
    assert {"current", "superseded"} <= told


def test_evidence_is_lost_at_the_first_stage_it_did_not_reach_and_only_where_the_case_names_it(folder: Path) -> None:
    found = rows(folder)
    for run, row in found.items():
        if run.endswith(DRUGS[-1]):
            assert row["lost"] is None
        elif row["lost"] == "nothing":
            assert row["correct"]
            assert f"{row['case'].removeprefix('q-')}@1" in row["served"]
    assert {row["lost"] for row in found.values()} >= {None, "retrieved", "nothing"}


def test_blame_stands_with_its_kind_of_failure_and_a_run_that_did_not_fail_is_blamed_on_nobody(folder: Path) -> None:
    found = rows(folder).values()
    failed = [row for row in found if not row["correct"]]
    assert failed
    assert all(row["blame.wrong"] and row["fault.wrong"] not in (None, "none") for row in failed)
    assert all((row["blame.wrong"], row["fault.wrong"]) == ([], "none") for row in found if row["correct"])


def test_a_failure_that_nobody_attributed_has_no_blame_and_an_unlabelled_case_no_known_harm(
    tmp_path: Path, store: EvidenceStore
) -> None:
    ask(tmp_path / "bare", store, [case("heparin", labels={})], [CONDITIONS["closed_book"]], WardReader(guesses="A"))
    write_results(tmp_path / "bare")
    (row,) = rows(tmp_path / "bare").values()
    assert (row["correct"], row["blame.wrong"], row["blame.high_risk"]) == (False, None, None)
    assert (row["calls"], row["prompt_tokens"], row["money"]) == (0, None, None)


def test_each_question_stands_once_with_its_words_and_what_decides_it(folder: Path) -> None:
    questions = pq.read_table(folder / "questions.parquet").to_pylist()
    assert [row["case"] for row in questions] == sorted(f"q-{drug}" for drug in DRUGS)
    assert "apixaban" in questions[0]["text"]
    assert "\nC option C" in questions[0]["text"]
    assert questions[0]["decides"] == ["apixaban@1"]


def test_the_words_of_patient_data_are_not_among_them(tmp_path: Path, store: EvidenceStore) -> None:
    told = case("heparin", stem="Mrs Anna Fogelberg takes heparin.", sensitive=("stem",))
    ask(tmp_path / "kept", store, [told], [CONDITIONS["closed_book"]], WardReader(guesses="A"))
    write_results(tmp_path / "kept")
    (question,) = pq.read_table(tmp_path / "kept" / "questions.parquet").to_pylist()
    assert "Fogelberg" not in question["text"]
    assert b"Fogelberg" not in (tmp_path / "kept" / "questions.parquet").read_bytes()
