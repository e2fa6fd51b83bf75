"""The fingerprint of a component: which code decided what it made, so that a step is done again when that code changes.

Rules kept here
- The code of a component is its own module, the modules that it imports within the project, and so on; and that of
  the components it is made of, as far as its repr shows them: the rest is no part of what this step is done by.
- Comments, docstrings and layout are left out: prose never makes a step new.
- A data file counts where it lies beside a module that names it (fitted weights). Prompts need not be here: a
  component is named by their content.
- ``evitrail.traces`` is left out where another package imports it: it records what a component makes, and decides
  nothing of it.
- The project is evitrail, and of a user's component all that lies in the folder of its outermost package or module. Of
  an installed library only the component's own package is followed.
- Nothing is imported to find this out. What was typed at a prompt has no source; its fingerprint is "unknown".

    fingerprint(ExtractiveReader())         # '3f0c5e0b9d1a2c47'
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

PROJECT = "evitrail"
RECORDER = "evitrail.traces"
DATA = (".json", ".md", ".txt")
"""Endings of data files that decide what a component does."""
FINGERPRINTS: dict[frozenset[str], str] = {}
"""Those that were asked for, by the modules where the code starts; a process keeps the code that it began with."""
READING = Lock()
"""Held while sources are read: what many threads ask for at once is read by the first of them. Besides, before Python
3.12 two threads that parse at once may fail (cpython issue 106905)."""
LIBRARIES = {"site-packages", "dist-packages"}
"""Folders that libraries are installed in."""


class Module(NamedTuple):
    """A module that has a source file."""

    name: str
    path: Path


class ModuleSource(NamedTuple):
    """What a module adds to a fingerprint."""

    code: bytes
    """Its statements, and the data files it names."""
    imports: frozenset[Module]
    """The modules that it imports, wherever in its source; a submodule stands without its package."""


def fingerprint(by: object) -> str:
    """Sixteen hex digits that name the code of a component; "unknown" where it has no source."""
    return of_modules(frozenset(type(part).__module__ for part in _parts(by)))


def modules_of(by: object) -> set[Module]:
    """Every module whose code decides what the component makes."""
    with READING:
        return _reached(frozenset(type(part).__module__ for part in _parts(by)))


def of_modules(names: frozenset[str]) -> str:
    """The fingerprint of code that starts in these modules."""
    if (known := FINGERPRINTS.get(names)) is not None:
        return known
    with READING:
        if names not in FINGERPRINTS:
            codes = {_module_source(module).code for module in _reached(names)}
            FINGERPRINTS[names] = hashlib.sha256(b"\0".join(sorted(codes))).hexdigest()[:16] if codes else "unknown"
        return FINGERPRINTS[names]


def _reached(names: frozenset[str]) -> set[Module]:
    """These modules, and all that they import within their project."""
    reached = {module for name in names if (module := _find(name))}
    todo = list(reached)
    while todo:
        module = todo.pop()
        new = {other for other in _module_source(module).imports if _in_project(other, module)} - reached
        reached |= new
        todo += new
    return reached


def _parts(by: object) -> Iterator[object]:
    """The component, and every component in its fields that its repr shows."""
    yield by
    for each in fields(by) if is_dataclass(by) and not isinstance(by, type) else ():
        value = getattr(by, each.name)
        for part in value if isinstance(value, tuple | list) else (value,):
            if is_dataclass(part) and repr(part) in repr(by):
                yield from _parts(part)


def _find(name: str) -> Module | None:
    """A module by its name; None where it has no source file."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is not None:
        return Module(name, Path(file)) if file.endswith(".py") and Path(file).is_file() else None
    outermost, *inner = name.split(".")
    package = sys.modules.get(outermost)
    if package is None:
        folders = [Path(folder, outermost) for folder in sys.path]
    else:
        folders = [Path(folder) for folder in getattr(package, "__path__", ())]
    for folder in folders:
        place = folder.joinpath(*inner)
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return Module(name, path)
    return None


def _in_project(module: Module, importer: Module) -> bool:
    """Whether an imported module belongs to the importer's project."""
    if _within(module, RECORDER):
        return _within(importer, RECORDER)
    if _within(module, PROJECT):
        return True
    if _within(importer, PROJECT):
        return False
    if LIBRARIES & set(importer.path.parts):
        return module.name.startswith(f"{importer.name.rpartition('.')[0]}.")
    depth = importer.name.count(".") + (importer.path.name == "__init__.py")
    return module.path.is_relative_to(importer.path.parents[depth]) and not LIBRARIES & set(module.path.parts)


def _within(module: Module, package: str) -> bool:
    """Whether a module is a package, or lies in it."""
    return f"{module.name}.".startswith(f"{package}.")


def _module_source(module: Module) -> ModuleSource:
    return _parsed(module, module.path.stat().st_mtime_ns)


@cache
def _parsed(module: Module, modified: int) -> ModuleSource:
    """A module's source as it counts here; ``modified`` makes an edited file another one."""
    tree = ast.parse(module.path.read_bytes())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    beside = [module.path.with_name(text) for text in sorted(texts) if text.endswith(DATA) and "/" not in text]
    data = [path.read_bytes() for path in beside if path.is_file()]
    imports = frozenset(found for name in _names(module, tree) if (found := _imported(name)))
    return ModuleSource(b"\0".join([ast.unparse(_WithoutProse().visit(tree)).encode(), *data]), imports)


def _imported(name: str) -> Module | None:
    """The module of this name, or the one that the name stands in."""
    package = name.rpartition(".")[0]
    return _find(name) or (_find(package) if package else None)


def _names(module: Module, tree: ast.Module) -> Iterator[str]:
    """What a module imports: modules, and names in modules."""
    package = module.name.split(".") if module.path.name == "__init__.py" else module.name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


class _WithoutProse(ast.NodeTransformer):
    """Takes out docstrings, those of fields too: a string that stands as a statement does nothing."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        prose = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if prose else node
