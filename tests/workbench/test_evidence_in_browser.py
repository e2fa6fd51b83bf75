"""Evidence in a real browser: found, read, compared and followed to its runs by keys; nothing hostile runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from evidence_shelf import ODD, SEEN, shelf
from exhibit import HOSTILE, RUN
from serving_pages import running
from visiting import Visit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shelf(tmp_path_factory.mktemp("shelf"))


def shown(view: Any, name: str, version: str) -> str:
    """The words of a view, once it is there."""
    view.wait_for_selector(f"#panel[data-shown='{name} {version}']")
    return str(view.inner_text("#panel"))


def leads(view: Any, path: str) -> None:
    """Wait until the page of an address is there."""
    view.wait_for_url(f"**{path}**")
    view.wait_for_selector("body[data-ready]")


def test_from_a_search_to_the_runs_that_relied_on_it_by_keys_alone(visit: Visit) -> None:
    view = visit("/evidence")
    view.keyboard.press("/")
    view.keyboard.type("apixaban@0")
    view.keyboard.press("Enter")
    leads(view, "q=apixaban%400")
    assert view.locator("tbody tr").first.get_attribute("data-ref") == "apixaban@0"
    for key in "jjk":
        view.keyboard.press(key)
    view.keyboard.press("Enter")
    leads(view, "/evidence/apixaban?v=0")
    assert shown(view, "text", "0").startswith(HOSTILE[:20])
    view.keyboard.press("2")
    assert "gone" in shown(view, "diff", "0")
    view.keyboard.press("j")
    told = shown(view, "diff", "1")
    assert "only in 0" in told
    view.keyboard.press("3")
    assert "the sum is moderate; stated otherwise: the panel knew" in shown(view, "grade", "1")
    view.keyboard.press("k")
    view.keyboard.press("6")
    shown(view, "reliance", "0")
    view.click("#panel a[aria-label^='answer cites it: ']")
    view.wait_for_selector("#found")
    assert view.input_value("#filter") == "cites:apixaban@0"
    assert view.inner_text("#found").partition(" ")[0] != "0"
    view.go_back()
    shown(view, "reliance", "0")
    view.keyboard.press("Escape")
    leads(view, "/evidence?q=apixaban%400")
    assert view.input_value("#q") == "apixaban@0"


def test_the_day_and_the_ledger_number_are_two_controls(visit: Visit) -> None:
    view = visit("/evidence/apixaban")
    marks = view.locator(".versions tbody td .mark-badge")
    assert marks.all_inner_texts() == ["superseded", "superseded", "in force"]
    view.fill("#asof", "2019-01-01")
    view.click("text=Show")
    leads(view, "asof=2019-01-01")
    assert marks.all_inner_texts() == ["superseded", "in force", "not yet in force"]
    assert view.locator(".asof-line").count() == 4
    view.click(f"text=as the experiment saw it ({SEEN})")
    leads(view, f"seq={SEEN}")
    assert view.locator(".versions tbody tr").count() == 2
    assert "asof=2019-01-01" in view.url
    view.click("text=no day")
    view.wait_for_url(lambda url: "asof" not in url)
    view.wait_for_selector("body[data-ready]")
    view.fill("#seq", "0")
    view.keyboard.press("Enter")
    leads(view, "seq=0")
    assert "was first recorded as event 1" in view.inner_text("#versions")
    view.click("#versions button")
    leads(view, "seq=1")
    assert view.locator(".versions tbody tr").count() == 1


def test_a_judgement_shows_its_reason_and_what_was_not_assessed_is_no_zero(visit: Visit) -> None:
    view = visit("/evidence/apixaban?v=1&view=grade")
    shown(view, "grade", "1")
    rows = view.locator(".grades tbody tr")
    cells = [rows.nth(row).locator(".judged").all_inner_texts() for row in range(2)]
    assert cells == [["0", "?", "?", "−1", "?", "?", "?", "?"], ["?", "?", "?", "?", "?", "?", "+1", "?"]]
    rows.first.locator(".judged").nth(3).focus()
    assert view.inner_text(".reason-line").startswith("stroke, imprecision: −1. 40 events")
    rows.first.locator(".judged").nth(1).hover()
    assert "not assessed" in view.inner_text(".reason-line")
    assert rows.first.locator(".grade").get_attribute("aria-label") == "certainty low, 2 of 4"


def test_a_link_shows_the_same_when_it_is_opened_again(visit: Visit) -> None:
    for path in (
        "/evidence/apixaban?v=1&vs=0&view=diff&asof=2019-01-01",
        "/evidence/apixaban?v=0&view=history&seq=3",
        "/evidence/apixaban?v=1&view=contradictions",
        "/evidence/apixaban?v=0&view=reliance&of=lineage",
        "/evidence?q=apixaban&status=current&asof=2019-01-01",
    ):
        view = visit(path)
        view.wait_for_load_state("networkidle")
        before = view.inner_text("#main")
        view.reload()
        view.wait_for_load_state("networkidle")
        assert view.inner_text("#main") == before


def test_the_evidence_of_a_run_leads_to_it_as_the_run_saw_it(visit: Visit) -> None:
    view = visit(f"/e/x/runs/{RUN}")
    view.click(".evidence-card h3 a >> nth=0")
    leads(view, "/evidence/apixaban?v=0")
    assert f"seq={SEEN}" in view.url
    assert "asof=2020-01-01" in view.url
    assert shown(view, "text", "0")


def test_hostile_words_run_nothing_anywhere(visit: Visit) -> None:
    odd = ODD.replace("/", "%2F")
    for name in ("text", "diff", "grade", "contradictions", "history", "reliance"):
        for version in ("0", "1", odd):
            view = visit(f"/evidence/apixaban?v={version}&view={name}")
            view.wait_for_selector(f"#panel[data-shown^='{name} ']")
            assert view.title() == "apixaban · Evidence · evitrail"
            assert view.locator("main img, iframe, object, main script, main style, a[href^=javascript]").count() == 0
    hostile = "%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E"
    for path in (f"/evidence?q={hostile}", f"/evidence?q=apixaban&status={hostile}", f"/evidence?asof={hostile}"):
        view = visit(path)
        assert view.locator("main img").count() == 0
        assert view.title().endswith("Evidence · evitrail")


def test_an_empty_search_and_a_fault_say_what_to_do(visit: Visit) -> None:
    view = visit("/evidence?q=heparim")
    assert "did you mean 'heparin'" in view.inner_text(".empty")
    view = visit("/evidence?q=apixaban&status=retracted")
    assert "None of what was found is retracted" in view.inner_text(".empty")
    view = visit("/evidence/heparin?seq=99")
    assert "seq: expected a ledger number" in view.inner_text("[role=alert].failure")
    assert view.locator(".versions tbody tr").count() == 1


def test_where_several_stores_are_served_one_is_chosen(browser: Any, desk: Desk, folder: Path) -> None:
    with running(desk.folder, folder) as address:
        context = browser.new_context()
        view = context.new_page()
        view.goto(f"{address}/evidence?q=heparin")
        view.click(".choices a:has-text('x was run')")
        view.wait_for_selector("#found")
        assert view.input_value("#exp") == "x"
        view.select_option("#exp", "evitrail-run")
        view.wait_for_url("**exp=evitrail-run**")
        view.wait_for_selector("body[data-ready]")
        assert view.input_value("#q") == "heparin"
        context.close()
