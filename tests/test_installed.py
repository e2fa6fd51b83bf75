"""Installed from its wheel, evitrail takes one name at top level, and works beside a user's files of any name."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from desk import BENCHMARK, CASES, demo_evidence, write_lines

ROOT = Path(__file__).parents[1]
OTHERS = {
    "eval.py": "raise RuntimeError('the user\\'s own eval.py was imported')\n",
    "agent.py": "raise RuntimeError('the user\\'s own agent.py was imported')\n",
    "traces/__init__.py": "raise RuntimeError('the user\\'s own traces was imported')\n",
    "retrieval/__init__.py": "raise RuntimeError('the user\\'s own retrieval was imported')\n",
}
"""Files of a user whose names are those of our folders."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the wheel in it, and the libraries of this one beside."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # its own .pth files are not read
    return python


def run(python: Path, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_installs_one_name_at_top_level(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"evitrail"}


def test_the_wheel_holds_every_file_of_the_six_folders(wheel: Path) -> None:
    held = {name.removeprefix("evitrail/") for name in zipfile.ZipFile(wheel).namelist()}
    command = ["git", "ls-files", "-z", "traces", "evidence_store", "retrieval", "agent", "eval", "workbench"]
    kept = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name for name in kept.split("\0") if name and (ROOT / name).is_file()} - held == set()


def test_an_experiment_runs_in_a_folder_with_files_of_our_names(python: Path, tmp_path: Path) -> None:
    for name, source in OTHERS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    where = run(python, "-P", "-c", "import evitrail; print(evitrail.__file__)", cwd=tmp_path)
    assert str(python.parents[1]) in where.stdout
    evidence = write_lines(tmp_path / "evidence.jsonl", demo_evidence(CASES))
    command = python.with_name("evitrail")
    taken = run(command, "store", "ingest", evidence, "--store", "store", cwd=tmp_path)
    assert taken.returncode == 0, taken.stderr
    asked = ("--benchmark", BENCHMARK, "--only", ",".join(CASES), "--conditions", "standard", "--no-attribute")
    done = run(command, "run", *asked, "--store", "store", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "standard" in done.stdout
    module = run(python, "-m", "evitrail", "trace", "list", "out", cwd=tmp_path)
    assert module.returncode == 0, module.stderr
