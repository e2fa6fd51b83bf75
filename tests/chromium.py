"""A real browser without a window: the page as it has it once its script has run.

assert "<title>" in dom(page.as_uri(), tmp_path / "profile")
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=3000",
)  # fmt: skip


def dom(page: str, profile: Path) -> str:
    """The page as the browser has it once its script has run."""
    if CHROMIUM is None:  # where EVITRAIL_TEST_ALL asks for every component, this fails (conftest.py)
        pytest.skip("Chromium is not installed")
    command = [CHROMIUM, *QUIET, f"--user-data-dir={profile}", "--dump-dom", page]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
