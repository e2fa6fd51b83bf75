"""The retrieval playground in a real browser: words at once, meaning once the model is there, by keys and by mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from barriers import barriers
from evidence_shelf import SEEN, shelf
from exhibit import HOSTILE
from serving_pages import running, until
from visiting import Visit, visiting
from waiting_words import WaitingWords, waiting_words

from evitrail.eval.plan.plan import PLAN

ASKED = f"/e/x/retrieval?q=Which+advice+on+apixaban%3F&asof=2020-01-01&seq={SEEN}"
RUN = "/e/x/runs/gated.q-apixaban?view=step&step=retrieve[1]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = shelf(tmp_path_factory.mktemp("shelf"))
    written = (made / PLAN).read_text("utf-8")
    conditions = '["closed_book", "clean", "standard", "gated"]'
    (made / PLAN).write_text(written.replace('[\n    "standard",\n]', conditions), "utf-8")
    return made


@pytest.fixture
def model() -> Iterator[WaitingWords]:
    with pytest.MonkeyPatch.context() as patch, waiting_words(patch) as words:
        yield words


@pytest.fixture
def visit(browser: Any, folder: Path, model: WaitingWords) -> Iterator[Visit]:
    with running(folder) as address, visiting(browser, address) as go:
        yield go
        model.loaded()


def states(view: Any) -> dict[str, str]:
    """By retriever, whether it has searched."""
    return {one.get_attribute("data-name"): one.get_attribute("data-state") for one in view.locator(".retriever").all()}


def ready(view: Any, model: WaitingWords) -> None:
    """Let the model be loaded, and wait until the page shows it."""
    model.loaded()
    view.wait_for_selector("#found[data-encoder='ready']")


def focused(view: Any) -> str:
    return str(view.evaluate("document.activeElement.dataset.stop ?? document.activeElement.id"))


def test_words_are_shown_at_once_and_the_others_appear_by_themselves(visit: Visit, model: WaitingWords) -> None:
    view = visit(ASKED)
    assert states(view) == {"bm25": "found", "standard": "waits", "gated": "waits"}
    assert "By words until the embedding model words is loaded" in view.inner_text("#waits")
    view.keyboard.press("j")
    assert focused(view) == "1 bm25"
    ready(view, model)
    assert states(view) == {"bm25": "found", "standard": "found", "gated": "found"}
    assert view.locator("#waits").count() == 0
    assert focused(view) == "1 bm25", "what was selected keeps the focus"


def test_a_version_is_followed_through_the_retrievers_by_keys_alone(visit: Visit, model: WaitingWords) -> None:
    view = visit("/e/x/retrieval")
    assert "Type a query" in view.inner_text("#found")
    view.keyboard.press("/")
    view.keyboard.type("Which advice on apixaban?")
    view.keyboard.press("Enter")
    until(view, lambda: "q=Which" in view.url)
    view.wait_for_selector("body[data-ready]")
    ready(view, model)
    for key in ("j", "l", "h", "j", "k"):
        view.keyboard.press(key)
    picked = view.evaluate("document.activeElement.dataset.version")
    assert f"ref={picked.replace('@', '%40')}" in view.url
    marked = view.locator(f".hit[data-ref='{picked}']")
    assert marked.count() >= 2
    assert all("is-picked" in (one.get_attribute("class") or "") for one in marked.all())
    view.keyboard.press("2")
    assert view.locator(f"tr[data-ref='{picked}'][aria-selected=true]").count() == 1
    view.keyboard.press("e")
    until(view, lambda: "/evidence/" in view.url)


def test_gates_say_what_they_held_back_and_each_version_has_its_rank_in_each_retriever(
    visit: Visit, model: WaitingWords
) -> None:
    view = visit(ASKED)
    ready(view, model)
    gated = view.locator(".retriever[data-name=gated]")
    assert "superseded on 2020-01-01" in gated.locator("[data-gate=as_of]").inner_text()
    assert "It has no gates" in view.locator(".retriever[data-name=standard]").inner_text()
    hit = view.locator(".retriever[data-name=standard] .hit[data-ref='apixaban@0']")
    assert "superseded" in hit.inner_text()
    assert "by apixaban@1 since 2018-01-01" in hit.inner_text()
    view.click("text=By version")
    row = view.locator("tr[data-ref='apixaban@0']")
    assert row.locator("td").nth(4).inner_text().startswith("as_of")
    assert row.locator("td").nth(3).inner_text().strip().isdigit()
    assert "view=versions" in view.url


def test_a_retriever_is_added_and_taken_away(visit: Visit, model: WaitingWords) -> None:
    view = visit(ASKED)
    view.click(".facet:has-text('standard')")
    until(view, lambda: "retrievers=bm25%2Cgated" in view.url)
    view.wait_for_selector("body[data-ready]")
    assert list(states(view)) == ["bm25", "gated"]
    view.click("text=as the conditions use them")
    until(view, lambda: "retrievers" not in view.url)
    view.wait_for_selector("body[data-ready]")
    assert list(states(view)) == ["bm25", "standard", "gated"]


def test_the_search_of_a_run_leads_to_the_playground_with_its_query_day_and_number(
    visit: Visit, model: WaitingWords
) -> None:
    view = visit(RUN)
    view.click("text=this search by every retriever")
    until(view, lambda: "/retrieval" in view.url)
    view.wait_for_selector("body[data-ready]")
    assert view.input_value("#q").startswith("What is the advice?\noption A")
    assert (view.input_value("#asof"), view.input_value("#seq")) == ("2020-01-01", str(SEEN))


def test_a_question_that_cannot_be_read_keeps_the_controls(visit: Visit, model: WaitingWords) -> None:
    view = visit("/e/x/retrieval?q=apixaban&retrievers=gate")
    assert "did you mean 'gated'" in view.inner_text(".failure[role=alert]")
    assert view.locator(".facet").count() > 3


def test_hostile_words_run_nothing_in_the_playground(visit: Visit, model: WaitingWords) -> None:
    for view_name in ("columns", "versions"):
        view = visit(f"/e/x/retrieval?q={quote('apixaban ' + HOSTILE)}&view={view_name}&ref=%3Cimg%20src=x%3E")
        ready(view, model)
        assert view.title() == "Retrieval · x · evitrail"
        assert view.locator("main img, iframe, object, main script, main style").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("more", ["", "&view=versions"])
def test_no_barrier_is_found(theme: str, more: str, visit: Visit, model: WaitingWords) -> None:
    view = visit(ASKED + more)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    assert barriers(view) == [], "while the model is loaded"
    ready(view, model)
    view.keyboard.press("j")
    assert barriers(view) == []
