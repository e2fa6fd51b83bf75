"""The published texts in a store: to the character, by id, found by no search, and served to their own question."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail, tree
from ward import opened

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.model import Decoding, Synthesis
from evitrail.agent.reader import DirectReader
from evitrail.eval.dataset.case import check, load
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.plan.condition import condition
from evitrail.evidence_store import read_evidence
from evitrail.retrieval import BM25
from evitrail.traces.journal.folder import Journals
from evitrail.traces.trace import Trace

LONG = "  A report.\n\n# Findings\r\n" + "".join(
    f"Finding {n} was seen on the radiograph, and it was small. \t Another one, naïve to see, was not.\n\n"
    for n in range(90)
)
QUESTIONS: list[dict[str, Any]] = [
    {
        "question_id": f"risk_radiorag_{number}",
        "question_text": f"What does radiograph {number} show?",
        "options": {"A": "a fracture", "B": "a mass", "C": "nothing", "D": "air"},
        "correct_answer": "B",
        "metadata": {
            "evidence_clean": f"Radiograph {number} shows a mass.\n",
            "evidence_conflict": f"Radiograph {number} shows a mass.\n\nRadiograph {number} shows a fracture.",
            "deep_research_report": LONG if number == 7 else None,
        },
    }
    for number in (7, 12)
]
LABELS = [
    {
        "question_id": number,
        "options": QUESTIONS[0]["options"],
        "answer_idx": "B",
        "subspecialty": "chest",
        "question_type": "diagnosis",
        **{f"option_{i}_{flag}": 0 for i in range(1, 5) for flag in ("high_risk", "unsafe", "contradicts")},
    }
    for number in (7, 12)
]
TEXTS = {
    f"radsafe-{number}-{name}@1": text
    for number, question in zip((7, 12), QUESTIONS, strict=True)
    for name, text in zip(("clean", "conflict", "report"), question["metadata"].values(), strict=True)
    if text
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[object, ...]:
    (tmp_path / "labels.json").write_text(json.dumps(LABELS), "utf-8")
    (tmp_path / "questions.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in QUESTIONS), "utf-8")
    return ("--labels", tmp_path / "labels.json", "--questions", tmp_path / "questions.jsonl")


def test_the_texts_become_evidence_to_the_character_and_the_questions_name_them(
    tmp_path: Path, files: tuple[object, ...]
) -> None:
    said = evitrail("import-dataset", *files, "--out", tmp_path / "radsafe")
    assert (said.code, said.err) == (0, "")
    assert "2 questions" in said.out
    assert "without deep_research_report: 1 questions" in said.out
    cases = {case.id: case for case in load(tmp_path / "radsafe" / "benchmark.jsonl")}
    assert cases["risk_radiorag_7"].reports == ("radsafe-7-report@1",)
    assert cases["risk_radiorag_12"].reports == ()
    assert cases["risk_radiorag_12"].clean_evidence == ("radsafe-12-clean@1",)
    assert cases["risk_radiorag_12"].meta == {}
    with opened(tmp_path) as store:
        store.ingest(read_evidence(tmp_path / "radsafe" / "evidence.jsonl"))
        check(list(cases.values()), store.snapshot())
        assert {ref: store.get(ref).text for ref in TEXTS} == TEXTS
        kept = store.get("radsafe-7-report@1")
        assert (kept.kind, kept.grade, kept.published) == ("narrative_review", None, date(2026, 5, 5))
        assert store.get("radsafe-7-clean@1").kind == "expert_opinion"
        assert BM25().search("radiograph mass fracture", store.snapshot(), 10).hits == ()


def test_each_question_is_served_its_own_text_as_the_dataset_has_it(tmp_path: Path, files: tuple[object, ...]) -> None:
    assert evitrail("import-dataset", *files, "--out", tmp_path / "radsafe").code == 0
    arms = [condition(name) for name in ("evidence_clean", "evidence_conflict", "deep_research")]
    llm = ScriptedLLM(((".", "B"),))
    with opened(tmp_path) as store:
        store.ingest(read_evidence(tmp_path / "radsafe" / "evidence.jsonl"))
        cases = [case for case in load(tmp_path / "radsafe" / "benchmark.jsonl") if case.id == "risk_radiorag_7"]
        asked = Experiment(cases, arms, store, DirectReader(llm), Decoding(samples=1))
        assert asked.run(tmp_path / "run") == []
    with Journals.open(tmp_path / "run") as journal:
        for arm, ref in (("clean", "clean"), ("conflict", "conflict"), ("deep_research", "report")):
            steps = Trace(journal, f"{arm}.risk_radiorag_7").activities
            read = next(step for step in steps if step.kind == "synthesise")
            context = journal.get(read.output, Synthesis).context
            assert context is not None
            assert context.text == TEXTS[f"radsafe-7-{ref}@1"]


def test_the_day_can_be_given_and_must_be_one(tmp_path: Path, files: tuple[object, ...]) -> None:
    told = evitrail("import-dataset", *files, "--published", "2025-01-31", "--out", tmp_path / "radsafe", "--json").json
    assert told == {
        "folder": str(tmp_path / "radsafe"),
        "published": "2025-01-31",
        "questions": 2,
        "texts": 5,
        "without": {"deep_research_report": ["risk_radiorag_12"]},
    }
    (fault,) = evitrail("import-dataset", *files, "--published", "soon", "--out", tmp_path / "x").faults
    assert fault == "--published: expected a day such as 2026-05-05, got 'soon'"
    assert not (tmp_path / "x").exists()


def test_labels_alone_tell_no_question_and_are_refused(tmp_path: Path, files: tuple[object, ...]) -> None:
    before = tree(tmp_path)
    (fault,) = evitrail("import-dataset", *files[:2], "--out", tmp_path / "radsafe").faults
    assert fault == "question 'risk_radiorag_7': no file tells what is asked; give --questions"
    assert tree(tmp_path) == before


def test_questions_without_any_text_are_refused(tmp_path: Path, files: tuple[object, ...]) -> None:
    bare = [question | {"metadata": {}} for question in QUESTIONS]
    (tmp_path / "questions.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in bare), "utf-8")
    (fault,) = evitrail("import-dataset", *files, "--out", tmp_path / "radsafe").faults
    assert fault.startswith("expected the texts evidence_clean, evidence_conflict, deep_research_report, found none")
