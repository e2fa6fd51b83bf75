"""A step is done again when the code of its component changes, wherever that code lies; prose never does that."""

from __future__ import annotations

import ast
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from evitrail.traces.run.fingerprint import FINGERPRINTS, fingerprint, modules_of

ROOT = Path(__file__).parents[2]
FOLDERS = ("traces", "evidence_store", "retrieval", "agent", "eval", "workbench")
COMPONENTS = """
import json
from evitrail.agent.reader.extractive.extractive import ExtractiveReader
from evitrail.retrieval import RETRIEVERS
from evitrail.traces.run.fingerprint import fingerprint
print(json.dumps({"reader": fingerprint(ExtractiveReader())} | {n: fingerprint(r) for n, r in RETRIEVERS.items()}))
"""
PART = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Part:\n    of: object = None\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's own source, to be changed."""
    source = tmp_path / "evitrail"
    source.mkdir()
    shutil.copy(ROOT / "src" / "evitrail" / "__init__.py", source)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return source


def fingerprints(copy: Path) -> dict[str, str]:
    """Those of the project's reader and retrievers, where its source is this copy."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(copy.parent)!r})\n{COMPONENTS}"],
        capture_output=True, text=True, check=True, cwd=copy.parent,
    )  # fmt: skip
    found: dict[str, str] = json.loads(done.stdout)
    return found


def with_other_prose(source: str) -> str:
    """The source with a comment more, and every docstring reworded."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value = ast.Constant("Other words.")
    return f"{ast.unparse(tree)}\n# a remark\n"


def test_a_changed_comment_or_docstring_anywhere_changes_no_fingerprint(copy: Path) -> None:
    before = fingerprints(copy)
    for file in copy.rglob("*.py"):
        file.write_text(with_other_prose(file.read_text("utf-8")), "utf-8")
    assert fingerprints(copy) == before
    assert len(set(before.values())) == len(before)


def test_a_changed_function_in_another_module_changes_those_that_import_it_and_no_other(copy: Path) -> None:
    before = fingerprints(copy)
    called = copy / "agent" / "reader" / "sentences.py"
    called.write_text(f"{called.read_text('utf-8')}\nLONGEST_SENTENCE = 1\n", "utf-8")
    assert {name for name, now in fingerprints(copy).items() if now != before[name]} == {"reader"}


def test_fitted_weights_are_part_of_the_code_that_names_them(copy: Path) -> None:
    before = fingerprints(copy)
    weights = copy / "retrieval" / "stance.json"
    weights.write_text(f"{weights.read_text('utf-8')}\n", "utf-8")
    assert {name for name, now in fingerprints(copy).items() if now != before[name]} == {"clean"}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Writes modules of a user's own, imports the first, and forgets them afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(folder: str = "", **sources: str) -> ModuleType:
        for name, source in sources.items():
            file = tmp_path / folder / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, "utf-8")
        name = ".".join([*filter(None, folder.split("/")), next(iter(sources))])
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, name, raising=False)
        FINGERPRINTS.clear()
        return importlib.import_module(name)

    return write


def test_a_users_component_is_named_by_what_lies_beside_it_too(written: Callable[..., ModuleType]) -> None:
    one = fingerprint(written(mine=f"from helping import rate\n{PART}", helping="def rate():\n    return 1\n").Part())
    two = fingerprint(written(mine=f"from helping import rate\n{PART}", helping="def rate():\n    return 2\n").Part())
    assert one != two


def test_a_component_that_uses_the_front_door_is_named_by_all_that_lies_behind_it(
    written: Callable[..., ModuleType],
) -> None:
    reached = {module.name for module in modules_of(written(mine=f"from evitrail import RETRIEVERS\n{PART}").Part())}
    assert {"evitrail", "evitrail.retrieval.dense", "evitrail.evidence_store.snapshot"} <= reached


def test_imports_within_functions_and_relative_ones_count(written: Callable[..., ModuleType]) -> None:
    def of(value: int) -> str:
        lazy = f"{PART}    def go(self):\n        from .deep import depth\n        return depth\n"
        return fingerprint(written("pack", face=lazy, deep=f"depth = {value}\n", __init__="").Part())

    assert of(1) != of(2)


def test_an_installed_librarys_other_packages_do_not_count(written: Callable[..., ModuleType]) -> None:
    def of(value: int) -> str:
        written("site-packages/rest", engine=f"speed = {value}\n", __init__="")
        return fingerprint(written("site-packages/lib", part=f"import rest.engine\n{PART}", __init__="").Part())

    sys.path.insert(0, str(Path(written("x", y="").__file__ or "").parents[1] / "site-packages"))
    try:
        assert of(1) == of(2)
    finally:
        del sys.path[0]


def test_the_parts_that_a_component_shows_in_its_repr_count(written: Callable[..., ModuleType]) -> None:
    whole = written(whole=PART)
    part = written(part=PART + "    size: int = 1\n")
    assert fingerprint(whole.Part(of=part.Part())) != fingerprint(whole.Part())
    assert fingerprint(whole.Part(of=(part.Part(),))) == fingerprint(whole.Part(of=part.Part()))
    silent = written(
        silent=PART.replace("of: object = None", "of: object = field(default=None, repr=False)").replace(
            "import dataclass", "import dataclass, field"
        )
    )
    assert fingerprint(silent.Part(of=part.Part())) == fingerprint(silent.Part())


def test_what_has_no_source_is_unknown() -> None:
    typed: dict[str, type] = {}
    exec("class Typed: pass\nTyped.__module__ = 'nowhere'", typed)
    assert fingerprint(typed["Typed"]()) == "unknown"


def test_many_threads_that_ask_at_once_have_each_source_parsed_once(
    written: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []

    def parse(source: bytes) -> ast.Module:
        parsed.append(source)
        return compile(source, "<source>", "exec", ast.PyCF_ONLY_AST)

    part = written("many", one=f"from .two import depth\n{PART}", two="depth = 1\n", __init__="").Part()
    monkeypatch.setattr(ast, "parse", parse)
    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(fingerprint, [part] * 64))) == 1
    assert sorted(parsed) == sorted(set(parsed))
    assert len(parsed) >= 2
