"""One query, several retrievers: what each finds, what its gates held back, and nobody waits for a model."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from evidence_shelf import SEEN, shelf
from exhibit import HOSTILE
from serving_pages import asking
from waiting_words import WaitingWords, waiting_words

from evitrail.eval.plan.plan import PLAN, Plan
from evitrail.retrieval import Clean
from evitrail.workbench.api.folders import ExperimentFolders
from evitrail.workbench.api.retrieval.choices import choices, unsearched
from evitrail.workbench.api.retrieval.retrieval import LONGEST, Retrieval, RetrievalQuery, RetrieverColumn, retrieval
from evitrail.workbench.api.retrieval.warm_encoder import warm_encoder
from evitrail.workbench.api.store.opened import opened_store

API = "/api/experiments/x/retrieval"
ASKED = "A patient takes apixaban. Which advice is right?"
DAY = date(2020, 1, 1)
CONDITIONS = '["closed_book", "clean", "standard", "agentic", "gated"]'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = shelf(tmp_path_factory.mktemp("shelf"))
    written = (made / PLAN).read_text("utf-8")
    assert 'conditions = [\n    "standard",\n]' in written
    (made / PLAN).write_text(written.replace('[\n    "standard",\n]', CONDITIONS), "utf-8")
    return made


@pytest.fixture
def model() -> Iterator[WaitingWords]:
    with pytest.MonkeyPatch.context() as patch, waiting_words(patch) as words:
        yield words


def found(folder: Path, text: str = ASKED, **asked: object) -> Retrieval:
    """What the playground finds, by whichever state its model is in."""
    folders = ExperimentFolders([folder])
    encoder = warm_encoder(folder.parent / "store")
    encoder.load()
    with opened_store(folders, "x", encoder) as opened:
        plan = Plan(benchmark="b", store="s", conditions=("closed_book", "clean", "standard", "agentic", "gated"))
        return retrieval(opened, plan, encoder, RetrievalQuery(text, **asked))  # type: ignore[arg-type]


def columns(told: Retrieval) -> dict[str, RetrieverColumn]:
    return {column.choice.name: column for column in told.columns}


def test_the_columns_are_the_configurations_that_the_conditions_use_and_words_come_first() -> None:
    plan = Plan(benchmark="b", store="s", conditions=("closed_book", "clean", "standard", "top_5", "agentic", "gated"))
    known = choices(plan)
    assert list(known)[:3] == ["standard", "top_5", "gated"]
    assert known["top_5"].choice.conditions == ("top_5", "agentic"), "they share retriever and number"
    assert "first search of its agent" in known["top_5"].choice.note
    assert known["bm25"].choice.conditions == ()
    assert [one.condition for one in unsearched(plan)] == ["closed_book", "clean"]


def test_code_that_a_plan_names_is_not_run(folder: Path, model: WaitingWords) -> None:
    custom = ({"name": "own", "base": "standard", "retriever": "clinic.search:Mine(3)"},)
    known = choices(Plan.model_validate({"benchmark": "b", "store": "s", "conditions": ("own",), "custom": custom}))
    assert known["own"].retriever is None
    assert "code does not run from the browser" in known["own"].choice.lacking


def test_words_are_searched_at_once_and_whoever_needs_meaning_waits_until_the_model_is_there(
    folder: Path, model: WaitingWords
) -> None:
    told = found(folder)
    assert told.encoder.state == "loading"
    assert {name: one.state for name, one in columns(told).items()} == {
        "bm25": "found",
        "standard": "waits",
        "agentic": "waits",
        "gated": "waits",
    }
    assert columns(told)["bm25"].hits
    model.loaded()
    told = found(folder)
    assert told.encoder.state == "ready"
    assert {one.state for one in told.columns} == {"found"}
    assert model.begun == 1, "it is loaded once"


def test_the_model_is_not_loaded_before_the_playground_is_opened(folder: Path, model: WaitingWords) -> None:
    client = asking(folder)
    for path in ("/", "/e/x", "/e/x/runs/words.q-apixaban", "/evidence?q=apixaban"):
        assert client.get(path).status_code == 200
    assert model.begun == 0
    assert client.get("/e/x/retrieval").status_code == 200
    assert model.begun == 1


def test_a_model_that_cannot_be_loaded_says_why_and_words_are_searched_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, model: WaitingWords
) -> None:
    def fails(texts: object) -> None:
        raise ValueError("expected an embedding model, got none")

    monkeypatch.setattr(WaitingWords, "encode", lambda self, texts: fails(texts))
    found(folder)
    model.loaded()
    told = found(folder)
    assert (told.encoder.state, told.encoder.why) == ("failed", "expected an embedding model, got none")
    assert {name: one.state for name, one in columns(told).items()}["bm25"] == "found"


def test_each_version_is_told_with_how_it_stood_on_the_day_and_what_replaced_it(
    folder: Path, model: WaitingWords
) -> None:
    hits = {hit.ref: hit for hit in columns(found(folder, as_of=DAY, seq=SEEN))["bm25"].hits}
    old, new = hits["apixaban@0"], hits["apixaban@1"]
    assert (old.status, old.superseded_by, old.since) == ("superseded", "apixaban@1", date(2018, 1, 1))
    assert (new.status, new.superseded_by) == ("current", None)
    assert all(hit.why.startswith("BM25") for hit in hits.values())
    before = {hit.ref: hit.status for hit in columns(found(folder, as_of=date(2016, 1, 1)))["bm25"].hits}
    assert (before["apixaban@0"], before["apixaban@1"]) == ("current", "not_yet")


def test_what_was_recorded_later_is_not_found_at_an_earlier_number(folder: Path, model: WaitingWords) -> None:
    now, then = (columns(found(folder, seq=seq))["bm25"].hits for seq in (None, SEEN))
    assert {hit.ref for hit in now} - {hit.ref for hit in then}


def test_what_each_gate_dropped_is_told_with_its_reason(folder: Path, model: WaitingWords) -> None:
    model.loaded()
    found(folder)
    model.loaded()
    gated = columns(found(folder, as_of=DAY))["gated"]
    dropped = {one.ref: (gate.gate, one.why) for gate in gated.gates for one in gate.dropped}
    assert dropped["apixaban@0"] == ("as_of", "superseded on 2020-01-01: valid 2015-01-01 to 2018-01-01")
    assert [gate.gate for gate in gated.gates] == list(Clean().gates)
    standard = columns(found(folder, as_of=DAY))["standard"]
    assert standard.gates == ()
    assert "apixaban@0" in {hit.ref for hit in standard.hits}


def test_a_condition_sees_the_store_state_that_it_names(folder: Path, model: WaitingWords) -> None:
    custom = ({"name": "early", "base": "standard", "retriever": "bm25", "snapshot": "1"},)
    plan = Plan.model_validate({"benchmark": "b", "store": "s", "conditions": ("early",), "custom": custom})
    encoder = warm_encoder(folder.parent / "store")
    with opened_store(ExperimentFolders([folder]), "x", encoder) as opened:
        told = retrieval(opened, plan, encoder, RetrievalQuery(ASKED, as_of=DAY))
    assert (columns(told)["early"].seq, told.seq) == (1, opened.place.seq)
    assert {hit.ref for hit in columns(told)["early"].hits} == {"apixaban@0"}


def test_nothing_is_recorded_not_even_the_vector_of_what_was_typed(folder: Path, model: WaitingWords) -> None:
    found(folder)
    model.loaded()
    store = folder.parent / "store"
    journal = (folder / "journal.db").read_bytes()

    def vectors() -> int:
        with sqlite3.connect(store / "embeddings.db") as db:
            return int(db.execute("SELECT count(*) FROM vector").fetchone()[0])

    before = vectors()
    told = found(folder, "something that nobody has asked about apixaban before")
    assert {one.state for one in told.columns} == {"found"}
    assert vectors() == before
    assert (folder / "journal.db").read_bytes() == journal


def test_without_a_query_there_are_choices_and_no_search(folder: Path, model: WaitingWords) -> None:
    told = found(folder, "  ")
    assert told.columns == ()
    assert {choice.name for choice in told.choices} >= {"standard", "gated", "bm25", "hybrid"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=x&retrievers=gate", "retrievers: expected some of standard"),
        ("q=x&retrievers=gate", "did you mean 'gated'"),
        ("q=x&k=0", "k: expected 1 to"),
        ("q=x&k=many", "k: "),
        ("q=x&asof=soon", "asof: expected a day such as"),
        ("q=x&seq=99", "seq: expected a ledger number from 0 to"),
        (f"q={'x' * (LONGEST + 1)}", "q: expected a query of at most 8,000 characters"),
    ],
)
def test_a_question_that_cannot_be_read_is_one_line_and_the_page_keeps_its_controls(
    folder: Path, model: WaitingWords, query: str, said: str
) -> None:
    client = asking(folder)
    answer = client.get(f"{API}?{query}")
    assert answer.status_code == 422
    assert said in answer.json()["fault"]
    assert client.get(f"/e/x/retrieval?{query}").status_code == 200


def test_a_store_that_is_not_at_hand_is_said(folder: Path, model: WaitingWords, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "x")
    written = (tmp_path / "x" / PLAN).read_text("utf-8")
    store = next(line for line in written.splitlines() if line.startswith("store = "))
    (tmp_path / "x" / PLAN).write_text(written.replace(store, 'store = "nowhere"'), "utf-8")
    client = asking(tmp_path / "x")
    page = client.get("/e/x/retrieval?q=apixaban")
    assert page.status_code == 200
    assert "expected the evidence store it was run on" in page.text
    assert client.get(f"{API}?q=apixaban").status_code == 409


def test_hostile_words_stay_words(folder: Path, model: WaitingWords) -> None:
    page = asking(folder).get("/e/x/retrieval", params={"q": f"apixaban {HOSTILE}"}).text
    assert HOSTILE not in page
    assert "<img src=x" not in page
    assert HOSTILE[:30] in " ".join(found(folder).texts.values())


def test_a_retriever_that_no_condition_uses_can_be_put_beside_the_others(folder: Path, model: WaitingWords) -> None:
    found(folder)
    model.loaded()
    told = found(folder, retrievers=("hybrid", "bm25", "full"), k=2)
    assert list(columns(told)) == ["hybrid", "bm25", "full"]
    assert all(len(one.hits) == one.k == 2 for one in told.columns)
    assert columns(told)["hybrid"].hits[0].why.startswith("dense rank")
