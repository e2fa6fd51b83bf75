"""Takes the pictures of README.md and docs/workbench.md: the workbench over the demo, in a real browser.

    python docs/screenshots.py evitrail-demo docs/pictures        # or: make screenshots

Rules kept here
- The server is started as a user starts it, read-only; the pages are opened by their addresses, so a picture shows what
  its address says.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

EXP = "/e/experiment"
RUN = f"{EXP}/runs/standard.radiology-003"


class Picture(NamedTuple):
    """A page to be taken."""

    name: str
    address: str
    keys: tuple[str, ...] = ()
    """Pressed before."""
    theme: str = "light"


PICTURES = (
    Picture("experiment", f"{EXP}?q=condition%3Astandard%20wrong%20blame%3Aretrieve", ("j",)),
    Picture("run", f"{RUN}?option=B"),
    Picture("graph", f"{RUN}?view=graph&option=B"),
    Picture("compare", f"{EXP}/compare?conditions=standard,gated"),
    Picture("attribution", f"{EXP}/attribution"),
    Picture("evidence", "/evidence/pure-ground-glass-nodule-follow-up?v=2017&vs=2013", theme="dark"),
)
SETTLED = 1000
"""Milliseconds after which a page has what it asks for later."""
SIZE = {"width": 1280, "height": 800}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the workbench over a folder."""
    command = [str(Path(sys.executable).with_name("evitrail")), "serve", str(folder), "--port", "0", "--read-only"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = server.stdout.readline() if server.stdout else ""
            found = re.search(r"http://[^/]+", said)
            if found is None:
                raise SystemExit(f"expected the address of the workbench, got {said!r}")
            yield found[0]
        finally:
            server.terminate()


def take(folder: Path, target: Path) -> None:
    """Write every picture."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        raise SystemExit("expected Chromium on the PATH, found none")
    target.mkdir(parents=True, exist_ok=True)
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for picture in PICTURES:
            page = browser.new_page(viewport=SIZE, color_scheme=picture.theme)  # type: ignore[arg-type]
            page.goto(address + picture.address)
            page.wait_for_selector("body[data-ready]")
            if page.locator(".pill").count():
                page.wait_for_selector(".pill[data-done]")
            for key in picture.keys:
                page.keyboard.press(key)
            page.wait_for_timeout(SETTLED)
            page.screenshot(path=target / f"{picture.name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
