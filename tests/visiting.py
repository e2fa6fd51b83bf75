"""A browser that visits the workbench as its user does, and hears whatever a page should not do.

with visiting(browser, address) as visit:
    view = visit("/e/evitrail-run?q=wrong")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Visit = Callable[[str], Any]
"""Opens an address of the workbench, and waits until the page is there."""


@contextmanager
def listened(browser: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page, and the addresses that it asks for; fails on any error, line of the console or dialog."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    asked: list[str] = []
    faults: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    view = context.new_page()
    view.on("console", lambda message: faults.append(message.text))
    view.on("dialog", lambda dialog: faults.append(f"a dialog: {dialog.message}"))
    yield view, asked
    context.close()
    assert faults == []


@contextmanager
def visiting(browser: Any, address: str) -> Iterator[Visit]:
    """Fails on a request to anybody else, on any line of the console, and on what the content policy reports."""
    with listened(browser) as (view, asked):
        view.set_default_timeout(30_000)

        def go(path: str) -> Any:
            view.goto(address + path)
            view.wait_for_selector("body[data-ready], .doc-table")
            return view

        yield go
        view.evaluate(
            "dispatchEvent(new PageTransitionEvent('pagehide'))"
        )  # a page that watches stops, as when one leaves
        view.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith(address)] == []
