"""One tiny store and one experiment on it, made once; tests that change something work on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import CASES, Desk, demo_evidence, evitrail, write_lines
from exhibit import Open, shown
from serving_pages import running
from visiting import Visit, listened, visiting

from evitrail.retrieval import RETRIEVERS

QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")
"""What keeps a browser from asking the network for anything of its own."""


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    write_lines(made.evidence, demo_evidence(CASES))
    assert evitrail("store", "ingest", made.evidence, "--store", made.store).code == 0
    assert evitrail("run", *made.plan, "--out", made.run).code == 0
    before = sorted(each.name for each in made.folder.iterdir())
    yield made
    assert sorted(each.name for each in made.folder.iterdir()) == before, "a test wrote into what all tests share"


@pytest.fixture
def own(desk: Desk, tmp_path: Path) -> Desk:
    """A copy of the desk that a test may spoil."""
    return desk.copied(tmp_path / "own")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, and no settings of whoever runs the tests."""
    for name in ("COLUMNS", "EVITRAIL_DEBUG", "EVITRAIL_LOG", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """A retriever of one's own is registered for a process; here many commands share one."""
    before = dict(RETRIEVERS)
    yield
    for name in RETRIEVERS.keys() - before.keys():
        del RETRIEVERS[name]


@pytest.fixture(scope="module")  # while it is there an event loop runs in this thread, which others need for theirs
def browser() -> Iterator[Any]:
    """Chromium, as it is installed here."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if installed is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=installed, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Where a module's ``folder`` is served; a module that serves others has an address of its own."""
    with running(folder) as served:
        yield served


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Visit]:
    """Opens pages of the server at ``address``."""
    with visiting(browser, address) as go:
        yield go


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an experiment, which nobody changes."""
    return shown(tmp_path_factory.mktemp("page"))


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Opens a page at a place, and waits for what it says of itself; fails on any request but for the file."""
    with listened(browser) as (view, asked):

        def go(page: Path, **place: str) -> Any:
            view.goto("about:blank")
            view.goto(page.as_uri() + "#" + "&".join(f"{key}={value}" for key, value in place.items()))
            view.wait_for_selector("body[data-ready]")
            view.wait_for_selector("#verdict[data-milliseconds]")
            return view

        yield go
    assert {url.partition(":")[0] for url in asked} <= {"file", "about"}
