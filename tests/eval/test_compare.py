"""Conditions are compared with a baseline on equal questions, with an exact test and the cases that tell them apart."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evitrail.eval.compare.arm import arms
from evitrail.eval.compare.comparison import Comparison, compared
from evitrail.eval.compare.documents import write_comparison
from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics import stats
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.outcomes_file import write_outcomes

LABELS = {
    "B": Flags(high_risk=True, unsafe=False, contradicts=False),
    "C": Flags(high_risk=False, unsafe=False, contradicts=True),
}


def outcome(condition: str, case: str, chosen: str | None, **more: Any) -> Outcome:
    said = {"answer": "A", "options": 4, "labels": LABELS, "reader": "r", "snapshot": "s", "ballots": ()} | more
    return score(run=f"{condition}.{case}", case=case, condition=condition, chosen=chosen, **said)


def experiment(folder: Path, answers: dict[str, str], **more: Any) -> Path:
    """An experiment of conditions whose answers to case-0, case-1 … are the letters of a word; ``-`` abstains."""
    folder.mkdir()
    found = [
        outcome(condition, f"case-{place}", None if letter == "-" else letter, **more)
        for condition, letters in answers.items()
        for place, letter in enumerate(letters)
    ]
    write_outcomes(folder / "outcomes.parquet", found)
    return folder


def comparison(folder: Path, *names: str) -> Comparison:
    return compared(arms(folder, names))


def test_wins_and_losses_are_tested_exactly_and_corrected_for_all_tests(tmp_path: Path) -> None:
    run = experiment(tmp_path / "run", {"standard": "AAAAAABBBB-A", "gated": "AAAAAAAAAAAB"})
    found = comparison(run, "standard", "gated")
    right = found.pairs[0].metrics["accuracy"]
    assert (right.only_baseline, right.only_other, right.n) == (1, 5, 12)
    assert right.p == stats.mcnemar(1, 5)
    assert right.difference == pytest.approx(4 / 12)
    known = [metric for metric in found.pairs[0].metrics.values() if metric.p is not None]
    assert found.tests == len(known)
    assert [metric.p_adjusted for metric in known] == stats.adjusted([metric.p or 0.0 for metric in known])
    stale = found.pairs[0].metrics["stale_rate"]
    assert (stale.difference, stale.p, stale.p_adjusted, stale.only_other) == (None, None, None, None), "not labelled"


def test_more_conditions_mean_more_tests(tmp_path: Path) -> None:
    run = experiment(tmp_path / "run", {"standard": "BBBBBBAA", "gated": "AAAAAAAA", "clean": "AAAAAAAA"})
    alone = comparison(run, "standard", "gated")
    both = comparison(run, "standard", "gated", "clean")
    assert [pair.other for pair in both.pairs] == ["gated", "clean"]
    assert both.tests == 2 * alone.tests
    assert (both.pairs[0].metrics["accuracy"].p_adjusted or 0) > (alone.pairs[0].metrics["accuracy"].p_adjusted or 1)


def test_the_gravest_case_comes_first_with_the_evidence_that_went_and_came(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_outcomes(
        tmp_path / "run" / "outcomes.parquet",
        [
            outcome("standard", "a", "C", cited=["old@1", "both@1"]),
            outcome("standard", "b", "B", cited=["old@2"]),
            outcome("standard", "c", "D", cited=["same@1"]),
            outcome("standard", "d", "A", cited=["x@1"]),
            outcome("gated", "a", "A", cited=["new@1", "both@1"]),
            outcome("gated", "b", "A", cited=["new@2"]),
            outcome("gated", "c", "A", cited=["same@1"]),
            outcome("gated", "d", "A", cited=["y@1"]),
        ],
    )
    (pair,) = comparison(tmp_path / "run", "standard", "gated").pairs
    assert [one.case for one in pair.parted] == ["b", "a", "c"], "high-risk, then contradicted, then wrong"
    gravest, second, last = pair.parted
    assert (gravest.baseline.faults, gravest.other.faults) == (("high_risk", "wrong"), ())
    assert (second.evidence_out, second.evidence_in) == (("old@1",), ("new@1",))
    assert (last.evidence_out, last.evidence_in) == ((), ()), "the same evidence was read otherwise"
    assert pair.moved == 3


def test_what_is_set_differently_is_told(tmp_path: Path) -> None:
    run = experiment(tmp_path / "run", {"standard": "AB", "top_5": "BA", "standard+k=3": "AA", "gated": "AA"})
    pairs = comparison(run, "standard", "top_5", "standard+k=3", "gated").pairs
    assert [pair.differs_in for pair in pairs] == [("k",), ("k",), ("agent", "k", "retriever")]


def test_two_experiments_are_compared_by_equal_questions(tmp_path: Path) -> None:
    ours = experiment(tmp_path / "ours", {"standard": "AABB"})
    theirs = experiment(tmp_path / "theirs", {"standard": "AAAAA"}, snapshot="later", reader="q")
    found = comparison(ours, "standard", f"{theirs}::standard")
    (pair,) = found.pairs
    assert (pair.cases, pair.moved, pair.differs_in) == (4, 2, ("reader", "snapshot"))
    other = experiment(tmp_path / "other", {"standard": "AABB"}, answer="B")
    with pytest.raises(ValueError, match=r"expected the same questions as in .*, 4 of 4 shared cases differ \(case-0"):
        comparison(ours, "standard", f"{other}::standard")


def test_a_condition_that_is_not_there_or_stands_twice_is_refused(tmp_path: Path) -> None:
    run = experiment(tmp_path / "run", {"standard": "AB", "gated": "AB"})
    with pytest.raises(ValueError, match="got 'gatd'; did you mean 'gated'"):
        comparison(run, "standard", "gatd")
    with pytest.raises(ValueError, match="'standard' twice"):
        comparison(run, "standard", "standard")
    with pytest.raises(FileNotFoundError, match="`evitrail report` writes it"):
        comparison(run, "standard", "elsewhere::gated")


@given(st.lists(st.tuples(st.sampled_from("ABCD-"), st.sampled_from("ABCD-")), min_size=1, max_size=12))
def test_exchanging_the_two_turns_every_sign_and_no_p_value(answers: list[tuple[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        one, other = ("".join(letters) for letters in zip(*answers, strict=True))
        run = experiment(Path(folder) / "run", {"standard": one, "gated": other})
        there = comparison(run, "standard", "gated").pairs[0]
        back = comparison(run, "gated", "standard").pairs[0]
    for name, metric in there.metrics.items():
        mirrored = back.metrics[name]
        assert (metric.only_baseline, metric.only_other) == (mirrored.only_other, mirrored.only_baseline)
        assert (metric.p, metric.n) == (mirrored.p, mirrored.n)
        if metric.difference is not None and mirrored.difference is not None:
            assert metric.difference == pytest.approx(-mirrored.difference)
    assert there.moved == back.moved == sum(a != b for a, b in answers)


def test_every_form_of_file_holds_the_same_numbers(tmp_path: Path) -> None:
    run = experiment(tmp_path / "run", {"standard": "AABBB", "gated": "AAAAC"})
    found = comparison(run, "standard", "gated")
    written = {
        file.name
        for suffix in ("md", "tex", "csv", "parquet", "json", "svg")
        for file in write_comparison(found, tmp_path / f"c.{suffix}")
    }
    assert written == {"c.md", "c.tex", "c.csv", "c-cases.csv", "c.parquet", "c-cases.parquet", "c.json", "c.svg"}
    assert Comparison.model_validate(json.loads((tmp_path / "c.json").read_text("utf-8"))) == found
    rows = pq.read_table(tmp_path / "c.parquet").to_pylist()
    accuracy = found.pairs[0].metrics["accuracy"]
    assert [(row["difference"], row["p"]) for row in rows if row["metric"] == "accuracy"] == [
        (accuracy.difference, accuracy.p)
    ]
    as_text = list(csv.DictReader((tmp_path / "c.csv").open(encoding="utf-8")))
    assert [row["difference"] for row in as_text] == [
        "" if row["difference"] is None else str(row["difference"]) for row in rows
    ]
    assert "| Accuracy | 40.0 | 80.0 | +40.0" in (tmp_path / "c.md").read_text("utf-8")
    assert r"Accuracy, gated & 40.0 & 80.0" in (tmp_path / "c.tex").read_text("utf-8")
    assert "gated, accuracy: +40.0" in (tmp_path / "c.svg").read_text("utf-8")
    with pytest.raises(ValueError, match=r"expected a name that ends with one of \.md, \.tex"):
        write_comparison(found, tmp_path / "c.docx")


def test_names_from_outside_are_text_in_every_file(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    evil = "=HYPERLINK(1)|<b>\\input{x}"
    write_outcomes(
        tmp_path / "run" / "outcomes.parquet",
        [outcome("standard", evil, "B", cited=["=1+1"]), outcome("gated", evil, "A", cited=["@x"])],
    )
    found = comparison(tmp_path / "run", "standard", "gated")
    for suffix in ("md", "tex", "csv"):
        write_comparison(found, tmp_path / f"c.{suffix}")
    (row,) = csv.DictReader((tmp_path / "c-cases.csv").open(encoding="utf-8"))
    assert (row["case"], row["evidence_out"], row["evidence_in"]) == (f"'{evil}", "'=1+1", "'@x")
    shown = (tmp_path / "c.md").read_text("utf-8")
    assert "<b>" not in shown
    assert r"\|\<b\>" in shown
