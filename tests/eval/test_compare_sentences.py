"""A comparison is said in sentences that name their counts, and cautions say what else may be behind a difference."""

from __future__ import annotations

from pathlib import Path

from answer_letters import written

from evitrail.eval.compare.arm import arms
from evitrail.eval.compare.comparison import Comparison, compared
from evitrail.eval.compare.documents import write_comparison
from evitrail.eval.compare.sentences import cautions, summary


def comparison(folder: Path, *names: str) -> Comparison:
    return compared(arms(folder, names))


def test_a_sentence_names_both_counts_and_the_exact_test(tmp_path: Path) -> None:
    run = written(tmp_path / "run", {"standard": "AAAAAABBBBCA", "gated": "AAAAAAAAAAAB"})
    (pair,) = comparison(run, "standard", "gated").pairs
    right, harm = summary(pair, "standard", "gated")
    said = "gated is right in 5 where standard is not, and standard in 1 where gated is not"
    assert right == f"Of 12 questions, {said} (exact McNemar p = 0.2188, adjusted p = 1.0000)."
    said = "gated chose a high-risk option in 1 where standard did not, and standard in 4 where gated did not"
    assert harm == f"Of 12 questions, {said} (exact McNemar p = 0.3750, adjusted p = 1.0000)."


def test_conditions_that_never_part_are_said_to_agree_and_what_is_not_labelled_is_not_said(tmp_path: Path) -> None:
    run = written(tmp_path / "run", {"standard": "A", "top_5": "A"}, labels={})
    (pair,) = comparison(run, "standard", "top_5").pairs
    assert summary(pair, "A", "B") == ("Of 1 question, B is right in the same ones as A.",)
    assert cautions(pair, "A", "B") == (), "they differ in k alone, on one question that both answered"


def test_cautions_name_every_setting_and_the_questions_that_only_one_answered(tmp_path: Path) -> None:
    run = written(tmp_path / "run", {"standard": "AAB", "gated": "AB"})
    (pair,) = comparison(run, "standard", "gated").pairs
    assert cautions(pair, "standard", "gated") == (
        "standard and gated differ in agent, k, retriever: a difference may be due to any of them",
        "standard answered 3 questions, gated 2: they are compared on the 2 that both answered",
    )


def test_a_written_comparison_says_the_same_sentence(tmp_path: Path) -> None:
    run = written(tmp_path / "run", {"standard": "BBBA", "gated": "AAAA"})
    write_comparison(comparison(run, "standard", "gated"), tmp_path / "c.md")
    assert "Of 4 questions, gated is right in 3 where standard is not" in (tmp_path / "c.md").read_text("utf-8")
