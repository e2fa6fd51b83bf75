"""A plan that says a whole experiment: several readers, conditions of one's own and a grid, through every verb."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, Said, evitrail, tree

from evitrail.retrieval.gates import GATES

ARM = "wide+retriever=hybrid+k=3"
RUN = f"{ARM}@extractive.{CASES[0]}"


def written(desk: Desk, file: Path, text: str) -> Path:
    file.write_text(f'benchmark = "{BENCHMARK}"\nstore = "{desk.store}"\nonly = ["{CASES[0]}"]\nsamples = 2\n{text}')
    return file


GRID = """conditions = ["closed_book", "gated", "wide"]
readers = ["extractive", "scripted"]
retrievers = ["hybrid", "clean"]
k = [3]

[[arms]]
name = "wide"
base = "standard"
"""


@pytest.fixture(scope="module")
def asked(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such an experiment."""
    folder = tmp_path_factory.mktemp("plans")
    said = evitrail("run", written(desk, folder / "plan.toml", GRID), "--out", folder / "run")
    assert (said.code, said.err) == (0, "")
    return folder / "run"


def arms() -> list[str]:
    varied = [f"{arm}+retriever={retriever}+k=3" for arm in ("gated", "wide") for retriever in ("hybrid", "clean")]
    return [f"{arm}@{reader}" for arm in ("closed_book", *varied) for reader in ("extractive", "scripted")]


def test_check_lists_the_arms_as_they_are_written_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    plan = written(desk, tmp_path / "plan.toml", GRID)
    before = tree(tmp_path)
    said = evitrail("run", plan, "--check", "--out", tmp_path / "new")
    assert "sound: 1 cases, 10 conditions, 10 runs; nothing was run" in said.out
    assert f"  {ARM}@scripted: single_pass, hybrid, k = 3\n" in said.out
    told = evitrail("run", plan, "--check", "--out", tmp_path / "new", "--json").json
    assert told == {"cases": 1, "conditions": arms(), "runs": 10, "excluded": {}, "contradictions": {}}
    assert tree(tmp_path) == before


def test_a_condition_that_a_reader_cannot_hold_is_excluded_and_told(desk: Desk, tmp_path: Path) -> None:
    plan = written(desk, tmp_path / "plan.toml", 'conditions = ["top_1", "padded_top_1"]\n')
    told = evitrail("run", plan, "--check", "--json").json
    assert (told["conditions"], list(told["excluded"])) == (["top_1"], ["padded_top_1"])
    assert evitrail("run", plan, "--no-attribute", "--out", tmp_path / "run", "--json").json["unfinished"] == []
    assert [row["condition"] for row in evitrail("trace", "list", tmp_path / "run", "--json").json] == ["top_1"]


def test_the_same_said_with_options_is_the_same_plan(desk: Desk, tmp_path: Path) -> None:
    where = ("--benchmark", BENCHMARK, "--store", desk.store, "--only", CASES[0], "--samples", 2, "--no-attribute")
    plan = written(desk, tmp_path / "plan.toml", 'conditions = ["standard"]\nreaders = ["extractive", "scripted"]\n'
        'retrievers = ["bm25"]\nsnapshots = ["2015-01-01"]\nk = [1, 2]\n')  # fmt: skip
    varied = ("--reader", "extractive", "--reader", "scripted", "--retriever", "bm25", "--snapshot", "2015-01-01")
    one = evitrail("run", *where, "--conditions", "standard", *varied, "--k", 1, "--k", 2, "--out", tmp_path / "run")
    assert (one.code, one.err) == (0, "")
    again = evitrail("run", plan, "--no-attribute", "--out", tmp_path / "run")
    assert again == one, "the folder takes it for its own plan, and nothing is done twice"


def test_the_table_has_a_row_for_each_arm_and_so_has_the_blame(asked: Path) -> None:
    said = evitrail("report", asked)
    rows = [line.split()[1] for line in said.out.splitlines() if line.startswith("│")]
    assert sorted(rows[: len(arms())]) == sorted(arms())
    assert "closed_book@scripted" in said.out.partition("who is blamed")[2]
    page = (asked / "report.html").read_text("utf-8")
    assert all(arm in page for arm in arms())


def test_runs_are_listed_by_condition_or_by_arm(asked: Path) -> None:
    def listed(arm: str) -> set[str]:
        return {row["run"] for row in evitrail("trace", "list", asked, "--condition", arm, "--json").json}

    assert listed(ARM) == {RUN, f"{ARM}@scripted.{CASES[0]}"}
    assert listed(f"{ARM}@extractive") == {RUN}
    unknown = evitrail("trace", "list", asked, "--condition", "wide+k=3")
    assert (unknown.code, len(unknown.faults)) == (2, 1)


def test_whatever_does_a_run_again_takes_its_own_reader(asked: Path) -> None:
    whole = evitrail("replay", asked, "--verify", "--json")
    assert (whole.code, whole.json["same"], whole.json["runs"]) == (0, True, 10)
    forked = evitrail("fork", asked, RUN, "--set", "k=2", "--json").json
    assert forked["option"] is not None, "the scripted reader would abstain"
    silent = evitrail("fork", asked, f"{ARM}@scripted.{CASES[0]}", "--set", "k=2", "--json").json
    assert silent["option"] is None
    flips = evitrail("whatif", asked, "--snapshot", "2011-01-01", "--json").json
    assert all(row["after"] is None for row in flips["affected"] if "@scripted" in row["run"])
    assert any(row["after"] is not None for row in flips["affected"] if "@extractive" in row["run"])


def test_what_gates_are_worth_is_told_arm_by_arm(asked: Path) -> None:
    rows = evitrail("compare", asked, "--ablate", "gates", "--json").json
    gated = [name for name in arms() if "retriever=clean" in name]
    assert [(row["condition"], row["left_out"]) for row in rows if row["left_out"] is None] == [
        (a, None) for a in gated
    ]
    assert len(rows) == len(gated) * (1 + len(GATES))


def test_two_arms_are_held_against_each_other_on_the_same_questions(asked: Path) -> None:
    ours, theirs = f"{ARM}@extractive", f"{ARM}@scripted"
    said = evitrail("compare", asked, ours, theirs, "--json").json
    (pair,) = said["pairs"]
    assert (said["baseline"], pair["other"], pair["cases"], pair["moved"]) == (ours, theirs, 1, 1)
    assert pair["differs_in"] == ["reader"]
    abstained = pair["metrics"]["abstention_rate"]
    assert (abstained["baseline"], abstained["other"], abstained["difference"], abstained["n"]) == (0, 1, 1, 1)
    shown = evitrail("compare", asked, ours, theirs)
    assert (shown.code, shown.err) == (0, "")
    assert f"A, the baseline: {ours}\nB: {theirs}\n" in shown.out
    assert "+100.0 [-51 to +100]" in shown.out


def test_arms_that_cannot_be_compared_are_refused_in_one_line(asked: Path) -> None:
    for given, says in (
        ((ARM, "closed_book"), f"{ARM!r} stands for {ARM}@extractive, {ARM}@scripted; name one of them"),
        (("closed_book@scriptet", ARM), "did you mean 'closed_book@scripted'?"),
        ((ARM,), "expected two conditions to compare, or --ablate gates"),
        ((ARM, ARM, "--ablate", "gates"), "expected two conditions or --ablate, got both"),
    ):
        said = evitrail("compare", asked, *given)
        assert (said.code, len(said.faults)) == (2, 1)
        assert says in said.faults[0]


def refused(desk: Desk, file: Path, text: str, *options: object) -> str:
    said: Said = evitrail("run", written(desk, file, text), "--out", file.parent / "new", *options)
    assert (said.code, said.out, len(said.faults)) == (2, "", 1)
    assert not (file.parent / "new").exists()
    return said.faults[0]


def test_what_there_is_not_is_refused_in_one_line(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    assert "did you mean 'extractive'?" in refused(desk, file, 'conditions = ["standard"]\nreader = "extractiv"')
    assert "got 'r2030'" in refused(desk, file, 'conditions = ["standard"]\nsnapshots = ["r2030"]')
    fault = refused(desk, file, 'conditions = ["standard"]\nretrievers = ["dance"]')
    assert fault.startswith(f"{file}: key 'retrievers': expected a retriever among ")
    own = '[[arms]]\nname = "own"\nbase = "standard"\nretriever = "evitrail.retrieval.bm25:BM25"'
    assert "is code that would be run; give --allow-code" in refused(desk, file, own)
    said = evitrail("run", "--benchmark", BENCHMARK, "--store", desk.store, "--retriever", "dance", "--out", file)
    assert said.faults[0].startswith("--retriever: expected a retriever among ")


def test_a_retriever_of_ones_own_is_run_and_done_again_where_it_is_allowed(desk: Desk, tmp_path: Path) -> None:
    own = '[[arms]]\nname = "own"\nbase = "standard"\nretriever = "evitrail.retrieval.bm25:BM25()"'
    plan, run = written(desk, tmp_path / "plan.toml", own), tmp_path / "run"
    assert evitrail("run", plan, "--allow-code", "--no-attribute", "--out", run).code == 0
    assert evitrail("replay", run, "--verify", "--allow-code", "--json").json["same"] is True
