"""The palette, the facets and the saved views in a real browser, by mouse and by keys alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from serving_pages import running, until
from visiting import Visit, visiting

from evitrail.workbench.api.views import save_view

PAGE = "/e/evitrail-run"
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"> \u05d0\u05d1"


@pytest.fixture(scope="module")
def folder(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = desk.copied(tmp_path_factory.mktemp("palette") / "own")
    save_view(copied.run, "the gated ones", "?q=condition%3Agated&sort=-case")
    save_view(copied.run, HOSTILE, "?q=wrong")
    return copied.folder


def opened(view: Any, typed: str = "") -> Any:
    """The palette, with these letters typed, once it knows the runs."""
    view.keyboard.press("Control+k")
    view.wait_for_selector(".palette[data-ready]")
    view.keyboard.type(typed)
    return view


def shown(view: Any) -> list[str]:
    return [" ".join(text.split("\n")) for text in view.locator(".palette [role=option]").all_inner_texts()]


def test_keys_alone_lead_to_a_run_a_case_a_view_and_evidence(visit: Visit) -> None:
    view = opened(visit(PAGE), "gat 006")
    assert shown(view)[0] == "run gated.acute-006"
    chosen = view.get_attribute(".palette-input", "aria-activedescendant")
    assert view.get_attribute(f"#{chosen}", "aria-selected") == "true"
    view.keyboard.press("Enter")
    view.wait_for_url("**/runs/gated.acute-006")
    view.wait_for_selector("body[data-ready]")
    opened(view, "retrieve")
    assert any(line.startswith("step retrieve[1]") for line in shown(view))
    view.keyboard.press("Enter")
    until(view, lambda: "step=retrieve" in view.url)
    opened(view, "acute-001")
    assert shown(view)[0] == "case acute-001"
    view.keyboard.press("Enter")
    view.wait_for_url("**/e/evitrail-run?q=case*")
    view.wait_for_selector("body[data-ready]")
    assert view.inner_text("#found") == "3 of 6 runs"
    opened(view, "the gated")
    view.keyboard.press("Enter")
    view.wait_for_url("**sort=-case")
    view.wait_for_selector("body[data-ready]")
    assert view.input_value("#filter") == "condition:gated"
    opened(view, "@20")
    assert shown(view)[0].startswith("evidence ")
    view.keyboard.press("Enter")
    view.wait_for_url("**/evidence/**")
    view.wait_for_selector("body[data-ready]")


def test_what_a_page_can_do_is_done_by_name_and_the_focus_returns_where_it_was(visit: Visit) -> None:
    view = visit(PAGE)
    view.focus("#filter")
    opened(view, "zzzzzz")
    assert view.inner_text(".palette [role=status]") == "Nothing has a name like this."
    view.keyboard.press("Escape")
    assert view.locator("dialog[open]").count() == 0
    assert view.evaluate("document.activeElement.id") == "filter"
    opened(view, "by case")
    assert shown(view)[0] == "do by case, and back m"
    view.keyboard.press("Enter")
    until(view, lambda: "group=case" in view.url)
    opened(view, "change the theme")
    view.keyboard.press("Enter")
    assert view.evaluate("document.documentElement.dataset.theme") == "light"
    opened(view)
    assert "page Runs of evitrail-run" in shown(view)
    assert not [line for line in shown(view) if line.startswith("run ")], "before a letter is typed"
    view.keyboard.press("ArrowUp")
    assert view.locator(".palette [role=option]").last.get_attribute("aria-selected") == "true"


def test_a_mouse_opens_it_by_its_button_takes_an_entry_and_shuts_it_beside_it(visit: Visit) -> None:
    view = visit("/")
    view.click(".palette-button")
    view.wait_for_selector(".palette[data-ready]")
    view.mouse.click(5, 5)
    assert view.locator("dialog[open]").count() == 0
    view.click(".palette-button")
    view.wait_for_selector(".palette[data-ready]")
    view.click(".palette [role=option]:has-text('evitrail-run')")
    view.wait_for_url("**/e/evitrail-run")
    view.wait_for_selector("body[data-ready]")


def test_a_view_with_a_hostile_name_is_only_a_name(visit: Visit) -> None:
    view = opened(visit(PAGE), "onerror")
    assert shown(view) == [f"view {HOSTILE}"]
    view.keyboard.press("Escape")
    until(view, lambda: view.locator("dialog").count() == 0)
    view.keyboard.press("s")
    view.wait_for_selector(".views-dialog[data-ready]")
    assert HOSTILE in view.locator(".views bdi").all_inner_texts()
    assert view.title() != "taken"
    view.keyboard.press("Escape")


def test_a_view_is_saved_replaced_opened_and_deleted_by_keys(visit: Visit) -> None:
    view = visit(f"{PAGE}?q=wrong&sort=-confidence")
    view.keyboard.press("s")
    view.wait_for_selector(".views-dialog[data-ready]")
    view.keyboard.type("my view")
    view.keyboard.press("Enter")
    view.wait_for_selector(".views a:has-text('my view')")
    view.keyboard.type("My View")
    assert view.inner_text(".save-view button") == "Replace view"
    view.keyboard.press("Enter")
    until(view, lambda: view.locator(".views a:has-text('My View')").count() == 1)
    assert view.locator(".views li").count() == 3
    view.keyboard.press("Escape")
    view.goto(view.url.partition("?")[0])
    view.wait_for_selector("body[data-ready]")
    view.click("button:text-is('Views')")
    view.click(".views a:has-text('My View')")
    view.wait_for_url("**q=wrong**")
    view.wait_for_selector("body[data-ready]")
    assert view.locator("[aria-sort=descending]").inner_text().startswith("Conf.")
    view.click("button:text-is('Views')")
    view.click(".views li:has-text('My View') button")
    until(view, lambda: view.locator(".views li").count() == 2)


def test_a_server_that_only_reads_offers_no_saving(browser: Any, folder: Path) -> None:
    with running(folder, read_only=True) as served, visiting(browser, served) as go:
        view = go(PAGE)
        view.keyboard.press("s")
        view.wait_for_selector(".views-dialog[data-ready]")
        assert view.locator(".views li").count() == 2
        assert view.locator(".views button, .save-view").count() == 0


def test_facets_count_what_is_shown_add_terms_and_are_kept_by_the_address(visit: Visit) -> None:
    view = visit(PAGE)
    assert view.is_hidden(".facet-panel")
    view.keyboard.press("t")
    view.wait_for_selector(".facet-panel:visible")
    until(view, lambda: "facets=condition" in view.url)

    def counts(facet: str) -> dict[str, str]:
        section = view.locator(".facet-panel section", has=view.locator(f".facet-head:text-is('{facet}')"))
        return dict(text.split("\n") for text in section.locator("li .facet-value").all_inner_texts())

    assert counts("Condition") == {"closed_book": "2", "gated": "2", "standard": "2"}
    view.click(".facet-value:has-text('gated')")
    until(view, lambda: view.inner_text("#found") == "2 of 6 runs")
    assert counts("Condition") == {"closed_book": "0", "gated": "2", "standard": "0"}
    assert view.get_attribute(".facet-value:has-text('gated')", "aria-pressed") == "true"
    view.reload()
    view.wait_for_selector("body[data-ready]")
    assert counts("Condition")["gated"] == "2"
    view.click(".facet-value:has-text('gated')")
    until(view, lambda: view.inner_text("#found") == "6 runs")
    view.click(".facet-value:has-text('standard')", modifiers=["Alt"])
    until(view, lambda: view.input_value("#filter") == "-condition:standard")
    view.focus(".facet-not[aria-label='exclude standard']")
    assert view.get_attribute(":focus", "aria-pressed") == "true"
    view.keyboard.press("Enter")
    until(view, lambda: view.input_value("#filter") == "")
    assert view.get_attribute(":focus", "aria-label") == "exclude standard", "the focus stays where it was"
    view.keyboard.press("t")
    assert view.is_hidden(".facet-panel")
    until(view, lambda: "facets" not in view.url)


def test_each_facet_and_each_bar_of_the_histogram_finds_as_many_runs_as_it_says(visit: Visit) -> None:
    every = "condition,reader,outcome,blame,fault,cites,grade,subspecialty,day,confidence"
    view = visit(f"{PAGE}?facets={every}")
    total = view.locator(".facet-value").count()
    assert total > 20
    for i in range(total):
        value = view.locator(".facet-value").nth(i)
        told = int(value.get_attribute("title").split(" run")[0].split(", ")[-1].replace(",", ""))
        value.click()
        until(view, lambda: view.inner_text("#found").endswith("of 6 runs"))
        assert view.inner_text("#found") == f"{told} of 6 runs", view.input_value("#filter")
        view.locator(".facet-value").nth(i).click()
        until(view, lambda: view.inner_text("#found") == "6 runs")


def test_what_a_filter_leaves_has_a_row_below_the_profile_whose_numbers_lead_on(visit: Visit) -> None:
    view = visit(PAGE)
    assert view.locator(".shown-row").count() == 0
    view.fill("#filter", "condition:standard,closed_book")
    until(view, lambda: view.locator(".shown-row").count() == 1)
    assert view.inner_text(".shown-row th") == "the 4 shown"
    assert "[" not in view.inner_text(".shown-row"), "no intervals: a filter makes no sample"
    view.click(".shown-row .leads >> nth=0")
    assert view.input_value("#filter") == "condition:standard,closed_book right"
    view.fill("#filter", "")
    until(view, lambda: view.locator(".shown-row").count() == 0)


def test_columns_are_chosen_by_keys_and_kept_in_the_address(visit: Visit) -> None:
    view = visit(PAGE)
    view.keyboard.press("c")
    view.focus("dialog input[value=question]")
    view.keyboard.press("Space")
    until(view, lambda: "cols=" in view.url)
    view.keyboard.press("Escape")
    assert "Question" in view.locator("[role=columnheader]").all_inner_texts()
    view.reload()
    view.wait_for_selector("body[data-ready]")
    assert "Question" in view.locator("[role=columnheader]").all_inner_texts()
    view.keyboard.press("m")
    assert view.locator(".grid-row").first.locator(".mark-badge").first.get_attribute("title").count(": ") == 1
