"""A command loads what it needs and no more; the list of runs is the same with and without its table."""

from __future__ import annotations

import ast
import os
import sqlite3
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from desk import Desk, evitrail
from patient import admitted

from evitrail.eval.report.run_list import keep_run_list, run_list
from evitrail.traces import Journals
from evitrail.traces.journal.run_rows import digest_of, stored_rows

RUN = "standard.acute-001"
MODELS = {"sentence_transformers", "sklearn", "transformers", "pandas", "scipy"}
HEAVY = MODELS | {"torch", "sqlalchemy.orm", "jinja2", "llama_index", "matplotlib", "networkx", "pyarrow", "structlog"}
LEDGER = {"sqlalchemy"}


def commands(desk: Desk) -> dict[str, tuple[tuple[object, ...], set[str]]]:
    """Command lines, each with what it may not load."""
    store = ("--store", desk.store)
    return {
        "help": (("--help",), HEAVY | LEDGER | {"numpy", "pydantic"}),
        "trace list": (("trace", "list", desk.run), HEAVY | LEDGER | {"numpy"}),
        "trace show": (("trace", "show", desk.run, RUN), HEAVY | LEDGER | {"numpy"}),
        "trace why": (("trace", "why", desk.run, RUN), HEAVY | {"numpy"}),
        "store list": (("store", "list", *store), HEAVY | {"numpy"}),
        "search by words": (("search", "stroke", "--retriever", "bm25", *store), HEAVY | {"numpy"}),
        "search by meaning": (("search", "brain attack", "--retriever", "dense", *store), MODELS),
    }


def loaded_by(*arguments: object) -> set[str]:
    """The modules that a command line loads, in a process of its own."""
    code = (
        "import sys; from evitrail.workbench.cli.app import run_command; code = run_command(sys.argv[1:]); "
        "sys.stderr.write(' '.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "name",
    ["help", "trace list", "trace show", "trace why", "store list", "search by words", "search by meaning"],
)
def test_a_command_loads_no_library_that_it_does_not_need(desk: Desk, name: str) -> None:
    arguments, unwanted = commands(desk)[name]
    assert not unwanted & loaded_by(*arguments)


def test_who_is_blamed_for_a_failed_run_is_told_without_what_judges_steps(desk: Desk) -> None:
    listed = evitrail("trace", "list", desk.run, "--json").json
    failed = next(row["run"] for row in listed if row["blamed"])
    assert not {*HEAVY, "numpy"} & loaded_by("trace", "why", desk.run, failed)


def test_serving_loads_no_model_and_no_library_of_statistics(desk: Desk) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path.append(sys.argv[2])\n"
        "from serving_pages import asking; from evitrail.workbench.web.serve import warmed\n"
        "from evitrail.workbench.api.folders import ExperimentFolders\n"
        "folder = Path(sys.argv[1]); warmed(ExperimentFolders([folder])); client = asking(folder)\n"
        "pages = ['/', '/e/evitrail-run', '/e/evitrail-run/runs/standard.acute-001', '/evidence?q=sepsis']\n"
        "codes = {client.get(page).status_code for page in pages}\n"
        "sys.stderr.write(' '.join(sys.modules)); sys.exit(codes != {200})"
    )
    tests = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code, str(desk.folder), tests], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (MODELS | {"torch", "matplotlib", "networkx", "llama_index"}) & set(done.stderr.split())


@pytest.mark.parametrize(("said", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_one_thread_multiplies_small_matrices_unless_the_user_says_more(said: dict[str, str], used: str) -> None:
    code = (
        "import os, sys; from evitrail.workbench.cli import main; sys.argv = ['evitrail', '--help']\n"
        "try: main()\nfinally: sys.stderr.write(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=kept | said)
    assert (done.returncode, done.stderr) == (0, used)


def test_the_list_of_runs_is_the_same_without_its_table(own: Desk) -> None:
    before = evitrail("trace", "list", own.run, "--json").json
    with sqlite3.connect(own.run / "journal.db") as db:
        assert db.execute("SELECT count(*) FROM run_row").fetchone()[0] >= len(before) > 0
        db.execute("DROP TABLE run_row")
    assert evitrail("trace", "list", own.run, "--json").json == before
    keep_run_list(own.run)
    with Journals.open(own.run) as journal:
        assert {row.run for row in stored_rows(journal)} == set(journal.runs())
    assert evitrail("trace", "list", own.run, "--json").json == before


def test_a_run_that_grew_since_its_row_was_written_is_read_anew(own: Desk) -> None:
    with sqlite3.connect(own.run / "journal.db") as db:
        db.execute("UPDATE run_row SET head = 'sha256:0', said = '{}' WHERE run = ?", (RUN,))
    with Journals.open(own.run) as journal:
        (listed,) = (one for one in run_list(journal) if one.run == RUN)
    assert listed.outcome
    assert listed.outcome.case == "acute-001"


def test_verify_names_a_row_that_says_what_its_run_does_not(own: Desk) -> None:
    assert evitrail("trace", "verify", own.run).code == 0
    with sqlite3.connect(own.run / "journal.db") as db:
        head, said = db.execute("SELECT head, said FROM run_row WHERE run = ?", (RUN,)).fetchone()
        other = said.replace('"case":"acute-001"', '"case":"acute-999"')
        assert other != said
        db.execute("UPDATE run_row SET said = ?, digest = ? WHERE run = ?", (other, digest_of(RUN, head, other), RUN))
    said = evitrail("trace", "verify", own.run)
    assert said.code == 1
    assert said.faults == [
        f"integrity: run {RUN!r}: its row in the table of runs is not what its records say; "
        "delete the table run_row, `evitrail report` makes it again"
    ]


def test_a_run_with_patient_data_has_no_row(tmp_path: Path) -> None:
    admitted(tmp_path / "journal.db")
    keep_run_list(tmp_path)
    with Journals.open(tmp_path) as journal:
        assert journal.runs()
        assert not list(stored_rows(journal))


LAZY = (
    *("traces", "evidence_store", "agent", "agent.captured", "agent.influence", "agent.llm", "agent.reader"),
    *("eval.attribution", "eval.metrics", "eval.report", "eval.safe_scale"),
)


@pytest.mark.parametrize("package", LAZY)
def test_a_lazy_package_offers_what_a_type_checker_sees(package: str) -> None:
    module = import_module(f"evitrail.{package}")
    source = ast.parse(Path(module.__file__ or "").read_text("utf-8"))
    (checked,) = (node for node in source.body if isinstance(node, ast.If))
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: node.module for node in imports for alias in node.names}
    assert sorted(seen) == module.__all__
    for name, home in seen.items():
        assert getattr(module, name) is getattr(import_module(str(home)), name)
        assert not (Path(module.__file__ or "").parent / f"{name}.py").exists(), "a module of that name would hide it"
