"""Pages that watch, in a real browser: what comes is counted, and nothing moves until one asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from barriers import barriers
from desk import Desk
from growing import Growing
from serving_pages import running, until
from visiting import visiting

from evitrail.eval.report.results import write_results


@pytest.fixture
def growing(desk: Desk, tmp_path: Path) -> Iterator[Growing]:
    made = Growing(desk.run, tmp_path / "grow")
    made.grow(2)
    write_results(made.folder)
    yield made
    made.close()


@pytest.fixture
def page(browser: Any, growing: Growing) -> Iterator[Any]:
    with running(growing.folder) as address, visiting(browser, address) as visit:
        view = visit("/e/grow")
        view.wait_for_selector(".live-dot[data-state=on]")
        yield view


def rows(view: Any) -> int:
    return int(view.get_attribute(".grid-scroll", "aria-rowcount")) - 1


def fresh(view: Any) -> str:
    return str(view.locator(".new-runs").inner_text()) if view.locator(".new-runs").is_visible() else ""


def test_new_runs_are_counted_and_shown_when_one_presses_the_key(page: Any, growing: Growing) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    selected = page.locator("[role=row][aria-selected=true]").inner_text()
    page.set_viewport_size({"width": 1400, "height": 420})
    page.evaluate("document.querySelector('.grid-scroll').scrollTop = 40")
    before = page.evaluate("[document.querySelector('.grid-scroll').scrollTop, scrollY]")
    growing.grow(2)
    until(page, lambda: "2 new runs" in fresh(page))
    assert rows(page) == 2
    assert page.evaluate("[document.querySelector('.grid-scroll').scrollTop, scrollY]") == before
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"
    page.keyboard.press(".")
    until(page, lambda: rows(page) == 4)
    assert page.locator("[role=row][aria-selected=true]").inner_text() == selected
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"
    assert fresh(page) == ""
    assert page.locator("#found").inner_text() == "4 runs"


def test_the_bar_is_a_button_and_a_filter_finds_what_came(page: Any, growing: Growing) -> None:
    page.fill("#filter", "right OR wrong OR abstained")
    growing.grow(2)
    until(page, lambda: "2 new runs" in fresh(page))
    page.locator(".new-runs").click()
    until(page, lambda: page.locator("#found").inner_text() == "4 of 4 runs")


def test_who_follows_sees_what_comes_and_the_address_says_so(page: Any, growing: Growing) -> None:
    page.keyboard.press("Shift+F")
    assert "follow=1" in page.url
    growing.grow(2)
    until(page, lambda: rows(page) == 4)
    page.keyboard.press("Shift+F")
    assert "follow" not in page.url


def test_the_profile_is_that_of_before_until_one_asks(page: Any, growing: Growing) -> None:
    before = page.locator("#profile").inner_text()
    growing.grow(20)
    write_results(growing.folder)
    until(page, lambda: "results were written" in fresh(page))
    assert page.locator("#profile").inner_text() == before
    page.keyboard.press(".")
    until(page, lambda: page.locator("#profile").inner_text() != before)


def test_an_experiment_without_results_shows_the_runs_that_ended(browser: Any, desk: Desk, tmp_path: Path) -> None:
    growing = Growing(desk.run, tmp_path / "grow")
    growing.grow(2)
    with running(growing.folder) as address, visiting(browser, address) as visit:
        view = visit("/e/grow")
        until(view, lambda: "2 new runs" in fresh(view))
        assert "No profile yet" in view.locator("#profile").inner_text()
        view.keyboard.press(".")
        until(view, lambda: rows(view) == 2)
    growing.close()


def test_a_hidden_tab_has_no_stream_and_misses_nothing(page: Any, growing: Growing) -> None:
    hide = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true });"
    page.evaluate(hide % "true" + "document.dispatchEvent(new Event('visibilitychange'))")
    assert page.locator(".live-dot").inner_text() == "not watching"
    growing.grow(2)
    page.wait_for_timeout(1200)
    assert fresh(page) == ""
    page.evaluate(hide % "false" + "document.dispatchEvent(new Event('visibilitychange'))")
    until(page, lambda: "2 new runs" in fresh(page))


def test_the_dot_turns_it_off_and_on(page: Any) -> None:
    page.locator(".live-dot").click()
    assert page.locator(".live-dot").inner_text() == "not watching"
    assert page.get_attribute(".live-dot", "aria-pressed") == "false"
    page.locator(".live-dot").click()
    page.wait_for_selector(".live-dot[data-state=on]")


def test_the_list_of_experiments_shows_how_far_each_is(browser: Any, growing: Growing) -> None:
    with running(growing.folder) as address, visiting(browser, address) as visit:
        view = visit("/")
        until(view, lambda: view.locator(".progress").count() == 1)
        before = view.locator("tbody tr").bounding_box()
        view.keyboard.press("j")
        growing.grow(2)
        until(view, lambda: view.get_attribute(".progress", "title").startswith("4 "))
        assert view.locator("tbody tr").bounding_box() == before
        assert view.evaluate("document.activeElement.tagName") == "A"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barrier_is_found_while_runs_come(page: Any, growing: Growing, theme: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.keyboard.press("j")
    growing.grow(2)
    until(page, lambda: "2 new runs" in fresh(page))
    assert barriers(page) == []
