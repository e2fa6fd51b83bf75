"""A plan is a few lines of TOML that say all that decides an experiment, and its folder belongs to it."""

from pathlib import Path

import pytest
from ward import DRUGS, case

from eval.plan import PLAN, Plan, read_plan, settle
from evidence_store import InputError

SHORT = 'benchmark = "b.jsonl"\nstore = "s"\nconditions = ["standard", "gated"]\n'
CASES = [case(drug, meta={"split": "fit" if place % 3 == 0 else "test"}) for place, drug in enumerate(DRUGS)]


def plan(**changes: object) -> Plan:
    return Plan.model_validate({"benchmark": "b.jsonl", "store": "s", "conditions": ("standard",)} | changes)


def test_a_short_plan_means_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SHORT)
    assert read_plan(path) == plan(conditions=("standard", "gated"), reader="extractive", samples=20, seed=0)


def test_a_settled_plan_reads_back_with_the_sequence_number_it_began_at(tmp_path: Path) -> None:
    full = plan(only=("q-heparin",), split="fit", limit=3, seed=7, temperature=0.3, samples=5, reader='x:Y(k="z")')
    settled = settle(full, tmp_path / "new" / "folder", seq=41)
    assert settled == full.model_copy(update={"seq": 41})
    assert read_plan(tmp_path / "new" / "folder" / PLAN) == settled


def test_an_experiment_taken_up_again_keeps_its_first_sequence_number(tmp_path: Path) -> None:
    settle(plan(), tmp_path, seq=41)
    assert settle(plan(), tmp_path, seq=99).seq == 41
    assert settle(read_plan(tmp_path / PLAN), tmp_path, seq=99).seq == 41


def test_a_sequence_number_the_plan_names_is_kept(tmp_path: Path) -> None:
    assert settle(plan(seq=5), tmp_path, seq=41).seq == 5
    with pytest.raises(InputError, match="another plan"):
        settle(plan(seq=6), tmp_path, seq=41)


@pytest.mark.parametrize(
    "changes", [{"seed": 1}, {"conditions": ("gated",)}, {"samples": 3}, {"benchmark": "c.jsonl"}, {"only": ("q1",)}]
)
def test_a_folder_refuses_another_plan_and_keeps_its_own(tmp_path: Path, changes: dict[str, object]) -> None:
    first = settle(plan(), tmp_path, seq=41)
    with pytest.raises(InputError, match="holds an experiment with another plan") as refused:
        settle(plan(**changes), tmp_path, seq=41)
    assert len(refused.value.faults) == 1
    assert read_plan(tmp_path / PLAN) == first


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'benchmark "b"', "expected TOML, got: "),
        (b'benchmark = "\xff"', "expected UTF-8, got another encoding at byte 13"),
        (SHORT.encode() + b"sampels = 3\n", "unknown key 'sampels'; expected one of benchmark, store, conditions"),
        (b'benchmark = "b"\nstore = "s"\n', "key 'conditions' is missing"),
        (b'benchmark = "b"\nstore = "s"\nconditions = []\n', "key 'conditions': "),
        (SHORT.encode() + b"temperature = 0\n", "key 'temperature': "),
        (SHORT.encode() + b"limit = 0\n", "key 'limit': "),
    ],
)
def test_a_broken_plan_is_refused_in_one_line(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text)
    with pytest.raises(InputError) as refused:
        read_plan(path)
    (fault,) = refused.value.faults
    assert fault.startswith(f"{path}: {says}")
    assert "\n" not in fault


def test_a_plan_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a plan, cannot read it"):
        read_plan(tmp_path / "none.toml")


def ids(chosen: Plan) -> list[str]:
    return [found.id for found in chosen.select(CASES)]


def test_a_plan_keeps_the_cases_it_names_in_the_benchmarks_order() -> None:
    everything = [found.id for found in CASES]
    assert ids(plan()) == everything
    assert ids(plan(only=(everything[4], everything[1]))) == [everything[1], everything[4]]
    assert ids(plan(split="fit")) == [everything[0], everything[3]]
    assert ids(plan(limit=2)) == everything[:2]
    assert ids(plan(split="test", limit=2)) == everything[1:3]
    assert ids(plan(only=(everything[0], everything[1]), split="test")) == [everything[1]]


def test_a_plan_that_names_a_case_there_is_not_says_which() -> None:
    with pytest.raises(InputError, match="expected cases of this benchmark, got q-x, q-y"):
        plan(only=("q-y", "q-heparin", "q-x")).select(CASES)


def test_a_plan_that_keeps_no_case_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected cases with meta\.split = 'train', found none"):
        plan(split="train").select(CASES)
