"""Question sets in the forms that others publish become benchmarks that run; a wrong file is a line, not one a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import Said, evitrail

from evitrail.eval.dataset.case import Case, load

MEDQA = {
    "question": "Which pulse is felt at the wrist?",
    "answer": "Radial",
    "options": {"A": "Femoral", "B": "Radial", "C": "Carotid"},
    "answer_idx": "B",
    "meta_info": "step1",
}
MEDMCQA = {
    "id": "m-1",
    "question": "Which vitamin does sunlight make?",
    "opa": "A",
    "opb": "C",
    "opc": "D",
    "opd": "K",
    "cop": 3,
    "subject_name": "Physiology",
    "exp": "In the skin.",
}
PUBMEDQA = {
    "QUESTION": "Does handwashing lower infections on wards?",
    "CONTEXTS": ["Wards with soap had fewer."],
    "LONG_ANSWER": "It does.",
    "final_decision": "yes",
}
MMLU = {"question": "Where is bile stored?", "choices": ["Gallbladder", "Liver"], "answer": 0, "subject": "anatomy"}
BIOASQ = {
    "id": "b-1",
    "body": "Is insulin a peptide?",
    "type": "yesno",
    "exact_answer": "yes",
    "ideal_answer": ["It is."],
}
HUGGING_FACE = {
    "qid": "h-1",
    "question": "Which organ makes urine?",
    "choices": {"label": ["A", "B"], "text": ["Spleen", "Kidney"]},
    "answerKey": "B",
}
MAP = '[columns]\nid = "qid"\noptions = "choices"\nanswer = "answerKey"\n'


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def imported(path: Path, form: str, *more: object) -> Said:
    return evitrail("import-questions", path, "--format", form, "--out", path.with_name("benchmark.jsonl"), *more)


def cases(path: Path) -> list[Case]:
    return load(path.with_name("benchmark.jsonl"))


@pytest.mark.parametrize(
    ("form", "content", "answer", "options", "id"),
    [
        ("medqa", json.dumps(MEDQA), "B", 3, "set-1"),
        ("medmcqa", json.dumps(MEDMCQA) + "\n" + json.dumps(MEDMCQA | {"id": "m-2", "cop": 4}), "C", 4, "m-1"),
        ("medmcqa", [MEDMCQA, MEDMCQA | {"id": "m-2", "cop": 0}], "D", 4, "m-1"),
        ("pubmedqa", {"311": PUBMEDQA}, "A", 3, "311"),
        ("pubmedqa", [{"pubid": 311, "question": "Is it so?", "final_decision": "maybe"}], "C", 3, "311"),
        ("mmlu", [MMLU], "A", 2, "set-1"),
        ("mmlu", {"rows": [{"row_idx": 0, "row": MMLU}]}, "A", 2, "set-1"),
        ("bioasq", {"questions": [BIOASQ]}, "A", 2, "b-1"),
    ],
)
def test_each_form_is_read_as_it_is_published(
    form: str, content: Any, answer: str, options: int, id: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "set.json", content)
    assert imported(path, form).code == 0
    first = cases(path)[0]
    assert (first.id, first.answer, len(first.options)) == (id, answer, options)
    assert (first.labels, first.clean_evidence, first.question_type) == ({}, (), form)


def test_the_authors_table_of_mmlu_has_no_header(tmp_path: Path) -> None:
    path = written(tmp_path / "anatomy_test.csv", '"Where, mostly, is bile stored?",Gallbladder,Liver,Spleen,Colon,A\n')
    assert imported(path, "mmlu").code == 0
    (case,) = cases(path)
    assert (case.stem, case.options["B"], case.answer) == ("Where, mostly, is bile stored?", "Liver", "A")


def test_what_a_file_says_beside_the_question_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "set.json", [MEDMCQA, MEDMCQA | {"id": "m-2", "cop": 4, "subject_name": None}])
    assert imported(path, "medmcqa").code == 0
    first, second = cases(path)
    assert (first.subspecialty, first.gold_rationale) == ("Physiology", "In the skin.")
    assert second.subspecialty == "unknown"


def test_any_table_is_read_by_a_map(tmp_path: Path) -> None:
    path = written(
        tmp_path / "own.csv", "nr;Frage;eins;zwei;drei;Lösung\n7;Which bone is longest?;Femur;Ulna;;1\n8;Two?;a;b;c;3\n"
    )
    columns = 'stem = "Frage"\noptions = ["eins", "zwei", "drei"]\nanswer = "Lösung"\nid = "nr"\n'
    shape = written(tmp_path / "map.toml", f'[columns]\n{columns}[answer]\nis = "number"\n')
    assert imported(path, "csv", "--map", shape).code == 0
    first, second = cases(path)
    assert (first.id, first.options, first.answer) == ("7", {"A": "Femur", "B": "Ulna"}, "A")
    assert second.answer == "C"


def test_options_by_label_and_an_answer_by_its_text_are_read_too(tmp_path: Path) -> None:
    path = written(tmp_path / "hf.jsonl", json.dumps(HUGGING_FACE))
    assert imported(path, "json", "--map", written(tmp_path / "map.toml", MAP)).code == 0
    assert (cases(path)[0].id, cases(path)[0].answer) == ("h-1", "B")
    path.with_name("benchmark.jsonl").unlink()
    by_text = written(tmp_path / "text.toml", MAP + '[answer]\nis = "text"\n')
    path = written(tmp_path / "hf.jsonl", json.dumps(HUGGING_FACE | {"answerKey": "Kidney"}))
    assert imported(path, "json", "--map", by_text).code == 0
    assert cases(path)[0].answer == "B"


def test_what_is_no_question_with_an_answer_is_left_out_and_counted(tmp_path: Path) -> None:
    more = [BIOASQ | {"id": "b-2", "type": "list"}, BIOASQ | {"id": "b-3", "type": "factoid"}, {"id": "b-4", **_open()}]
    path = written(tmp_path / "set.json", {"questions": [BIOASQ, *more]})
    said = imported(path, "bioasq", "--json").json
    assert said["questions"] == 1
    assert said["left_out"] == {
        "asked for list, not for yes or no": 1,
        "asked for factoid, not for yes or no": 1,
        "without an answer": 1,
    }


def _open() -> dict[str, str]:
    return {"body": "Is it?", "type": "yesno"}


@pytest.mark.parametrize(
    ("form", "content", "fault"),
    [
        ("medqa", [MEDMCQA] * 500, "expected the form medqa, got rows of the form medmcqa; give --format medmcqa"),
        (
            "medqa",
            [MEDQA | {"answer_idx": "F"}] * 3,
            "expected an answer_idx of ['A', 'B', 'C'], got 'F' (and 2 more rows)",
        ),
        ("medqa", [MEDQA | {"answer": "Carotid"}], "answer_idx 'B' is 'Radial', and answer says 'Carotid'"),
        ("medmcqa", [MEDMCQA | {"cop": 2}], "whether options count from 0 or 1, got neither 0 nor 4"),
        ("pubmedqa", {"1": PUBMEDQA | {"final_decision": "perhaps"}}, "expected a final_decision of yes, no, maybe"),
        ("mmlu", [MMLU | {"answer": 7}], "expected the answer to be one of 2 options, got number 8"),
        ("mmlu", [MMLU | {"choices": ["Liver", " "]}], "expected a text for the option, got ' '"),
        (
            "bioasq",
            {"questions": [_open()]},
            "expected at least one question with options and an answer, got 1 without",
        ),
        (
            "csv",
            "question,A,B\nWhich?,x,y\n",
            "no column 'answer' for answer; the columns are 'question', 'A', 'B'; name",
        ),
        (
            "json",
            [HUGGING_FACE, HUGGING_FACE | {"qid": "h-2"}],
            "no column 'answer' for answer; the columns are 'qid'",
        ),
        ("json", "[1, 2]", "question 1: expected a JSON object, got 1"),
        ("json", "no JSON", "expected JSON"),
        ("csv", "", "set.json: expected a header and at least one row, found no row"),
        ("csv", "question,A,B,answer\n", "set.json: expected a header and at least one row, found no row"),
        ("usmle", [MEDQA], "--format: expected one of medqa, medmcqa, pubmedqa, mmlu, bioasq, csv, json, got 'usmle'"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(form: str, content: Any, fault: str, tmp_path: Path) -> None:
    path = written(tmp_path / "set.json", content)
    said = imported(path, form)
    assert (said.code, len(said.faults)) == (2, 1)
    assert fault in said.faults[0]
    assert not path.with_name("benchmark.jsonl").exists()


def test_two_questions_with_one_id_are_refused(tmp_path: Path) -> None:
    said = imported(written(tmp_path / "set.json", {"questions": [BIOASQ, BIOASQ]}), "bioasq")
    assert said.code == 2
    assert said.faults[0].endswith("set.json: question 2: has the id of a question before it")


def test_a_map_that_is_wrong_is_told_with_every_fault(tmp_path: Path) -> None:
    shape = written(tmp_path / "map.toml", '[columns]\nsteem = "q"\nanswer = 3\n[answer]\nis = "roman"\n[more]\n')
    said = imported(written(tmp_path / "own.csv", "question,A,B,answer\nWhich?,x,y,A\n"), "csv", "--map", shape)
    assert said.code == 2
    assert len(said.faults) == 4


def test_a_map_of_columns_is_refused_where_the_form_has_its_own(tmp_path: Path) -> None:
    said = imported(written(tmp_path / "s.json", [MMLU]), "mmlu", "--map", written(tmp_path / "map.toml", MAP))
    assert (said.code, len(said.faults)) == (2, 1)
    assert said.faults[0].startswith("--map: the form mmlu has columns of its own")


def test_a_benchmark_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "set.json", [MMLU])
    assert imported(path, "mmlu").code == 0
    again = imported(path, "mmlu")
    assert (again.code, len(again.faults)) == (2, 1)
    assert "expected the name of a new file" in again.faults[0]


def test_a_benchmark_is_written_to_a_folder_that_is_there(tmp_path: Path) -> None:
    path = written(tmp_path / "set.json", [MMLU])
    said = imported(path, "mmlu", "--out", tmp_path / "new" / "benchmark.jsonl")
    assert (said.code, len(said.faults)) == (2, 1)
    assert said.faults[0].endswith(f"expected a folder {tmp_path / 'new'} to write it to, found none; make it first")
