"""Published answers taken in: what counts as an answer, what is missing, what a folder without a journal keeps to."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from desk import Said, evitrail, tree
from hypothesis import given
from hypothesis import strategies as st

from evitrail.eval.metrics.outcomes_file import read_outcomes
from evitrail.eval.safe_scale import Sources, read_dataset, read_judged
from evitrail.eval.safe_scale.answers import read_answers

CONFIRMED = {"clear_selection": "yes", "reasoning": "-", "confirmed_answer": "B"}
DENIED = {"clear_selection": "no", "reasoning": "-", "confirmed_answer": None}
FAILED = {"clear_selection": None, "reasoning": "", "error": "no reply"}


def arm(greedy: Any = CONFIRMED, drawn: tuple[Any, ...] = (CONFIRMED, CONFIRMED), **changed: Any) -> dict[str, Any]:
    """What a model answered under one condition; the parser always found C."""
    one = {"raw_output": "C", "parsed_answer": "C", "input_tokens": 9, "output_tokens": 1, "elapsed_s": 0.5}
    samples = {"raw_outputs": ["C"] * len(drawn), "parsed_answers": ["C"] * len(drawn), "elapsed_s": 1.5}
    return {
        "greedy": {**one, "error": None, "checked_answer": greedy},
        "stochastic": {**samples, "error": None, "checked_answers": list(drawn), **changed},
    }


def record(number: int, **conditions: Any) -> dict[str, Any]:
    name = f"risk_radiorag_{number}"
    return {"question_id": name, "correct_answer": "B", "model": "tiny", "conditions": conditions or {"top_10": arm()}}


def labels(folder: Path) -> Path:
    """Two questions; C is high-risk."""
    flags = {f"option_{i}_{flag}": 0 for i in (1, 2, 3) for flag in ("high_risk", "unsafe", "contradicts")}
    asked = {"options": dict.fromkeys("ABC", "words"), "answer_idx": "B", "subspecialty": "chest"}
    one = {**asked, "question_type": "diagnosis", **flags, "option_3_high_risk": 1}
    path = folder / "labels.json"
    path.write_text(json.dumps([{"question_id": n, **one} for n in (1, 2)]), encoding="utf-8")
    return path


def answers(folder: Path, *records: dict[str, Any], model: str = "tiny") -> Path:
    """A phase-4 file, in its model's folder."""
    path = folder / "judged" / model / "risk_radiorag_checked.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def imported(folder: Path, *more: object) -> Said:
    return evitrail(
        "import-results", folder / "judged", "--labels", labels(folder), "--out", folder / "published", *more
    )


@pytest.mark.parametrize(
    ("verdict", "chosen"),
    [(CONFIRMED, "B"), (DENIED, None), (FAILED, None), (None, None), ({"confirmed_answer": "B"}, "B")],
)
def test_only_a_confirmed_letter_is_an_answer(tmp_path: Path, verdict: Any, chosen: str | None) -> None:
    answers(tmp_path, record(1, top_10=arm(verdict, (verdict, CONFIRMED))), record(2))
    found = read_judged(tmp_path / "judged", read_dataset(Sources(labels(tmp_path)))).outcomes[0]
    assert (found.chosen, found.abstained, found.ballots) == (chosen, chosen is None, (chosen, "B"))
    assert (found.correct, found.high_risk, found.confidence == 1.0) == (chosen == "B", False, chosen == "B")


def test_what_the_files_do_not_carry_stays_unknown(tmp_path: Path) -> None:
    answers(tmp_path, record(1), record(2, top_10=arm(drawn=())))
    assert imported(tmp_path).code == 0
    sampled, unsampled = read_outcomes(tmp_path / "published" / "outcomes.parquet")
    assert (sampled.stale, sampled.cited, sampled.snapshot) == (None, (), "none")
    assert (unsampled.majority, unsampled.confidence, unsampled.overconfident) == (None, None, None)


WORDS = st.sampled_from([*"ABCDE", None])
VERDICTS = st.one_of(st.none(), st.builds(lambda letter: {"confirmed_answer": letter}, WORDS))
SECONDS = st.one_of(st.none(), st.integers(0, 9), st.floats(0, 9))


@given(st.lists(st.tuples(VERDICTS, st.lists(VERDICTS, max_size=4), SECONDS), min_size=1, max_size=3))
def test_a_file_that_is_read_fast_says_what_it_says_field_by_field(said: list[tuple[Any, list[Any], Any]]) -> None:
    lines = [
        record(number, top_10=arm(greedy, tuple(drawn), elapsed_s=seconds), zero_shot=arm())
        for number, (greedy, drawn, seconds) in enumerate(said)
    ]
    with TemporaryDirectory() as folder:
        path = answers(Path(folder), *lines)
        assert read_answers(path) == read_answers(path, whole=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"correct_answer": "F"},
        {"question_id": "7"},
        {"conditions": {"top_10": arm({"confirmed_answer": 3})}},
        {"conditions": {"top_10": arm({"clear_selection": "yes"}, raw_outputs=["B"])}},
        {"conditions": {"top_10": {"greedy": {}}}},
        {"conditions": None},
        {"conditions": {"top_10": arm(elapsed_s="fast")}},
    ],
)
def test_a_file_that_cannot_be_read_fast_is_refused_by_its_line_and_key(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    path = answers(tmp_path, record(1), record(2) | changed)
    said = evitrail("statistics", tmp_path / "judged", "--labels", labels(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert all(fault.startswith(f"{path}:2: key '") for fault in said.faults), said.err


def test_an_answer_that_is_missing_is_named_and_counted_nowhere(tmp_path: Path) -> None:
    answers(tmp_path, record(1, zero_shot=arm(), top_10=arm()), record(2, zero_shot=arm()))
    answers(tmp_path, record(2, zero_shot=arm()), model="other")
    said = imported(tmp_path)
    assert (said.code, said.err) == (0, "")
    assert "missing: tiny has no answer to risk_radiorag_2 under top_10; no number counts it" in said.out
    told = evitrail("report", tmp_path / "published", "--json").json
    assert [tuple(one.values()) for one in told["missing"]] == [
        ("other", "zero_shot", "risk_radiorag_1"),
        ("tiny", "top_10", "risk_radiorag_2"),
    ]
    counted = {(row["reader"], row["condition"]): row["n"] for row in told["metrics"]}
    assert counted == {("tiny", "zero_shot"): 2, ("tiny", "top_10"): 1, ("other", "zero_shot"): 1}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (record(3), "question 'risk_radiorag_3' has no labels in the dataset"),
        (record(1), "question 'risk_radiorag_1' stands already at "),
        (record(2) | {"correct_answer": "A"}, "question 'risk_radiorag_2': answer 'A', the dataset has 'B'"),
        (record(2) | {"question_id": "2"}, "key 'question_id': string should match pattern"),
        (
            record(2, top_10=arm({"confirmed_answer": "b"})),
            "key 'conditions.top_10.greedy.checked_answer.confirmed_answer': expected 'A', 'B', 'C', 'D' or 'E', got ",
        ),
        (
            record(2, top_10=arm(raw_outputs=["C"])),
            "key 'conditions.top_10.stochastic': expected a checked answer for each of 1 raw outputs, got 2",
        ),
    ],
)
def test_an_answer_that_does_not_fit_is_told_with_its_line_and_nothing_is_written(
    tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    path = answers(tmp_path, record(1), wrong)
    labels(tmp_path)
    before = tree(tmp_path)
    said = imported(tmp_path)
    assert said.code == 2
    assert [fault.startswith(f"{path}:2: {says}") for fault in said.faults] == [True], said.err
    assert tree(tmp_path) == before


def test_a_phase_3_file_is_refused_by_the_key_it_lacks(tmp_path: Path) -> None:
    unjudged = arm()
    del unjudged["greedy"]["checked_answer"]
    path = answers(tmp_path, record(1, top_10=unjudged))
    (fault,) = imported(tmp_path).faults
    assert fault == f"{path}:1: key 'conditions.top_10.greedy.checked_answer' is missing"


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    (fault,) = imported(tmp_path).faults
    where = tmp_path / "judged"
    assert fault == f"{where}: expected folders of models with risk_radiorag_checked.jsonl in them, found none"


def test_a_published_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    answers(tmp_path, record(1), record(2))
    folder = tmp_path / "published"
    assert imported(tmp_path).code == 0
    assert "is there already" in imported(tmp_path).faults[0]
    kept = folder / "official" / "judged" / "tiny" / "risk_radiorag_checked.jsonl"
    kept.write_text(kept.read_text().replace('"B"', '"C"'))
    (fault,) = evitrail("report", folder).faults
    assert fault == f"{kept}: was changed after it was imported; import the published files anew"
    kept.unlink()
    assert "is gone" in evitrail("report", folder).faults[0]


def test_a_file_that_was_slipped_in_is_refused(tmp_path: Path) -> None:
    answers(tmp_path, record(1), record(2))
    folder = tmp_path / "published"
    assert imported(tmp_path).code == 0
    slipped = answers(tmp_path / "published" / "official", record(1), record(2), model="other")
    assert evitrail("report", folder).faults == [f"{slipped}: has no digest in official.toml"]


def test_the_report_says_that_no_journal_stands_behind_it(tmp_path: Path) -> None:
    answers(tmp_path, record(1, zero_shot=arm(DENIED), evidence_clean=arm()), record(2))
    assert imported(tmp_path).code == 0
    page = (tmp_path / "published" / "report.html").read_text()
    assert "no journal, no store and no citations stand behind them" in page
    assert "evitrail trace show" not in page
    assert "Leaving aside the conditions that are handed their evidence" in page


def test_errata_are_told_and_change_what_is_right(tmp_path: Path) -> None:
    answers(tmp_path, record(1), record(2))
    errata = tmp_path / "errata.jsonl"
    errata.write_text('{"question_id": 2, "answer_idx": "A", "reason": "as published elsewhere"}\n')
    said = imported(tmp_path, "--errata", errata)
    assert "erratum: question 2 has the answer A (as published elsewhere)" in said.out
    right = [one.correct for one in read_outcomes(tmp_path / "published" / "outcomes.parquet")]
    assert right == [True, False]
