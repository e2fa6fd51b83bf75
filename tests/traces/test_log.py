"""A library keeps quiet: log lines are shown once somebody asks for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import evitrail.traces

SAY = "get_logger().warning('run failed', run='standard.rad-001')"


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        ("", False),
        ("from evitrail.traces.log import configure; configure(); ", True),
        ("from evitrail.traces.log import configure; configure('error'); ", False),
        ("import structlog; structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr)); ", True),
    ],
    ids=["nobody asked", "asked for warnings", "asked for errors", "configured by the program that imports it"],
)
def test_a_log_line_is_shown_where_it_was_asked_for_and_never_on_stdout(before: str, shown: bool) -> None:
    code = f"import sys; {before}from evitrail.traces.log import get_logger; {SAY}"
    root = Path(evitrail.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert ("standard.rad-001" in done.stderr) is shown
