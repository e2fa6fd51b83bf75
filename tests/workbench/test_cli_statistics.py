"""``evitrail statistics``: what it shows of an experiment, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import evitrail, tree

from evitrail.eval.dataset.labels import Flags
from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.outcomes_file import write_outcomes

LABELS = {"A": Flags(), "B": Flags(high_risk=True), "C": Flags()}


def outcome(condition: str, reader: str, case: int, chosen: str) -> Outcome:
    said: dict[str, Any] = {"condition": condition, "reader": reader, "answer": "A", "options": 3, "labels": LABELS}
    run = f"{condition}@{reader}.{case}"
    ballots = [chosen] * 3 + ["A"] * (case % 3)
    return score(run=run, case=f"q{case}", snapshot="s", chosen=chosen, ballots=ballots, **said)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three readers under two conditions, on ten questions."""
    run = tmp_path / "run"
    run.mkdir()
    answers = {"closed_book": "BBBBCABABA", "clean": "AAAAAABAAA"}
    write_outcomes(
        run / "outcomes.parquet",
        [
            outcome(condition, reader, case, "A" if (case + place) % 5 == 0 else letter)
            for condition, letters in answers.items()
            for place, reader in enumerate(("small", "medium", "large"))
            for case, letter in enumerate(letters)
        ],
    )
    return run


def test_it_shows_tests_ensembles_concentration_and_curves(folder: Path) -> None:
    before = tree(folder)
    said = evitrail("statistics", folder, "--ensemble", "all=small,medium,large")
    assert (said.code, said.err) == (0, "")
    assert "accuracy of two conditions on the same questions" in said.out
    assert "3 tests on the first answer; Holm and BH correct for all of them" in said.out
    assert "on how few questions the errors rest" in said.out
    assert "share of wrong answers among the most confident questions" in said.out
    assert "ensembles: the majority of their members" in said.out
    assert tree(folder) == before, "nothing is written"


def test_what_is_written_is_what_is_shown_one_row_a_line(folder: Path, tmp_path: Path) -> None:
    said = evitrail("statistics", folder, "--json")
    assert evitrail("statistics", folder, "--out", tmp_path / "all.json").out.endswith(
        f"written: {tmp_path}/all.json\n"
    )
    text = (tmp_path / "all.json").read_text("utf-8")
    assert json.loads(text) == said.json
    rows = sum(len(table) for table in said.json.values() if table and isinstance(table[0], dict))
    assert text.count("\n {") == rows


def test_a_baseline_is_tested_against_every_other_condition(folder: Path) -> None:
    rows = evitrail("statistics", folder, "--baseline", "clean", "--json").json["paired_tests"]
    assert {(row["baseline"], row["other"]) for row in rows} == {("clean", "closed_book")}
    assert all(row["difference"] < 0 for row in rows)


def test_families_are_those_of_the_users_table_and_who_is_not_in_it_is_named(folder: Path, tmp_path: Path) -> None:
    without = evitrail("statistics", folder, "--json").json
    assert (without["variance_shares"], without["without_family"]) == ([], ["large", "medium", "small"])
    models = tmp_path / "models.toml"
    models.write_text('[one]\n"small" = 4\n"medium" = 14.5\n', encoding="utf-8")
    said = evitrail("statistics", folder, "--models", models)
    assert "no family known, left out of the variance: large" in said.out
    found = evitrail("statistics", folder, "--models", models, "--json").json
    assert [row["numbers"] for row in found["variance_shares"]] == [4, 4, 4]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            ["--baseline", "clan"],
            "expected a condition of this experiment among closed_book, clean, got 'clan'; did you",
        ),
        (["--ensemble", "e=small,larg"], "expected a reader of this experiment among large, medium, small, got 'larg'"),
        (["--ensemble", "e=small"], "--ensemble: expected NAME=READER,READER with two or more different readers, got"),
        (["--ensemble", "small,large"], "--ensemble: expected NAME=READER,READER with two or more different readers"),
        (["--ensemble", "e=small,small"], "--ensemble: expected NAME=READER,READER with two or more different readers"),
        (["--out", "all.csv"], "--out: expected a name that ends with .json, got 'all.csv'"),
    ],
)
def test_what_the_experiment_does_not_have_is_one_line(folder: Path, options: list[str], fault: str) -> None:
    said = evitrail("statistics", folder, *options)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert said.faults[0].startswith(fault), said.err


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('"small" = 4', "key 'small': expected a table of models, got 4"),
        ('[a]\n"small" = "4B"', "key 'a.small': expected the size in billions of parameters, above 0, got '4B'"),
        ('[a]\n"small" = 0', "key 'a.small': expected the size in billions of parameters, above 0, got 0"),
        ('[a]\n"small" = 4\n[b]\n"small" = 4', "key 'b.small': this model is of family 'a' already"),
        ("", "expected at least one model, found none"),
        ("[a", "expected TOML, got: "),
    ],
)
def test_a_wrong_table_of_models_is_one_line(folder: Path, tmp_path: Path, table: str, fault: str) -> None:
    models = tmp_path / "models.toml"
    models.write_text(table, encoding="utf-8")
    said = evitrail("statistics", folder, "--models", models)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert said.faults[0].startswith(f"{models}: {fault}"), said.err


def test_a_folder_without_outcomes_is_one_line(tmp_path: Path) -> None:
    said = evitrail("statistics", tmp_path)
    assert (said.code, len(said.faults)) == (2, 1)
    assert "expected outcomes at " in said.faults[0]
