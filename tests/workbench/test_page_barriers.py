"""axe finds no barrier in the page, in a light and in a dark theme, with something selected, whatever is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from barriers import barriers
from exhibit import RUN, Open

PASSAGE = "apixaban@0%230"
SHOWN: dict[str, tuple[dict[str, str], str]] = {
    "the list of runs": ({}, ""),
    "the list of runs, sorted": ({"sort": "-outcome"}, ""),
    "the list of runs, filtered, with facets": ({"q": "wrong", "facets": "condition,outcome,confidence"}, "j"),
    "a run": ({"run": RUN}, ""),
    "a passage of a search": ({"run": RUN, "step": "retrieve[1]", "passage": PASSAGE}, ""),
    "gates": ({"run": "gated.q-apixaban", "step": "retrieve[1]"}, ""),
    "a claim": ({"run": RUN, "step": "synthesise[1]", "claim": "1"}, ""),
    "a passage and its claims": ({"run": RUN, "step": "synthesise[1]", "passage": PASSAGE}, ""),
    "a choice": ({"run": RUN, "step": "choose[1]"}, ""),
    "a blame": ({"run": RUN}, "End"),
    "a record as it was written": ({"run": RUN, "step": "retrieve[1]"}, "r"),
    "what was checked": ({"run": RUN}, "v"),
    "the keys": ({"run": RUN}, "?"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("what", SHOWN)
def test_no_barrier_is_found(what: str, theme: str, opened: Open, made: Path) -> None:
    place, key = SHOWN[what]
    view = opened(made, **place)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    if key:
        view.keyboard.press(key)
        view.wait_for_selector("dialog[open], .blame, #step pre, .grid-row[aria-selected=true]")
    if "claim" in place or "passage" in place:
        assert view.locator(".lit").count() > 0
    assert barriers(view) == []


def test_axe_would_find_marked_words_that_cannot_be_read(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="synthesise[1]", claim="1")
    view.emulate_media(color_scheme="dark", reduced_motion="reduce")
    view.evaluate("document.documentElement.style.setProperty('--lit', '#8a6d00')")
    assert {one.split(":")[0] for one in barriers(view)} == {"color-contrast"}
