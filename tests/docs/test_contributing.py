"""What CONTRIBUTING.md promises is true: each addition takes at most two files, and the tests find it by themselves.

Each addition is made in a copy of the project, whose own tests of the registries then run in a process of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from additions import ADDITIONS, REGISTRIES, Addition
from pages import PACKAGES, ROOT


def place(project: Path, path: str) -> Path:
    """Where a file of the repository lies in a copy, in which the packages are real folders."""
    return project / ("src/evitrail" if path.split("/")[0] in PACKAGES else "") / path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, with what its tests read."""
    copied = shutil.ignore_patterns("__pycache__", "fixtures", "*.ipynb")
    source = tmp_path / "src" / "evitrail"
    source.mkdir(parents=True)
    for file in (ROOT / "src" / "evitrail").glob("*.py"):
        shutil.copy(file, source)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=copied)
    for folder in ("tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=copied)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def add(addition: Addition, project: Path) -> None:
    """Make the addition in the copy."""
    for path, text in addition.written.items():
        assert not place(project, path).exists()
        place(project, path).write_text(text, "utf-8")
    for path, edits in addition.edits.items():
        for before, after in edits:
            replace(place(project, path), before, after)


def replace(file: Path, before: str, after: str) -> None:
    """Change the one place in a file where a text stands."""
    text = file.read_text("utf-8")
    assert text.count(before) == 1, f"{file.name}: expected {before!r} once, found it {text.count(before)} times"
    file.write_text(text.replace(before, after), "utf-8")


def touched(project: Path) -> set[str]:
    """Every file that is new or different in the copy, by its path in the repository."""
    found = set()
    for file in (file for file in project.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
        path = file.relative_to(project).as_posix()
        original = ROOT / path
        if not original.is_file() or original.read_bytes() != file.read_bytes():
            found.add(path.removeprefix("src/evitrail/"))
    return found


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=inherited | {"PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_tests(project: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy; stdout names each that passed or failed."""
    return python(project, "-m", "pytest", "-p", "no:cacheprovider", "-rpfE", "--tb=short", *tests)


@pytest.mark.parametrize("kind", ADDITIONS)
def test_an_addition_takes_two_files_and_the_tests_find_it(project: Path, kind: str) -> None:
    addition = ADDITIONS[kind]
    add(addition, project)
    files = touched(project)
    assert files == addition.written.keys() | addition.edits.keys()
    assert len(files) == (1 if kind == "condition" else 2)
    done = run_tests(project, *addition.tests)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASSED ")]
    assert [name for name in addition.found_as if not any(line.endswith(name) for line in passed)] == []
    if addition.helped:
        listed = python(project, "-m", "evitrail", *addition.helped.split(), "--help")
        assert re.search(rf"\b{addition.name}\b", listed.stdout), listed.stdout + listed.stderr


@pytest.mark.parametrize(
    ("kind", "path", "before", "after", "fails"),
    [
        ("retriever", "retrieval/__init__.py", '"overlap":', '"words":', "in_the_file_of_its_name[words]"),
        (
            "metric",
            "eval/metrics/citations.py",
            '"Mean number of documents that an answer cites."',
            '""',
            "test_what_is_registered_is_described[metric-citations]",
        ),
    ],
    ids=["a retriever under another name", "a metric without a description"],
)
def test_an_addition_that_breaks_its_contract_fails(
    project: Path, kind: str, path: str, before: str, after: str, fails: str
) -> None:
    add(ADDITIONS[kind], project)
    replace(place(project, path), before, after)
    done = run_tests(project, REGISTRIES)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = [line.partition(" - ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    assert any(line.endswith(fails) for line in failed), done.stdout


ROWS = re.findall(r"^\| (an? .*?) \| (.*) \| (.*) \|$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
"""What can be added, what to write, and where to name it."""


def paths(cell: str) -> list[str]:
    """The paths that a cell of the table names."""
    return re.findall(r"`([a-z_]+/[\w/]+(?:\.[a-z]+|/))`", cell)


@pytest.mark.parametrize(("what", "write", "name"), ROWS, ids=[row[0] for row in ROWS])
def test_every_path_in_the_table_exists_and_holds_the_names_beside_it(what: str, write: str, name: str) -> None:
    for path in paths(f"{write} {name}"):
        file = ROOT / path
        assert file.parent.is_dir() if file.stem == "NAME" else file.exists(), path
    for symbol, path in re.findall(r"`(\w+)` in `([\w/]+\.py)`", name):
        assert re.search(rf"^(def )?{symbol}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE), f"{symbol} in {path}"


def test_every_addition_that_is_tried_touches_what_its_row_names() -> None:
    rows = {row[0]: row for row in ROWS}
    called = {"evidence format": "a format to import evidence from", "export form": "an export form"}
    for kind, addition in ADDITIONS.items():
        _, write, name = rows[called.get(kind, f"a {kind}")]
        stated = paths(f"{write} {name}")
        folders = {Path(path) if path.endswith("/") else Path(path).parent for path in stated}
        assert addition.edits.keys() <= set(stated)
        assert {Path(path).parent for path in addition.written} <= folders
