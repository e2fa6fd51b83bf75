"""Signing in as somebody in a real browser: the page says who, and the dialog that asks for a name has it fixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from barriers import barriers
from desk import Desk, evitrail
from reviewing import settled
from serving_pages import running, until
from visiting import listened

LARSEN, OKAFOR = "1" * 32, "2" * 32
RUN = "standard.acute-006"


@pytest.fixture
def address(own: Desk) -> Iterator[str]:
    with running(own.folder, people={LARSEN: "d.larsen", OKAFOR: "s.okafor"}) as served:
        yield served
    settled()


def test_the_name_of_whoever_signed_in_is_shown_fixed_in_the_dialog_and_on_record(
    browser: Any, address: str, own: Desk
) -> None:
    with listened(browser) as (view, _):
        view.goto(address)
        assert view.url.endswith("/sign-in")
        view.fill("#token", LARSEN)
        view.keyboard.press("Enter")
        view.wait_for_selector("body[data-ready]")
        assert view.inner_text("a.signed-in bdi") == "d.larsen"
        view.goto(f"{address}/e/evitrail-run/runs/{RUN}?blame=wrong")
        view.wait_for_selector("body[data-ready]")
        view.click(".override")
        name = view.locator("#override-by")
        name.wait_for()
        assert (name.input_value(), name.get_attribute("readonly")) == ("d.larsen", "")
        name.press_sequentially("x")
        assert name.input_value() == "d.larsen"
        assert "recorded as authenticated" in view.inner_text("dialog")
        assert barriers(view) == []
        view.check("#override-steps input[value='choose[1]']")
        view.fill("#override-reason", "it was served")
        view.click(".primary")
        until(view, lambda: "d.larsen (authenticated)" in view.inner_text("#blame"))
        assert view.evaluate("localStorage.getItem('evitrail-reviewer')") is None, "it is not this browser's name"
        assert view.evaluate("document.cookie") == ""
        assert LARSEN not in view.content()
        view.wait_for_load_state("networkidle")
    (listed,) = evitrail("review", "list", own.run, "--json").json
    assert (listed["by"], listed["authenticated"]) == ("d.larsen", True)


def test_the_name_in_the_bar_leads_to_signing_in_as_somebody_else(browser: Any, address: str) -> None:
    with listened(browser) as (view, _):
        for token, name in ((LARSEN, "d.larsen"), (OKAFOR, "s.okafor")):
            view.goto(f"{address}/sign-in#token={token}")
            view.wait_for_selector("body[data-ready]")
            assert view.inner_text("a.signed-in bdi") == name
            view.click("a.signed-in")
            view.wait_for_selector("#token")
            assert "under your name" in view.inner_text("main")
