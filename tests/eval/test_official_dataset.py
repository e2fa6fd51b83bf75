"""The published dataset in its three forms gives the same cases; what is missing is said by name, with its line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from evitrail.eval.dataset.labels import Flags
from evitrail.eval.safe_scale import Sources, read_dataset
from evitrail.evidence_store import InputError

FLAGS = tuple(Flags.model_fields)


def question(number: int, letters: str = "ABCD", harmful: str = "C", **changed: Any) -> dict[str, Any]:
    """A question as the merged file has it; ``harmful`` is a high-risk option."""
    flags = {f"option_{i}_{flag}": 0 for i, _ in enumerate(letters, start=1) for flag in FLAGS}
    flags[f"option_{'ABCDE'.index(harmful) + 1}_high_risk"] = 1
    return {
        "question_id": number,
        "question": f"Which sign, in case {number}?",
        "options": {letter: f"sign {letter}, of {number}" for letter in letters},
        "answer_idx": "B",
        "subspecialty": "chest",
        "question_type": "diagnosis",
        **flags,
        **changed,
    }


QUESTIONS = [question(1), question(2, "ABCDE", harmful="E"), question(10, harmful="B")]


def merged(folder: Path, questions: list[dict[str, Any]] = QUESTIONS) -> Path:
    path = folder / "merged.json"
    path.write_text("[\n" + ",\n".join(json.dumps(one) for one in questions) + "\n]\n", encoding="utf-8")
    return path


def lines(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def asked(number: int, letters: str = "ABCD", **changed: Any) -> dict[str, Any]:
    """A question as the unified file has it."""
    one = question(number, letters)
    return {
        "question_id": f"risk_radiorag_{number}",
        "question_text": f"Case {number}, in full: which sign?",
        "options": one["options"],
        "correct_answer": "B",
        "metadata": {"evidence_clean": f"Clean, of {number}."},
        **changed,
    }


def flattened(folder: Path, questions: list[dict[str, Any]] = QUESTIONS, called: dict[str, str] | None = None) -> Path:
    """The questions as a CSV; ``called`` renames columns, and leaves one out that is called nothing."""
    flat = [{**one, **{f"option_{key}": text for key, text in one["options"].items()}} for one in questions]
    names = [name for name in dict.fromkeys(key for one in flat for key in one) if name != "options"]
    header = {name: (called or {}).get(name, name) for name in names}
    path = folder / "flattened.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column for column in header.values() if column])
        writer.writerows([[one.get(name, "") for name, column in header.items() if column] for one in flat])
    return path


def faults(*sources: Path | None) -> tuple[str, ...]:
    given = Sources(*sources)  # type: ignore[arg-type] # the first is never None here
    with pytest.raises(InputError) as refused:
        read_dataset(given)
    assert all("\n" not in fault for fault in refused.value.faults)
    return refused.value.faults


def test_json_json_lines_and_csv_give_the_same_cases(tmp_path: Path) -> None:
    read = read_dataset(Sources(merged(tmp_path)))
    assert list(read.cases) == ["risk_radiorag_1", "risk_radiorag_2", "risk_radiorag_10"]
    assert read.cases["risk_radiorag_2"].labels["E"] == Flags(high_risk=True)
    assert set(read.cases["risk_radiorag_1"].labels) == set("ABCD")
    assert read_dataset(Sources(lines(tmp_path / "merged.jsonl", QUESTIONS))) == read
    assert read_dataset(Sources(flattened(tmp_path))) == read


def test_a_column_map_says_what_the_columns_are_called(tmp_path: Path) -> None:
    called = {"question_id": "qid", "option_1_unsafe": "A is unsafe", "option_5_high_risk": "E_risk"}
    columns = tmp_path / "columns.toml"
    columns.write_text("".join(f"{key} = {name!r}\n" for key, name in called.items()), encoding="utf-8")
    path = flattened(tmp_path, called=called)
    assert read_dataset(Sources(path, columns=columns)) == read_dataset(Sources(merged(tmp_path)))
    columns.write_text("option_1_unsave = 'x'\n", encoding="utf-8")
    (said,) = faults(path, None, columns)
    assert said.startswith(f"{columns}: unknown key 'option_1_unsave'; expected one of question_id, question, ")


def test_a_label_column_that_is_not_there_or_not_mapped_is_named(tmp_path: Path) -> None:
    path = flattened(tmp_path, called={"option_3_unsafe": "", "option_4_high_risk": "D_high_risk"})
    assert faults(path) == (
        f"{path}:1: no column 'option_3_unsafe' for option_3_unsafe; say what it is called in the column map: "
        'option_3_unsafe = "COLUMN"',
        f"{path}:1: no column 'option_4_high_risk' for option_4_high_risk; say what it is called in the column map: "
        'option_4_high_risk = "COLUMN"',
        f"{path}:1: column 'D_high_risk' looks like a label and is not in the column map",
    )


def test_a_row_of_a_csv_is_told_with_the_line_it_begins_on(tmp_path: Path) -> None:
    path = flattened(tmp_path, [question(1, question="Which sign,\nand where?"), question(2, option_1_unsafe="yes")])
    assert faults(path) == (f"{path}:4: key 'option_1_unsafe': expected 0, 1 or null, got 'yes'",)
    cut = path.read_text("utf-8").replace(",yes", "")
    path.write_text(cut, encoding="utf-8")
    (said,) = faults(path)
    assert said.startswith(f"{path}:4: expected ")
    assert said.endswith(" cells, one for each column")


def test_labels_that_no_question_of_a_file_has_are_missing_and_not_zero(tmp_path: Path) -> None:
    bare = [{key: value for key, value in one.items() if key != "option_5_unsafe"} for one in QUESTIONS]
    path = merged(tmp_path, bare)
    assert faults(path) == (f"{path}: no question has the label 'option_5_unsafe'; expected 0, 1 or null",)


def test_a_null_label_is_zero(tmp_path: Path) -> None:
    path = merged(tmp_path, [question(1, option_1_unsafe=None, option_2_unsafe=1)])
    labels = read_dataset(Sources(path)).cases["risk_radiorag_1"].labels
    assert (labels["A"].unsafe, labels["B"].unsafe) == (False, True)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"question_id": "seven"}, "key 'question_id': expected a number or risk_radiorag_NUMBER, got 'seven'"),
        ({"question_id": 1}, "question 1 stands already at "),
        ({"option_2_unsafe": "perhaps"}, "key 'option_2_unsafe': expected 0, 1 or null, got 'perhaps'"),
        ({"option_5_unsafe": 1}, "key 'option_5_unsafe': labels option E, which the question does not have"),
        ({"answer_idx": "E"}, "key 'answer': expected one of the options ['A', 'B', 'C', 'D'], got 'E'"),
        ({"answer_idx": 2}, "key 'answer_idx': expected 'A', 'B', 'C', 'D' or 'E', got 2"),
        ({"options": None}, "key 'options': "),
    ],
)
def test_a_question_that_does_not_fit_is_told_with_its_line(tmp_path: Path, wrong: dict[str, Any], says: str) -> None:
    path = merged(tmp_path, [question(1), question(7) | wrong])
    (said,) = faults(path)
    assert said.startswith(f"{path}:3: {says}")


def test_a_question_without_any_label_is_refused(tmp_path: Path) -> None:
    unlabelled = {key: value for key, value in question(2).items() if not key.startswith("option_")}
    path = merged(tmp_path, [question(1), unlabelled])
    (said,) = faults(path)
    assert said.startswith(f"{path}:3: no label of any option")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", ":1: expected a JSON array of questions"),
        ("[]", ": expected at least one question, found none"),
        ('[\n{"question_id": 1,\n', ":3: broken JSON at column"),
        ("[1]", ":1: expected a JSON object, got a int"),
        ("[{} {}]", ":1: expected ',' or ']' after a question"),
    ],
)
def test_a_broken_array_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "merged.json"
    path.write_text(text, encoding="utf-8")
    (said,) = faults(path)
    assert said.startswith(f"{path}{says}")


def test_the_unified_file_is_joined_by_number_and_tells_what_was_asked_and_served(tmp_path: Path) -> None:
    unified = lines(tmp_path / "unified.jsonl", [asked(10), asked(1), asked(2, "ABCDE")])
    case = read_dataset(Sources(merged(tmp_path), unified)).cases["risk_radiorag_10"]
    assert (case.stem, case.meta) == ("Case 10, in full: which sign?", {"evidence_clean": "Clean, of 10."})


def test_what_one_file_has_and_the_other_has_not_is_named(tmp_path: Path) -> None:
    labels = merged(tmp_path)
    other = asked(2, "ABCDE", options=dict.fromkeys("ABCDE", "another"), correct_answer="D")
    unified = lines(tmp_path / "unified.jsonl", [asked(1), other, asked(3)])
    assert faults(labels, unified) == (
        f"{labels}:4: question 10 is not in {unified}",
        f"{unified}:2: question 2 has other options at {labels}:3",
        f"{unified}:2: question 2: answer 'D', and 'B' at {labels}:3",
        f"{unified}:3: question 3 has no labels in {labels}",
    )


def test_an_erratum_changes_the_answer_and_keeps_the_printed_one(tmp_path: Path) -> None:
    labels = merged(tmp_path)
    errata = lines(
        tmp_path / "errata.jsonl", [{"question_id": 2, "answer_idx": "D", "reason": "the reference says so"}]
    )
    before, after = read_dataset(Sources(labels)), read_dataset(Sources(labels, errata=errata))
    assert [one.cases["risk_radiorag_2"].answer for one in (before, after)] == ["B", "D"]
    assert before.printed == after.printed
    assert [erratum.question_id for erratum in after.errata] == [2]


def test_an_erratum_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    labels = merged(tmp_path)
    wrong = [{"question_id": 2, "answer_idx": "B", "reason": "–"}, {"question_id": 3, "answer_idx": "A", "reason": "–"}]
    errata = lines(tmp_path / "errata.jsonl", wrong)
    assert faults(labels, None, None, errata) == (
        f"{errata}:1: question 2 has the answer 'B' already",
        f"{errata}:2: question 3 is not in {labels}",
    )
    lines(errata, [{"question_id": 1, "answer_idx": "E", "reason": "–"}])
    (said,) = faults(labels, None, None, errata)
    assert said.startswith(f"{errata}:1: key 'answer': expected one of the options ['A', 'B', 'C', 'D'], got 'E'")
