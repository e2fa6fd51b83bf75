"""A plan is a few lines of TOML that say all that decides an experiment, and its folder belongs to it."""

from pathlib import Path

import pytest
from ward import DRUGS, case

from evitrail.eval.plan.condition import condition
from evitrail.eval.plan.plan import PLAN, Plan, read_plan, settle
from evitrail.evidence_store import InputError

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


def written(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "mine.toml"
    path.write_text(f'benchmark = "b.jsonl"\nstore = "s"\n{text}')
    return read_plan(path)


def test_one_reader_under_either_key_is_the_same_plan_and_the_same_file(tmp_path: Path) -> None:
    one = written(tmp_path, 'conditions = ["standard"]\nreader = "scripted"')
    assert written(tmp_path, 'conditions = ["standard"]\nreaders = ["scripted"]') == one
    settle(one, tmp_path / "x", seq=3)
    kept = (tmp_path / "x" / PLAN).read_text()
    assert 'reader = "scripted"' in kept
    assert not {"readers", "retrievers", "snapshots", "k", "custom", "arms"} & {
        line.split(" ")[0] for line in kept.splitlines()
    }


def test_several_readers_and_a_grid_are_one_line_each_and_read_back_from_the_folder(tmp_path: Path) -> None:
    asked = written(
        tmp_path,
        'conditions = ["closed_book", "standard"]\nreaders = ["extractive", "scripted"]\n'
        'retrievers = ["dense", "hybrid"]\nsnapshots = ["r2024-06", 120, 2023-01-01]\nk = [1, 5]',
    )
    assert asked.read_by == ("extractive", "scripted")
    assert asked.snapshots == ("r2024-06", "120", "2023-01-01")
    assert len(asked.asked) == 1 + 2 * 3 * 2
    settled = settle(asked, tmp_path / "x", seq=130)
    assert read_plan(tmp_path / "x" / PLAN) == settled
    assert settle(asked, tmp_path / "x", seq=140) == settled


def test_a_condition_of_ones_own_is_a_table_that_varies_a_preset_or_a_condition_before_it(tmp_path: Path) -> None:
    asked = written(
        tmp_path,
        'conditions = ["wide", "gated", "searching", "handed"]\n'
        '[[arms]]\nname = "wide"\nbase = "standard"\nretriever = "hybrid"\nk = 20\n'
        '[[arms]]\nname = "searching"\nbase = "clean"\nretriever = "bm25"\n'
        '[[arms]]\nname = "handed"\nbase = "wide"\ncurated = "clean"\n',
    )
    wide, gated, searching, handed = asked.asked
    assert wide == condition("standard").model_copy(update={"name": "wide", "retriever": "hybrid", "k": 20})
    assert gated == condition("gated")
    assert (handed.retriever, handed.curated, handed.k) == (None, "clean", 20)
    assert (searching.retriever, searching.curated) == ("bm25", None)
    settle(asked, tmp_path / "x", seq=3)
    assert read_plan(tmp_path / "x" / PLAN).asked == asked.asked


def test_a_plan_that_names_no_condition_means_its_own_arms(tmp_path: Path) -> None:
    asked = written(tmp_path, '[[arms]]\nname = "wide"\nbase = "standard"\n[[arms]]\nname = "deep"\nbase = "agentic"\n')
    assert asked.conditions == ("wide", "deep")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('conditions = ["standard"]\nreader = "x"\nreaders = ["y", "z"]', "expected 'reader' or 'readers', got both"),
        ('conditions = ["standard"]\nreaders = ["y", "y"]', "key 'readers': expected each once, got 'y' twice"),
        ('conditions = ["standart"]', "key 'conditions': expected a condition among closed_book"),
        ('conditions = ["standart"]', "did you mean 'standard'?"),
        ('conditions = ["standard"]\nretrievers = ["hibrid"]', "key 'retrievers': expected a retriever among "),
        ('conditions = ["standard"]\nretrievers = ["hibrid"]', "did you mean 'hybrid'?"),
        ('conditions = ["standard"]\nk = [5, 0]', "key 'k': expected whole numbers from 1 on, got 0"),
        ('conditions = ["standard"]\nk = [5, 5]', "key 'k': expected each once, got 5 twice"),
        ('conditions = ["standard"]\nsnapshots = ["2023-02-30"]', "key 'snapshots': expected a day there is"),
        (
            'conditions = ["standard"]\nsnapshots = [1.5]',
            "key 'snapshots': expected a release, a ledger number or a day",
        ),
        (
            'conditions = ["clean"]\nk = [5]',
            "key 'k': expected a condition that can be varied in its k, got clean only",
        ),
        ("arms = 3", "key 'arms': expected tables such as [[conditions]], got 3"),
        ('[[arms]]\nbase = "standard"', "key 'arms': condition 1: expected a name"),
        ('[[arms]]\nname = "a.b"\nbase = "standard"', "key 'arms': condition 1: expected a name"),
        ('[[arms]]\nname = "standard"\nbase = "agentic"', "there is one of this name already"),
        (
            '[[arms]]\nname = "a"\nbase = "standrad"',
            "key 'arms': condition 'a': key 'base': expected a condition among",
        ),
        ('[[arms]]\nname = "a"\nbase = "standard"\nretreiver = "dense"', "condition 'a': unknown key 'retreiver'"),
        ('[[arms]]\nname = "a"\nbase = "standard"\nretreiver = "dense"', "did you mean 'retriever'?"),
        ('[[arms]]\nname = "a"\nbase = "standard"\nretriever = "dence"', "did you mean 'dense'?"),
        ('[[arms]]\nname = "a"\nbase = "standard"\nagent = "single-pass"', "did you mean 'single_pass'?"),
        ('[[arms]]\nname = "a"\nbase = "standard"\nk = "ten"', "condition 'a': key 'k': "),
        ('[[arms]]\nname = "a"\nagent = "aimed"', "needs a retriever or curated evidence, got none"),
        ('[[arms]]\nname = "a"\nbase = "closed_book"\nretriever = "dense"', "'closed_book' looks at no evidence"),
        ('[[arms]]\nname = "a"\nbase = "clean"\nsnapshot = "r1"', "key 'snapshot': it searches nothing"),
    ],
)
def test_an_arm_or_grid_at_fault_is_refused_in_one_line_with_the_nearest_name(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(InputError) as refused:
        written(tmp_path, text)
    (fault,) = refused.value.faults
    assert fault.startswith(f"{tmp_path / 'mine.toml'}: ")
    assert says in fault
    assert "\n" not in fault


def test_conditions_of_ones_own_are_tables_beside_presets(tmp_path: Path) -> None:
    tables = '[[conditions]]\nname = "standard"\n[[conditions]]\nname = "wide"\nbase = "standard"\nk = 20\n'
    plan = written(tmp_path, tables)
    assert [(condition.name, condition.k) for condition in plan.asked] == [("standard", 10), ("wide", 20)]
    old = 'conditions = ["standard", "wide"]\n[[arms]]\nname = "wide"\nbase = "standard"\nk = 20\n'
    assert written(tmp_path, old) == plan
    settle(plan, tmp_path / "x", seq=3)
    assert "arms" not in (tmp_path / "x" / PLAN).read_text()
    assert settle(written(tmp_path, old), tmp_path / "x", seq=9) == plan.model_copy(update={"seq": 3})


def test_an_experiment_that_was_begun_with_the_old_tables_is_resumed(tmp_path: Path) -> None:
    old = 'conditions = ["wide"]\n[[arms]]\nname = "wide"\nbase = "standard"\nk = 20\n'
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / PLAN).write_text(f'benchmark = "b.jsonl"\nstore = "s"\nseq = 3\n{old}')
    assert (
        settle(written(tmp_path, '[[conditions]]\nname = "wide"\nbase = "standard"\nk = 20\n'), folder, seq=9).seq == 3
    )


def test_both_names_of_the_tables_at_once_are_refused(tmp_path: Path) -> None:
    both = '[[conditions]]\nname = "wide"\nbase = "standard"\n[[arms]]\nname = "deep"\nbase = "agentic"\n'
    with pytest.raises(InputError, match="got both"):
        written(tmp_path, both)
