"""The graph of a run, what its steps were given, and its play in a browser: on the server and in the file alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from exhibit import HOSTILE, RUN, Open, experiment
from serving_pages import running, until
from visiting import Visit
from ward import advice, arm, ask, case
from ward import opened as opened_store

from evitrail.agent.llm import ScriptedLLM
from evitrail.agent.reader import DirectReader
from evitrail.eval.report.results import write_results
from evitrail.traces import Journal
from evitrail.workbench.page import write_page

SCROLLED = "[...document.querySelectorAll('[id], html, .graph-scroll')].map((one) => one.scrollTop).join()"
Shown = Callable[..., Any]
"""Opens a run at a place: by its address on the server, or in the file."""


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment whose evidence is hostile, and was replaced before the question's day."""
    folder = experiment(tmp_path_factory.mktemp("graph"))
    write_results(folder)
    return folder


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment whose passages were put before a model as they are."""
    folder = tmp_path_factory.mktemp("spoken")
    reader = DirectReader(ScriptedLLM(((".", "Answer: B"),), name="talker"))
    with opened_store(folder) as store:
        store.ingest([advice("apixaban", "C", id="note-c", text=HOSTILE), advice("apixaban", "B", id="note-b")])
        assert ask(folder / "talk", store, [case("apixaban")], [arm()], reader) == []
    return folder / "talk"


@pytest.fixture(scope="module")
def address(stale: Path, spoken: Path) -> Iterator[str]:
    with running(stale, spoken) as served:
        yield served


@pytest.fixture(params=["server", "file"])
def shown(request: pytest.FixtureRequest, stale: Path, spoken: Path) -> Shown:
    if request.param == "server":
        visit: Visit = request.getfixturevalue("visit")

        def on_server(exp: str = "x", **place: str) -> Any:
            return visit(f"/e/{exp}/runs/{RUN}?" + "&".join(f"{key}={quote(value)}" for key, value in place.items()))

        return on_server
    open_file: Open = request.getfixturevalue("opened")

    def in_file(exp: str = "x", **place: str) -> Any:
        folder = {"x": stale, "talk": spoken}[exp]
        page = folder.parent / f"{exp}.html"
        if not page.exists():
            with Journal.open(folder / "journal.db", create=False) as journal:
                write_page(journal, [RUN], page)
        return open_file(page, **{key: quote(value) for key, value in place.items()}, run=RUN)

    return in_file


def said(view: Any) -> dict[str, str]:
    """What the address says."""
    parts = urlsplit(view.url)
    return {name: values[-1] for name, values in parse_qs(parts.query or parts.fragment).items()}


def box(view: Any, name: str) -> Any:
    return view.locator(f'[data-box="{name}"]')


def lit(view: Any) -> set[str]:
    return {str(one.get_attribute("data-box")) for one in view.locator(".box.is-lit").all()}


def test_the_way_that_decided_the_blame_and_what_was_superseded_are_in_plain_sight(shown: Shown) -> None:
    view = shown(view="graph")
    assert view.locator(".lane-head").all_inner_texts() == [
        "Question, searches",
        "Passages, versions",
        "Claims",
        "Options",
    ]
    assert view.locator("path.is-deciding").count() == 3
    passage = " ".join(box(view, "passage apixaban@0#0").inner_text().split())
    assert "0 · high certainty" in passage
    assert "superseded 2018-01-01 by 1" in passage
    ringed = [one.get_attribute("data-box") for one in view.locator(".box.is-blamed").all()]
    assert ringed == ["step retrieve[1]", "step choose[1]"]
    assert "blamed: " in box(view, "step choose[1]").inner_text()
    assert "chosen" in box(view, "option C").inner_text()
    assert "answer" in box(view, "option B").inner_text()
    assert "2 more, no claim used" in box(view, "fold passages").inner_text()
    assert view.locator("main img").count() == 0
    view = shown(view="graph", passage="apixaban@1#0")
    view.wait_for_selector(".box[aria-pressed=true]")
    assert "in force" in box(view, "passage apixaban@1#0").inner_text()


def test_a_box_that_is_clicked_dims_the_rest_shows_its_words_and_moves_nothing(shown: Shown) -> None:
    view = shown(view="graph")
    claim = view.locator(".box.of-claim").first
    name = claim.get_attribute("data-box")
    before = view.evaluate(SCROLLED)
    claim.click()
    until(view, lambda: said(view).get("claim") == name.removeprefix("claim "))
    until(view, lambda: claim.get_attribute("aria-pressed") == "true")
    assert lit(view) == {name, "option C", "passage apixaban@0#0", "step retrieve[1]"}
    assert view.locator(".box.is-dim").count() == view.locator(".box").count() - 4
    marks = view.locator("aside mark.lit")
    until(view, lambda: "".join(marks.all_text_contents()) == claim.locator(".box-words").text_content())
    assert view.evaluate(SCROLLED) == before
    view.reload()
    view.wait_for_selector("body[data-ready]")
    view.wait_for_selector(".box[aria-pressed=true]")
    assert view.get_attribute(".box[aria-pressed=true]", "data-box") == name
    box(view, name).click()
    until(view, lambda: "claim" not in said(view))
    assert lit(view) == set()


def test_arrow_keys_go_along_the_edges_and_enter_opens_the_step(shown: Shown) -> None:
    view = shown(view="graph")
    view.wait_for_selector(".box")
    box(view, "step retrieve[1]").focus()
    way = [
        ("ArrowRight", "passage"),
        ("ArrowRight", "claim"),
        ("ArrowRight", "option"),
        ("ArrowDown", "option"),
        ("ArrowLeft", "claim"),
    ]
    for key, kind in way:
        view.keyboard.press(key)
        focused = view.evaluate("document.activeElement.dataset.box")
        assert focused.split()[0] == kind, key
        assert said(view)[kind] == focused.removeprefix(f"{kind} ")
        assert box(view, focused).get_attribute("aria-pressed") == "true"
    assert view.locator('.box[tabindex="0"]').count() == 1
    view.keyboard.press("Enter")
    until(view, lambda: said(view).get("step") == "synthesise[1]" and said(view).get("view", "step") == "step")
    view.wait_for_selector(".claim")


def test_what_is_folded_opens_in_place_and_the_focus_stays(shown: Shown) -> None:
    view = shown(view="graph")
    fold = box(view, "fold options")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.focus()
    view.keyboard.press("Enter")
    until(view, lambda: box(view, "option A").count() == 1)
    assert said(view)["open"] == "options"
    assert view.evaluate("document.activeElement.dataset.box") == "fold options"
    view.keyboard.press("Enter")
    until(view, lambda: box(view, "option A").count() == 0)


def test_the_same_edges_stand_in_a_list_which_is_what_is_printed(shown: Shown) -> None:
    view = shown(view="graph")
    edges = view.locator("path.edge").count()
    view.click(".graph-as")
    assert said(view)["as"] == "list"
    assert not view.locator(".graph-scroll").is_visible()
    relations = view.locator(".graph-list div > .soft").all_inner_texts()
    assert len(relations) == edges
    assert relations[:3] == ["then", "found", "read as"]
    view.locator(".graph-list .link", has_text="apixaban@0#0").click()
    until(view, lambda: said(view).get("passage") == "apixaban@0#0")
    view.click(".graph-as")
    view.emulate_media(media="print")
    assert view.locator(".graph-list").is_visible()
    assert not view.locator(".graph-scroll").is_visible()


def test_space_plays_the_steps_and_pauses_and_so_does_the_button(shown: Shown) -> None:
    view = shown(view="graph")
    view.wait_for_selector(".box")
    view.keyboard.press("Space")
    until(view, lambda: said(view).get("step") == "@0")
    assert view.inner_text(".graph-play") == "❚❚ Pause"
    assert "is-waiting" in (box(view, "option C").get_attribute("class") or "")
    until(view, lambda: said(view).get("step") == "retrieve[1]")
    until(view, lambda: {"passage apixaban@0#0", "step retrieve[1]"} <= lit(view))
    view.keyboard.press("Space")
    assert view.inner_text(".graph-play") == "▶ Play"
    assert view.locator(".box.is-waiting").count() == 0
    view.wait_for_timeout(1200)
    assert said(view)["step"] == "retrieve[1]"
    view.click(".graph-play")
    until(view, lambda: said(view).get("step") == "synthesise[1]")
    box(view, "option C").click()
    until(view, lambda: said(view).get("option") == "C")
    assert view.inner_text(".graph-play") == "▶ Play"


def test_the_views_have_the_same_keys_everywhere(shown: Shown) -> None:
    view = shown(view="graph")
    for key, tab in (("3", "Step"), ("4", "Context"), ("5", "As written"), ("2", "Graph"), ("1", "Why")):
        view.keyboard.press(key)
        until(view, lambda tab=tab: view.inner_text("[role=tab][aria-selected=true]") == tab)  # type: ignore[misc]


def test_a_step_tells_what_it_was_given_in_order_and_how_much_of_it_each_was(shown: Shown) -> None:
    view = shown(view="context", step="retrieve[1]")
    view.wait_for_selector(".given-part")
    told = " ".join(view.inner_text("dl.facts").split())
    assert "Day 2020-01-01" in told
    assert "Ledger number 3" in told
    assert "Gates none" in told
    assert view.inner_text(".query q") == "A patient takes apixaban. What is the advice?"
    view = shown(view="context", step="synthesise[1]")
    view.wait_for_selector(".given-part")
    assert view.locator(".given-part > .given-head b").all_inner_texts() == ["question", "retrieved[1]"]
    first = view.locator(".given-passages > li", has_text="apixaban@0#0")
    assert "superseded 2018-01-01 by 1" in first.inner_text()
    assert f"{len(HOSTILE)} characters" in first.inner_text()
    first.locator("summary").click()
    until(view, lambda: first.locator(".words").count() == 1)
    assert first.locator(".words").text_content() == HOSTILE
    view = shown(view="context", step="choose[1]")
    view.wait_for_selector(".given-claims li")
    assert view.locator(".given-claims li").count() == 4


def test_a_prompt_is_shown_as_it_was_sent_with_each_passage_in_it_named_and_the_answer_beside_it(shown: Shown) -> None:
    view = shown("talk", view="context", step="choose[1]/model[1]")
    view.wait_for_selector(".given-span")
    told = " ".join(view.inner_text("dl.facts").split())
    assert "Model talker" in told
    assert "max tokens 10" in told
    assert "temperature 0" in told
    assert "tokens" in told
    spans = view.locator(".given-span")
    assert sorted(spans.locator("code").all_inner_texts()) == ["note-b@1#0", "note-c@1#0"]
    assert HOSTILE in spans.locator(".words").all_text_contents()
    assert view.locator(".call section").last.inner_text().endswith("Answer: B")
    assert view.locator("main img, main style").count() == 0
    view = shown("talk", view="graph")
    view.wait_for_selector(".box")
    assert "2 passages" in box(view, "context").inner_text()
    box(view, "context").click()
    until(view, lambda: said(view).get("step") == "synthesise[1]")
