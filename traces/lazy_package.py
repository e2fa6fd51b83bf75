"""Packages whose names are loaded when they are first used (PEP 562), so that a command imports only what it needs.

Rules kept here
- A package that offers names of its modules says where each one is defined, and imports none of them. A type checker,
  and ``run/fingerprint.py``, read the same names from an ``if TYPE_CHECKING`` block beside it; a test compares the two.
- A package that is a registry (``RETRIEVERS``, ``FORMATS``) is no such package: it is imported as a whole.
- What one command alone needs is imported within that command's function.

    if TYPE_CHECKING:
        from evitrail.traces.trace import Trace as Trace

    __getattr__, __dir__, __all__ = lazy_package(__name__, {"trace": ("Trace",)})
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple


class LazyNames(NamedTuple):
    """What a package sets at its top level."""

    getattr: Callable[[str], Any]
    dir: Callable[[], list[str]]
    all: list[str]


def lazy_package(package: str, homes: Mapping[str, tuple[str, ...]]) -> LazyNames:
    """The names of a package; ``homes`` has them by the module that defines them, relative to the package."""
    home = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home[name]}"), name)
        setattr(sys.modules[package], name, value)  # asked for once
        return value

    return LazyNames(load, lambda: sorted({*vars(sys.modules[package]), *home}), sorted(home))
