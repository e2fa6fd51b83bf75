"""Names of runs, conditions and forks are read back as what they were written from."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evitrail.eval.plan.run_name
from evitrail.eval.plan.run_name import (
    ForkName,
    GridName,
    ReadCondition,
    RunName,
    change_text,
    distinct,
    labels,
    ran_under,
)

PLAIN = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,11}", fullmatch=True)
"""Conditions and labels, as a plan spells them."""
LABELS = st.one_of(st.just(""), PLAIN)
SETTINGS = st.lists(st.tuples(st.sampled_from(["retriever", "snapshot", "k"]), PLAIN), max_size=3).map(tuple)
GRID_NAMES = st.builds(GridName, PLAIN, SETTINGS)
CASES = st.text(st.characters(codec="utf-8"), max_size=12)
RUN_NAMES = st.builds(RunName, GRID_NAMES.map(str), LABELS, CASES)
STEPS = st.sampled_from(["", "retrieve[2]", "read[statins@2019#0].2", "synthesise[1]/model[ballots]"])
CHANGES = st.dictionaries(
    st.sampled_from(["k", "judge", "retriever"]),
    st.one_of(st.integers(), st.text(st.characters(codec="utf-8", exclude_characters="~"), max_size=30)),
    min_size=1,
).map(change_text)
FORK_NAMES = st.builds(ForkName, RUN_NAMES.map(str), CHANGES, STEPS, st.just(0))
REPLICATES = st.builds(
    ForkName,
    RUN_NAMES.map(str),
    st.sampled_from(["unchanged", "retrieve+choose", "-statins@2019"]),
    st.just(""),
    st.integers(0, 9),
)


def test_the_examples_of_the_file_hold() -> None:
    assert doctest.testmod(evitrail.eval.plan.run_name) == (0, 6)


@given(RUN_NAMES)
def test_a_run_name_is_read_back_whatever_its_case_is_called(name: RunName) -> None:
    assert RunName.parse(str(name)) == name


@given(GRID_NAMES, LABELS)
def test_the_condition_of_a_run_is_the_row_that_tables_have_for_it(condition: GridName, reader: str) -> None:
    row = ReadCondition(str(condition), reader)
    assert ReadCondition.parse(str(row)) == row
    assert ReadCondition.of(str(RunName(*row, "q.1@x"))) == row


@given(st.text(min_size=1, max_size=8), LABELS, CASES)
def test_a_known_condition_may_hold_any_character(condition: str, reader: str, case: str) -> None:
    name = RunName(condition, reader, case)
    assert RunName.parse(str(name), condition) == name


@given(GRID_NAMES)
def test_a_grid_name_is_read_back_as_the_condition_and_its_settings(name: GridName) -> None:
    assert GridName.parse(str(name)) == name


@given(st.one_of(FORK_NAMES, REPLICATES))
def test_a_fork_name_is_read_back_with_its_parent_step_and_change(name: ForkName) -> None:
    assert ForkName.parse(str(name)) == name


@given(FORK_NAMES, CHANGES)
def test_a_fork_of_a_fork_names_the_fork_as_its_parent(parent: ForkName, change: str) -> None:
    assert ForkName.parse(str(ForkName(str(parent), change))) == ForkName(str(parent), change)


def test_names_in_journals_are_spelt_as_they_always_were() -> None:
    assert str(RunName("standard", "", "rad.001")) == "standard.rad.001"
    assert str(RunName("standard", "gpt-4o", "rad.001")) == "standard@gpt-4o.rad.001"
    assert str(GridName("standard", (("retriever", "hybrid"), ("k", "5")))) == "standard+retriever=hybrid+k=5"
    assert str(ForkName("standard.q", change_text({"retriever": "bm25", "k": 5}))) == "standard.q~k=5,retriever=bm25"
    assert str(ForkName("standard.q", "k=5", "retrieve[2]")) == "standard.q~retrieve[2]:k=5"
    assert str(ForkName("standard.q", "retrieve+choose", replicate=2)) == "standard.q~retrieve+choose~2"


def test_a_value_too_long_for_a_name_is_shown_by_its_digest() -> None:
    assert change_text({"retriever": "x" * 24}) == f"retriever={'x' * 24}"
    assert change_text({"retriever": "x" * 25}) == "retriever=1764c4d2"
    assert change_text({"reader": "a/b"}, lambda value: f"keyed:{value.decode()}") == 'reader=["a/b"]'


def test_a_case_with_a_mark_in_its_id_is_taken_for_no_reader_and_no_repetition() -> None:
    assert ReadCondition.of("standard.rad@001", "standard") == ReadCondition.of("standard.rad@001") == ("standard", "")
    assert ForkName.parse("standard.rad~001") is None
    assert ForkName.parse("standard.rad-001") is None


def test_any_other_name_names_no_reader() -> None:
    assert ReadCondition.of("again", "standard") == ReadCondition("standard")
    assert ReadCondition.of("") == ReadCondition("")


@pytest.mark.parametrize(
    ("name", "condition", "expected"),
    [
        ("standard", None, "expected the name of a run, CONDITION.CASE or CONDITION@READER.CASE, got 'standard'"),
        ("standard@gpt", "standard", "standard.CASE or standard@READER.CASE, got 'standard@gpt'"),
        ("gated.q", "standard", "standard.CASE or standard@READER.CASE, got 'gated.q'"),
        (".q", None, "got '.q'"),
    ],
)
def test_what_is_no_run_name_is_refused_with_the_form_that_is_expected(
    name: str, condition: str | None, expected: str
) -> None:
    with pytest.raises(ValueError, match="expected the name of a run") as error:
        RunName.parse(name, condition)
    assert expected in str(error.value)


def test_runs_are_chosen_by_their_condition_for_all_readers_or_for_one() -> None:
    runs = ["standard.q", "standard@a.q", "standard@b.q", "standard+k=5.q"]
    assert [run for run in runs if ran_under(run, "standard")] == runs[:3]
    assert [run for run in runs if ran_under(run, "standard@a")] == ["standard@a.q"]


def test_labels_are_the_models_names_as_files_can_bear_them_and_no_two_are_alike() -> None:
    specs = [
        "extractive", "openai:gpt-4o@http://127.0.0.1:8000/v1", "vllm:Qwen/Qwen2.5-7B-Instruct", "hf:/models/gpt-4o/",
        "openai:gpt-4o@https://elsewhere.example/v1", "hf:🙂",
    ]  # fmt: skip
    assert labels(specs) == ["extractive", "gpt-4o", "Qwen2-5-7B-Instruct", "gpt-4o-2", "gpt-4o-3", "unnamed"]
    assert len(labels([f"hf:{'long' * 30}"])[0]) <= 40


@given(st.lists(st.text(max_size=60), max_size=6))
def test_no_two_labels_are_alike_and_none_breaks_a_name(names: list[str]) -> None:
    found = distinct(names)
    assert len(set(found)) == len(names)
    assert all(RunName.parse(f"standard@{label}.q") == ("standard", label, "q") for label in found)
