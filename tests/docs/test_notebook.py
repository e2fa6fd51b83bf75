"""The notebooks of the documentation run from top to bottom, and print what they show."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def printed(cell: dict[str, Any]) -> str:
    """What a cell shows that it printed."""
    return "".join(line for output in cell["outputs"] for line in output["text"])


def test_there_is_a_quick_start() -> None:
    assert "quickstart.ipynb" in [notebook.name for notebook in NOTEBOOKS]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: str(notebook.name))
def test_a_notebook_prints_what_it_shows(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    for cell in cells:
        out = io.StringIO()
        with redirect_stdout(out):
            exec(compile(source(cell), notebook.name, "exec"), names)
        assert out.getvalue() == printed(cell), source(cell)
    assert any(printed(cell) for cell in cells)
