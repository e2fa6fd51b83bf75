"""Code of one's own, named in a plan: ``package.module:Class(k=3)``.

Rules kept here
- Naming it is not enough, somebody must allow it to run. Then it may lie in the working directory too.
- It is made with plain values; nothing in the brackets is evaluated.
- What goes wrong in making it is one line, for it is not our code: anything may come of it.
- A class of ours is found under the module name that an old plan gives it, whatever package our folders lie in by now.

    make_plugin("clinic.masks:Mask(names='staff.txt')", "mask", "mask(text)", allow_code=True)
"""

from __future__ import annotations

import ast
import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = ("traces", "evidence_store", "retrieval", "agent", "eval", "workbench")
"""Our folders, which plans could name as packages of their own."""
ABOVE = __name__.rpartition("eval.")[0]
"""What they lie in, with its dot; empty where they are packages of their own."""
FORMER = {"eval.identifiers": "eval.dataset.identifiers"}
"""Modules with classes that a plan can name, which lay elsewhere in our folders before."""
OUTSIDE = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)(?:\((?P<arguments>.*)\))?", re.DOTALL)


def make_plugin(spec: str, what: str, method: str, *, allow_code: bool) -> Any:
    """An instance that is not ours, which has the method: of a class, or the one named; raises ``ValueError``."""
    said = OUTSIDE.fullmatch(spec)
    if said is None:
        raise ValueError(f"{what}: expected package.module:Class(…), got {spec!r}")
    if not allow_code:
        raise ValueError(f"{what} {spec!r} is code that would be run; give --allow-code if you trust it")
    given, named = _values(spec, what, said["arguments"])
    try:
        found = getattr(_module(said["module"]), said["name"])
        one = found(*given, **named) if isinstance(found, type) or said["arguments"] is not None else found
    except Exception as error:
        raise ValueError(f"{what} {spec!r} could not be made: {type(error).__name__}: {error}") from error
    if not callable(getattr(one, method.partition("(")[0], None)):
        raise ValueError(f"{what} {spec!r}: expected a method {method}, it has none")
    return one


def _module(name: str) -> ModuleType:
    """The module as it is named, also in the working directory; where there is none, one of ours that was called so."""
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)  # at the end: what is installed goes before it
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = f"{name}.".startswith(f"{error.name}.")  # itself or a package above it, not what it imports
        if not missing or not ABOVE or name.partition(".")[0] not in OURS:
            raise
    return import_module(f"{ABOVE}{FORMER.get(name, name)}")


def _values(spec: str, what: str, arguments: str | None) -> tuple[list[Any], dict[str, Any]]:
    try:
        call: Any = ast.parse(f"_({arguments or ''})", mode="eval").body
        given = [ast.literal_eval(value) for value in call.args]
        return given, {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, AttributeError) as error:
        raise ValueError(f"{what} {spec!r}: expected plain values in the brackets") from error
