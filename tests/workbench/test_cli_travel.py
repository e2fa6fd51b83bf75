"""An experiment travels with its store: moved or copied, it opens that store, or says which one it lacks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, Desk, demo_evidence, evitrail, tree, with_holes, write_lines

RUN = f"gated.{CASES[0]}"
AGAIN = {
    "fork": ("fork", RUN, "--set", "k=1"),
    "replay": ("replay", RUN, "--verify"),
    "whatif": ("whatif", "--snapshot", "now"),
    "attribute": ("attribute", "--dry-run"),
    "review-answers": ("review-answers", "--judge", "rule"),
    "compare": ("compare", "--ablate", "gates"),
    "why": ("trace why", RUN),
}
"""Every command that needs an experiment's store."""


def command(name: str, folder: Path, *more: object) -> tuple[object, ...]:
    verb, *rest = AGAIN[name]
    return (*verb.split(), folder, *rest, *more)


def with_absolute_store(run: Path, store: Path) -> None:
    """The plan as earlier versions wrote it: no hash of the ledger, and the store's absolute path."""
    text = re.sub(r'(?m)^store = ".*"$', f'store = "{store}"', (run / "plan.toml").read_text("utf-8"))
    (run / "plan.toml").write_text(re.sub(r"(?m)^ledger = .*\n", "", text), "utf-8")


@pytest.fixture
def lost(own: Desk) -> Desk:
    """The run without its store, which lies elsewhere."""
    own.store.rename(own.folder.parent / "elsewhere")
    return own


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """A store of the same size that holds other evidence."""
    entries = [{**entry, "title": f"Another {entry['title']}"} for entry in demo_evidence(CASES)]
    file = write_lines(tmp_path / "another.jsonl", entries)
    assert evitrail("store", "ingest", file, "--store", tmp_path / "another").code == 0
    return tmp_path / "another"


@pytest.mark.parametrize("earlier", [False, True])
def test_a_copy_uses_the_store_that_was_copied_with_it(desk: Desk, own: Desk, earlier: bool) -> None:
    if earlier:
        with_absolute_store(own.run, Path("/nowhere/store"))
    before = tree(desk.store)
    assert evitrail(*command("replay", own.run)).code == 0
    assert evitrail(*command("fork", own.run)).code == 0
    assert tree(desk.store) == before


def test_a_store_of_another_name_beside_the_experiment_is_known_by_what_it_holds(own: Desk, another: Path) -> None:
    shutil.copytree(another, own.folder / "a-store", copy_function=with_holes)
    own.store.rename(own.folder / "b-store")
    assert evitrail(*command("replay", own.run)).code == 0


@pytest.mark.parametrize("name", sorted(set(AGAIN) - {"why"}))
def test_a_missing_store_is_named_in_one_line_and_given_with_an_option(lost: Desk, name: str) -> None:
    before = tree(lost.folder)
    said = evitrail(*command(name, lost.run))
    (fault,) = said.faults
    assert (said.code, tree(lost.folder)) == (2, before)
    assert fault.startswith(f"{lost.run}: expected the evidence store it was run on, whose ledger number ")
    assert f"{lost.store} holds none" in fault
    assert "--store PATH" in fault
    found = evitrail(*command(name, lost.run, "--store", lost.folder.parent / "elsewhere"))
    assert found.code == 0 or "there is nothing to judge" in found.err


def test_who_entered_the_evidence_is_told_once_the_store_is_named(lost: Desk) -> None:
    assert "curator: not known" in evitrail(*command("why", lost.run)).out
    said = evitrail(*command("why", lost.run, "--store", lost.folder.parent / "elsewhere"))
    assert "curator: evitrail, event " in said.out


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("name", sorted(AGAIN))
def test_another_store_is_never_opened_in_its_place(lost: Desk, another: Path, name: str, earlier: bool) -> None:
    if earlier:
        with_absolute_store(lost.run, lost.store)
    said = evitrail(*command(name, lost.run, "--store", another))
    (fault,) = said.faults
    assert said.code == 2
    assert fault.startswith(f"{another}: expected the store that {lost.run} was run on")
    another.rename(lost.store)
    there = evitrail(*command(name, lost.run))
    if name == "why":
        assert "curator: not known" in there.out
    else:
        assert (there.code, f"{lost.store} holds another store" in there.faults[0]) == (2, True)


def test_a_moved_experiment_is_resumed_from_where_it_lies(own: Desk, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    own.folder.rename(moved)
    run, store = moved / own.run.name, moved / own.store.name
    asked = ("--benchmark", BENCHMARK, "--store", store, *own.plan[4:])
    assert evitrail("run", run / "plan.toml", "--out", run).code == 0
    assert evitrail("run", *asked, "--out", run).code == 0


def test_evidence_is_not_ingested_into_an_experiment(own: Desk) -> None:
    before = tree(own.run)
    said = evitrail("store", "ingest", own.evidence, "--store", own.run)
    (fault,) = said.faults
    assert (said.code, tree(own.run)) == (2, before)
    assert "holds an experiment" in fault


def misplaced(desk: Desk, file: Path, folder: Path) -> dict[str, tuple[tuple[object, ...], str]]:
    """Commands that are given a file for a folder, a folder for a file, or a folder of another kind."""
    store, new = ("--store", desk.store), ("--out", folder / "new")
    experiments = {
        "replay": (file, RUN),
        "replay --verify": (file, "--verify"),
        "fork": (file, RUN, "--set", "k=1"),
        "whatif": (file, "--snapshot", "now"),
        "attribute": (file, "--dry-run"),
        "compare": (file, "--ablate", "gates"),
        "report": (file,),
        "diff": (file, RUN, RUN),
        "review-answers": (file,),
        "freeze": (file, *new),
        "trace list": (file,),
        "trace show": (file, RUN),
        "trace verify": (file,),
        "trace why": (file, RUN),
        "trace export": (file, RUN, "--format", "prov", *new),
        "export-results": (file, *new),
    }
    verbs = {name: name.removesuffix(" --verify").split() for name in experiments}
    given = {
        name: ((*verbs[name], *rest), "expected the folder of an experiment") for name, rest in experiments.items()
    }
    expected = "expected the folder of an evidence store"
    for name in ("store list", "store verify", "store show x@1", "search swab", "store tag x", "store diff 1 2"):
        given[name] = ((*name.split(), "--store", file), f"{expected}, got a file")
    ingest = ("store", "ingest", desk.evidence)
    return given | {
        "compare two": (("compare", folder, "gated", "standard"), "`evitrail report` writes it"),
        "ingest": ((*ingest, "--store", file), f"{expected}, got a file"),
        "ingest --check": ((*ingest, "--check", "--store", file), f"{expected}, got a file"),
        "ingest --check into an experiment": ((*ingest, "--check", "--store", desk.run), "holds an experiment"),
        "search an experiment": (("search", "swab", "--store", desk.run), "holds an experiment"),
        "run on a file": (("run", *desk.plan[:2], "--store", file, *new), expected),
        "run a folder": (("run", desk.run, *new), f"expected a plan file, got a folder; the plan in it is {desk.run}"),
        "run a benchmark": (("run", "--benchmark", folder, *store, *new), "expected *.jsonl files in this folder"),
        "notices": (("store", "notices", folder, *store, "--by", "Anna"), "got a folder"),
        "import": (("trace", "import", folder, *new), "expected a file, got a folder"),
        "import-results": (("import-results", folder, "--labels", folder, *new), "got a folder"),
    }


@pytest.mark.parametrize("name", misplaced(Desk(Path()), Path(), Path()))
def test_what_is_given_in_the_wrong_place_is_refused_in_one_helpful_line(desk: Desk, tmp_path: Path, name: str) -> None:
    file, folder = tmp_path / "notes.txt", tmp_path / "folder"
    file.write_text("Some notes.\n")
    folder.mkdir()
    arguments, word = misplaced(desk, file, folder)[name]
    before = tree(desk.folder)
    said = evitrail(*arguments)
    (fault,) = said.faults
    assert (said.code, said.out, tree(desk.folder)) == (2, "", before)
    assert word in fault
