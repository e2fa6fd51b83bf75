"""What axe finds in a page that somebody could not read or reach."""

from __future__ import annotations

from typing import Any

import pytest
from pages import ROOT

AXE = ROOT / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


def barriers(view: Any) -> list[str]:
    """What axe finds in what is shown; the test is skipped where axe is not installed."""
    if not AXE.is_file():  # npm brings it; where EVITRAIL_TEST_ALL asks for every component, this fails (conftest.py)
        pytest.skip("axe is not installed: `make .axe/.ready` brings it")
    view.evaluate(AXE.read_text("utf-8"))
    found = view.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
