"""``import evitrail`` is the one door for users of Python: few names, sorted, each loaded when it is first used."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import evitrail

HEAVY = ("torch", "numpy", "pydantic", "qdrant_edge", "sqlalchemy", "networkx", "llama_index", "typer")


def test_the_names_are_sorted_and_each_is_there() -> None:
    assert list(evitrail.__all__) == sorted(evitrail.__all__)
    assert set(evitrail.__all__) == set(evitrail.HOMES)
    assert all(getattr(evitrail, name) is not None for name in evitrail.__all__)
    assert set(evitrail.__all__) <= set(dir(evitrail))


def test_the_version_is_the_one_that_is_installed() -> None:
    assert evitrail.__version__ == version("evitrail")


def test_a_name_that_is_not_there_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'evitrail' has no attribute 'Retreiver'"):
        _ = evitrail.Retreiver


def test_importing_it_loads_nothing_heavy() -> None:
    code = f"import sys, evitrail; evitrail.__all__; sys.exit(str(sorted(set({HEAVY!r}) & set(sys.modules))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
