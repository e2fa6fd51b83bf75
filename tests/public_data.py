"""Public data that some tests read; it lies in ``shared/`` beside the repository and is no part of the project.

Where it is absent these tests skip, in CI too: ``conftest.py`` knows them by the reason.

    BODIES = DATA / "grade-bodies" / "bodies.jsonl"
    @needs(BODIES)                       # a test, or pytestmark of a file
    if why := absent(BODIES): ...        # within a test
"""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
DATA = SHARED / "data"


def absent(*paths: Path) -> str | None:
    """Why a test that needs these files cannot run; None where all are there."""
    return next((f"public data absent: {path}" for path in paths if not path.exists()), None)


def needs(*paths: Path) -> pytest.MarkDecorator:
    """Skips a test where one of these files is absent."""
    why = absent(*paths)
    return pytest.mark.skipif(why is not None, reason=why or "")
