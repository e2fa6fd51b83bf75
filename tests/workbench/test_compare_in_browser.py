"""Conditions are compared in a browser by mouse and by keys; the address is the state, and every number leads on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from answer_letters import written
from barriers import barriers
from desk import Desk
from exhibit import HOSTILE, experiment
from serving_pages import running, until
from visiting import Visit, visiting

from evitrail.eval.report.results import write_results

ANSWERS = {"standard": "CBBAADDA", "gated": "AABAADAD", "clean": "AAAAAAAA"}
HOSTILE_NAME = 'x, "y" <img src=x onerror=document.title=1>\u202e'
COMPARE = "/e/one/compare?conditions=standard,gated"


@pytest.fixture(scope="module")
def address(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("compare")
    written(folder / "one", ANSWERS)
    written(folder / "two", {"standard": "AAAAAAAA"}, reader="q")
    written(folder / "unlike", {"standard": "AAAAAAAA"}, answer="B")
    written(folder / "odd", {"standard": "AB", HOSTILE_NAME: "BA"}, cited=[HOSTILE[:60]], ballots=("A", "B"))
    written(folder / "sole", {"standard": "AB"})
    written(folder / "many", {"standard": "AB" * 1500, "gated": "AA" * 1500})
    stale = experiment(tmp_path_factory.mktemp("stale"))
    write_results(stale)
    with running(desk.folder, folder, stale) as served:
        yield served


def said(view: Any) -> dict[str, str]:
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(view.url).query).items()}


def names(view: Any) -> list[str]:
    """The cases that are listed, in their order."""
    rows = view.locator(".grid-row")
    placed = [(int(row.get_attribute("aria-rowindex")), row.locator(".cell").first.inner_text()) for row in rows.all()]
    return [name for _, name in sorted(placed)]


def row(view: Any, metric: str) -> list[str]:
    """The cells of one metric."""
    cells = view.locator(f"#metrics tbody tr:has(th:text-is('{metric}')) td").all_inner_texts()
    return [" ".join(cell.split()) for cell in cells]


def test_numbers_sentence_and_caution_stand_above_the_cases_gravest_first(visit: Visit) -> None:
    view = visit(COMPARE)
    assert [cell.split()[0] for cell in row(view, "Accuracy")[:3]] == ["37.5", "62.5", "+25.0"]
    assert row(view, "Accuracy")[4:6] == ["3", "1"]
    assert "Of 8 questions, gated is right in 3 where standard is not" in view.inner_text("#said")
    assert "standard and gated differ in agent, k, retriever" in view.inner_text("#said")
    assert view.locator(".side").first.inner_text().split() == ["1", "standard", "baseline"]
    assert "adjusted for" in view.inner_text("#metrics caption")
    assert names(view) == ["case-1", "case-0", "case-6", "case-7"], "high-risk, contradicted, wrong; no other"
    assert view.inner_text("#cases-found") == "4 of 8 cases"


def test_a_condition_is_focused_made_the_baseline_added_and_removed_by_keys_and_by_mouse(visit: Visit) -> None:
    view = visit(COMPARE)
    view.keyboard.press("2")
    view.keyboard.press("b")
    until(view, lambda: row(view, "Accuracy")[2].startswith("−25.0"))
    assert said(view)["conditions"] == "gated,standard"
    view.click("button:text-is('make baseline')")
    until(view, lambda: row(view, "Accuracy")[2].startswith("+25.0"))
    view.select_option("select[aria-label='Add a condition']", "clean")
    until(view, lambda: view.locator(".side").count() == 3)
    view.keyboard.press("3")
    until(view, lambda: "3 clean" in view.inner_text("#metrics thead"))
    assert said(view) == {"conditions": "standard,gated,clean", "focus": "clean"}
    assert view.get_attribute(".side:nth-child(3) .side-name", "aria-pressed") == "true"
    view.click("button[aria-label='remove gated']")
    until(view, lambda: view.locator(".side").count() == 2)
    view.go_back()
    until(view, lambda: view.locator(".side").count() == 3)


def test_cases_are_walked_and_unfolded_by_keys_and_the_address_opens_the_same(visit: Visit) -> None:
    view = visit(COMPARE)
    view.keyboard.press("j")
    view.keyboard.press("Enter")
    pair = view.locator(".pair")
    assert pair.get_attribute("aria-label") == "case case-1"
    assert "high-risk" in pair.inner_text()
    assert said(view)["case"] == "case-1"
    view.keyboard.press("]")
    until(view, lambda: pair.get_attribute("aria-label") == "case case-0")
    view.keyboard.press("[")
    until(view, lambda: pair.get_attribute("aria-label") == "case case-1")
    diff = pair.locator("a:has-text('where it diverges')")
    assert diff.get_attribute("href") == "/e/one/diff?a=standard.case-1&b=gated.case-1"
    assert pair.locator("a:text-is('open the run')").first.get_attribute("href") == "/e/one/runs/standard.case-1"
    view = visit(urlsplit(view.url).path + "?" + urlsplit(view.url).query)
    assert view.locator(".pair").get_attribute("aria-label") == "case case-1"
    view.keyboard.press("Escape")
    view.wait_for_selector(".pair", state="detached")
    assert "case" not in said(view)
    view.locator(".grid-row").nth(2).click()
    view.wait_for_selector(".pair")


def test_a_count_shows_its_cases_and_they_lead_to_their_runs(visit: Visit) -> None:
    view = visit(COMPARE)
    view.click("button[aria-label='1: cases that count for accuracy in standard only']")
    until(view, lambda: "counts" in said(view))
    shown = names(view)
    assert len(shown) == 1
    view.click("#cases-said a >> nth=0")
    view.wait_for_selector("#found")
    assert view.inner_text("#found") == "1 of 24 runs"
    view = visit(COMPARE)
    view.click("#sides .moved a")
    view.wait_for_selector("#found")
    assert view.inner_text("#found") == "4 of 24 runs"
    assert said(view)["q"] == "condition:gated changed:standard"


def test_cases_are_filtered_by_who_is_right_and_who_does_harm(visit: Visit) -> None:
    view = visit(COMPARE)
    found = {}
    for name in ("Right in some, not in all", "Harm in some, not in all", "Right in none", "All"):
        view.click(f".facet:text-matches('^{name}')")
        found[name] = names(view)
    assert found["Right in some, not in all"] == ["case-1", "case-0", "case-6", "case-7"]
    assert found["Harm in some, not in all"] == ["case-1", "case-0"]
    assert found["Right in none"] == ["case-2", "case-5"]
    assert len(found["All"]) == 8
    assert said(view)["show"] == "all"


def test_the_funnel_leads_to_who_lost_the_evidence_and_confidence_is_counted(visit: Visit) -> None:
    view = visit("/e/evitrail-run/compare?conditions=closed_book,gated")
    view.wait_for_selector("#funnel table")
    stages = view.locator("#funnel tbody th").all_inner_texts()
    assert (stages[0], stages[-1], len(stages)) == ("in the store", "chosen", 7)
    view.click("#funnel a.lost >> nth=0")
    view.wait_for_selector("#found")
    assert said(view)["q"] == "condition:closed_book lost:retrieved"
    assert view.inner_text("#found") == "2 of 6 runs"
    view = visit(COMPARE)
    assert "No samples were drawn" in view.inner_text("#confidence")
    assert "expected" in view.inner_text("#funnel"), "the results do not say what decides"
    view = visit("/e/odd/compare")
    view.wait_for_selector(".scatter-plot")
    assert "0 both right" in view.inner_text("#confidence")


def test_two_experiments_are_chosen_in_the_list_by_keys_and_compared(visit: Visit) -> None:
    view = visit("/")
    view.locator("input[value=one]").check()
    assert view.locator("button:has-text('Compare the two')").is_disabled()
    at = [each.get_attribute("data-exp") for each in view.locator("tbody tr").all()].index("two")
    for _ in range(at + 1):
        view.keyboard.press("j")
    view.keyboard.press("s")
    view.keyboard.press("c")
    view.wait_for_selector(".grid-row")
    assert said(view) == {"with": "two"}
    assert [each.split()[1] for each in view.locator(".side").all_inner_texts()] == ["standard", "two::standard"]
    view.keyboard.press("j")
    view.keyboard.press("Enter")
    assert view.locator(".pair a[href='/e/two/runs/standard.case-1']").count() == 1
    assert view.locator(".pair a:has-text('diverges')").count() == 0, "a diff is of one experiment"


def test_what_cannot_be_compared_says_why_and_keeps_its_controls(visit: Visit) -> None:
    view = visit("/e/one/compare?with=unlike")
    assert "expected the same questions as in" in view.inner_text("#fault")
    assert view.locator("#sides select").count() == 2
    view.select_option("select[aria-label='Compare with another experiment']", "two")
    view.wait_for_selector("#metrics table")
    view = visit("/e/sole/compare")
    assert "expected 2 to 9 conditions to compare, got 1" in view.inner_text("#fault")
    view = visit("/e/one/compare?conditions=standard,gatd&show=x&case=x&focus=x&counts=x&only=x&beside=x")
    assert "did you mean 'gated'?" in view.inner_text("#fault")


def test_hostile_names_run_nothing(visit: Visit) -> None:
    view = visit("/e/odd/compare")
    view.wait_for_selector(".scatter-plot")
    view.keyboard.press("j")
    view.keyboard.press("Enter")
    assert "onerror" in view.inner_text(".pair")
    assert "onerror" in view.inner_text("#sides")
    assert view.locator("main img, main script").count() == 0
    assert view.title() == "Compare · odd · evitrail"
    view.keyboard.press("b")
    until(view, lambda: "baseline" in view.inner_text(".side:has-text('onerror')"))
    assert view.locator("#fault p").count() == 0


def test_thousands_of_cases_are_in_the_list_and_few_in_the_page(visit: Visit) -> None:
    view = visit("/e/many/compare")
    assert view.inner_text("#cases-found") == "1,500 of 3,000 cases"
    assert view.locator(".grid-row").count() < 60
    view.keyboard.press("j")
    view.keyboard.press("End")
    view.keyboard.press("Enter")
    assert view.locator(".pair").get_attribute("aria-label") == "case case-999"
    assert "too many for one query" in view.inner_text("#cases-said")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/e/evitrail-run/compare", f"{COMPARE},clean", "/e/odd/compare", "/e/one/compare?with=unlike"]
)
def test_no_barrier_is_found_with_a_case_unfolded(path: str, theme: str, visit: Visit) -> None:
    view = visit(path)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    if view.locator(".grid-row").count():
        view.keyboard.press("j")
        view.keyboard.press("Enter")
        view.wait_for_selector(".pair")
    assert barriers(view) == []


def test_no_barrier_is_found_where_experiments_are_chosen(visit: Visit) -> None:
    view = visit("/")
    view.keyboard.press("j")
    view.keyboard.press("s")
    assert barriers(view) == []


def test_a_narrow_page_shows_all_of_it(browser: Any, address: str, tmp_path: Path) -> None:
    with visiting(browser, address) as go:
        view = go(COMPARE)
        view.set_viewport_size({"width": 860, "height": 900})
        wide = view.evaluate("document.documentElement.scrollWidth")
        assert wide <= 860
