"""The filter in a real browser: what the page finds by itself, what it asks for, and what it offers while one types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desk import Desk
from serving_pages import running, until
from visiting import Visit

PAGE = "/e/evitrail-run"


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with running(desk.folder) as served:
        yield served


def typed(view: Any, text: str) -> None:
    """Type into an empty filter, key by key."""
    view.fill("#filter", "")
    view.focus("#filter")
    view.keyboard.type(text)


def offered(view: Any) -> dict[str, str]:
    """What the list offers, each with how many runs it finds."""
    return {
        one.locator("code").inner_text(): one.locator(".number").inner_text()
        for one in view.locator("[role=option]").all()
    }


def test_the_server_is_asked_only_for_words_that_no_column_holds(visit: Visit) -> None:
    view, asked = visit(PAGE), []
    view.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    typed(view, "wrong condition:standard,closed_book OR stale:unknown")
    assert view.inner_text("#found").endswith(" of 6 runs")
    typed(view, "condition:nowhere")
    view.wait_for_selector("#filter[aria-invalid]")
    assert asked == []
    typed(view, "condition:gated claim:the")
    assert view.inner_text("#filter-said") == "asking the server for claim:the"
    until(view, lambda: view.locator("#found").count() == 1)
    assert [url.partition("?")[0].rpartition("/")[2] for url in asked] == ["selection"]
    here = view.inner_text("#found")
    view.reload()
    view.wait_for_selector("body[data-ready]")
    assert view.inner_text("#found") == here


def test_what_was_typed_since_is_what_is_shown_when_the_server_answers_late(visit: Visit) -> None:
    view = visit(PAGE)
    typed(view, "claim:the")
    typed(view, "condition:gated")
    view.wait_for_timeout(600)
    assert view.inner_text("#found") == "2 of 6 runs"
    until(view, lambda: "condition%3Agated" in view.url)


def test_what_is_offered_is_chosen_by_keys_and_finds_as_many_runs_as_it_says(visit: Visit) -> None:
    view = visit(PAGE)
    typed(view, "condi")
    assert view.get_attribute("#filter", "aria-expanded") == "true"
    view.keyboard.press("ArrowDown")
    chosen = view.get_attribute("#filter", "aria-activedescendant")
    assert view.inner_text(f"#{chosen}[aria-selected=true] code") == "condition:"
    view.keyboard.press("Enter")
    assert view.input_value("#filter") == "condition:"
    values = offered(view)
    assert list(values) == ["closed_book", "gated", "standard", "unknown"]
    view.keyboard.press("ArrowUp")
    view.keyboard.press("ArrowUp")
    view.keyboard.press("Enter")
    assert view.input_value("#filter") == "condition:standard"
    assert view.inner_text("#found") == f"{values['standard'].split()[0]} of 6 runs"
    assert view.is_hidden("#completions")


def test_a_value_within_a_query_is_replaced_and_the_rest_of_it_stays(visit: Visit) -> None:
    view = visit(PAGE)
    typed(view, "condition:st -stale")
    for _ in range(len(" -stale")):
        view.keyboard.press("ArrowLeft")
    view.keyboard.press("Alt+ArrowDown")
    view.click("#completions >> text=standard")
    assert view.input_value("#filter") == "condition:standard -stale"
    assert view.evaluate("document.activeElement.id") == "filter"


def test_escape_shuts_the_list_first_and_then_leads_to_the_runs(visit: Visit) -> None:
    view = visit(PAGE)
    typed(view, "w")
    assert view.is_visible("#completions")
    view.keyboard.press("Escape")
    assert view.is_hidden("#completions")
    assert view.input_value("#filter") == "w"
    assert view.locator(".grid-row[aria-selected=true]").count() == 0
    typed(view, "wrong ")
    assert view.is_hidden("#completions"), "after a blank nothing was begun"
    view.keyboard.press("Escape")
    assert view.locator(".grid-row[aria-selected=true]").count() == 1


def test_enter_without_a_choice_leaves_what_was_typed(visit: Visit) -> None:
    view = visit(PAGE)
    typed(view, "condition:gat")
    assert view.is_visible("#completions")
    view.keyboard.press("Enter")
    assert view.is_hidden("#completions")
    assert view.input_value("#filter") == "condition:gat"
    assert "did you mean 'gated'" in view.inner_text("#filter-said")
