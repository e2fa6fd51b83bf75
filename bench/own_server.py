"""The workbench, served by a process of its own, and a browser to visit it with.

with serving(folder) as address: urlopen(address)
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def serving(place: Path) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "evitrail", "serve", str(place), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        try:
            yield next(word for word in line.split() if word.startswith("http"))
        finally:
            process.terminate()


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser that is installed."""
    from playwright.sync_api import sync_playwright

    installed = next(filter(None, map(shutil.which, CHROMIUM)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
