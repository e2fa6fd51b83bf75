"""The workbench in a real browser: filtered, sorted and opened by keys alone; the address is the state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from exhibit import HOSTILE, RUN, experiment
from serving_pages import running, until
from visiting import Visit

from evitrail.eval.metrics.outcome import Outcome, score
from evitrail.eval.metrics.outcomes_file import OUTCOMES, write_outcomes
from evitrail.eval.metrics.table import metric_rows
from evitrail.eval.report.files import write_json
from evitrail.eval.report.results import write_results


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an experiment whose evidence is hostile, and was replaced before the question's day."""
    folder = experiment(tmp_path_factory.mktemp("stale"))
    write_results(folder)
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of 5,000 runs, without a journal."""
    return scored(tmp_path_factory.mktemp("many") / "many", cases=2500, conditions=("gated", "standard"))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two questions under 100 conditions, without a journal."""
    return scored(
        tmp_path_factory.mktemp("wide") / "wide", cases=2, conditions=[f"words_k={k}" for k in range(100, 200)]
    )


def scored(folder: Path, cases: int, conditions: Sequence[str]) -> Path:
    folder.mkdir()
    outcomes = [outcome(f"q-{number:04}", condition) for number in range(cases) for condition in conditions]
    write_outcomes(folder / OUTCOMES, outcomes)
    write_json(folder / "metrics.json", metric_rows(outcomes))
    return folder


def outcome(case: str, condition: str) -> Outcome:
    chosen = "A" if case.endswith("7") or condition == "gated" else "B"
    given = {"reader": "r", "snapshot": "s", "answer": "A", "options": 4, "labels": {}, "ballots": ()}
    return score(run=f"{condition}.{case}", case=case, condition=condition, chosen=chosen, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def address(desk: Desk, stale: Path, many: Path, wide: Path) -> Iterator[str]:
    with running(desk.folder, stale, many, wide) as served:
        yield served


def rows(view: Any, column: int = 1) -> list[str]:
    """The cells of one column, counted from 1, in the order in which they stand."""
    found = view.locator(".grid-row")
    cells = [(int(one.get_attribute("aria-rowindex")), one.locator(".cell").nth(column - 1)) for one in found.all()]
    return [cell.inner_text() for _, cell in sorted(cells, key=lambda cell: cell[0])]


def test_from_all_experiments_to_the_blamed_step_by_keys_alone(visit: Visit) -> None:
    view = visit("/")
    names = view.locator("tbody th").all_inner_texts()
    for _ in range(names.index("evitrail-run") + 1):
        view.keyboard.press("j")
    view.keyboard.press("Enter")
    view.wait_for_selector(".grid-row")
    assert view.inner_text("#found") == "6 runs"
    view.keyboard.press("/")
    view.keyboard.type("wrong condition:standard,closed_book")
    until(view, lambda: " of 6 runs" in view.inner_text("#found"))
    found = int(view.inner_text("#found").split()[0])
    assert view.locator(".grid-row").count() == found > 0
    view.keyboard.press("Escape")
    view.keyboard.press("o")
    assert "sort=" in view.url
    view.keyboard.press("j")
    selected = view.locator(".grid-row[aria-selected=true] a").first.get_attribute("href")
    view.keyboard.press("Enter")
    view.wait_for_selector("#centre[data-shown=why]")
    assert view.url.endswith(selected)
    assert view.inner_text(".beside a:not(.step-link)").endswith(f" of {found}")
    view.keyboard.press("g")
    view.wait_for_selector("#centre[data-shown^='step ']")
    assert view.locator("#rows [aria-selected=true].is-blamed").count() == 1
    view.keyboard.press("r")
    view.wait_for_selector("#centre[data-shown^='raw ']")
    assert '"type":"activity.end"' in view.inner_text("#centre pre >> nth=0")
    view.keyboard.press("Escape")
    view.wait_for_selector("#centre[data-shown=why]")
    view.keyboard.press("Escape")
    view.wait_for_selector("#found")
    assert view.input_value("#filter") == "wrong condition:standard,closed_book"
    assert view.inner_text("#found").startswith(f"{found} of")


def test_a_link_shows_the_same_when_it_is_opened_again(visit: Visit) -> None:
    view = visit("/e/evitrail-run?q=condition%3Agated&sort=-case&cols=run,chosen,question")
    for _ in range(2):
        assert rows(view) == ["gated.acute-006", "gated.acute-001"]
        assert view.locator("[role=columnheader]").all_inner_texts() == ["Run", "Chose", "Question"]
        view.reload()
        view.wait_for_selector("body[data-ready]")
    view = visit("/e/evitrail-run")
    view.keyboard.press("j")
    view.click("#group")
    assert "group=case" in view.url
    for _ in range(2):
        assert sorted(rows(view)) == ["acute-001", "acute-006"]
        heads = view.locator("[role=columnheader]").all_inner_texts()
        assert heads[2:5] == ["closed_book", "standard", "gated"], "as in the profile"
        view.reload()
        view.wait_for_selector("body[data-ready]")
    view.keyboard.press("m")
    assert "group" not in view.url
    assert len(rows(view)) == 6


def test_a_number_of_the_profile_leads_to_its_runs_and_alt_excludes_them(visit: Visit) -> None:
    view = visit("/e/evitrail-run")
    view.click(".profile .leads >> text=gated")
    until(view, lambda: view.inner_text("#found") == "2 of 6 runs")
    assert view.input_value("#filter") == "condition:gated"
    view.click(".facet:has-text('right')")
    until(view, lambda: view.input_value("#filter") == "condition:gated right")
    view.go_back()
    until(view, lambda: view.input_value("#filter") == "condition:gated")
    view.click(".profile .leads >> text=gated")
    until(view, lambda: view.inner_text("#found") == "6 runs")
    view.click(".profile .leads >> text=gated", modifiers=["Alt"])
    until(view, lambda: view.inner_text("#found") == "4 of 6 runs")
    assert view.input_value("#filter") == "-condition:gated"


def test_a_profile_of_very_many_conditions_has_all_in_order_and_what_a_filter_leaves_below_them(visit: Visit) -> None:
    view = visit("/e/wide?q=case:q-0001")
    heads = view.locator(".profile tbody th")
    until(view, lambda: heads.count() == 101)
    assert heads.all_inner_texts() == [*(f"words_k={k}" for k in range(100, 200)), "the 100 shown"]


def test_a_fault_names_its_place_and_the_last_good_result_stays(visit: Visit, address: str) -> None:
    view = visit("/e/evitrail-run?q=condition%3Agated")
    view.fill("#filter", "condition:gated conditon:gated")
    view.wait_for_selector("#filter[aria-invalid]")
    assert view.inner_text("#filter-said u") == "conditon:gated"
    assert "did you mean 'condition'" in view.inner_text("#filter-said")
    assert rows(view, 2) == ["gated", "gated"]
    view.fill("#filter", "stale OR -stale")
    view.wait_for_selector("#filter:not([aria-invalid])")
    view = visit("/e/evitrail-run?q=conditon%3Agated")
    assert "All runs are shown." in view.inner_text("#filter-said")
    assert len(rows(view)) == 6
    view.fill("#filter", "stale OR -stale")
    view.wait_for_selector("#filter:not([aria-invalid])")
    told = view.inner_text("#filter-said")
    assert "it is unknown whether" in told or "6 of 6" in told


def test_thousands_of_runs_are_in_the_table_and_few_in_the_page(visit: Visit) -> None:
    view = visit("/e/many?q=wrong")
    assert view.inner_text("#found") == "2,250 of 5,000 runs"
    assert view.locator(".grid-row").count() < 60
    assert view.get_attribute(".grid-scroll", "aria-rowcount") == "2251"
    view.keyboard.press("j")
    view.keyboard.press("End")
    last = view.locator(".grid-row[aria-selected=true]")
    assert last.get_attribute("aria-rowindex") == "2251"
    assert last.locator(".cell").first.inner_text() == "q-2499"
    view.keyboard.press("Home")
    assert view.locator(".grid-row[aria-selected=true] .cell").first.inner_text() == "q-0000"
    assert "no journal" in visit("/").locator("tr[data-exp=many]").inner_text()


def test_an_option_marks_the_words_of_its_claims_and_a_claim_its_own(visit: Visit) -> None:
    view = visit(f"/e/x/runs/{RUN}")
    marks = view.locator("#evidence mark")
    assert "".join(marks.all_text_contents()) in HOSTILE
    claim = view.locator(".claim-line").first
    claim.click()
    view.wait_for_selector(".claim-line[aria-pressed=true]")
    assert "".join(marks.all_text_contents()) == view.locator(".claim-line[aria-pressed=true] q").first.text_content()
    assert "claim=0" in view.url
    view.keyboard.press("Shift+B")
    until(view, lambda: view.inner_text(".option[aria-pressed=true] b") == "B")
    assert view.inner_text("#evidence h2") == "Evidence for B"
    assert view.inner_text("#evidence .empty") == "No claim for B was used."
    view.click("#evidence summary")
    view.click(".rest-list .link:text-is('apixaban@1#0')")
    view.wait_for_selector(".evidence-card[data-passage='apixaban@1#0']")


def test_superseded_evidence_names_its_successor_and_leads_to_it(visit: Visit) -> None:
    view = visit(f"/e/x/runs/{RUN}")
    card = view.locator(".evidence-card[data-passage='apixaban@0#0']")
    assert "superseded since 2018-01-01 by apixaban@1" in " ".join(card.locator(".standing").inner_text().split())
    assert card.locator(".grade").get_attribute("aria-label") == "certainty high, 4 of 4"
    card.locator(".standing .link").click()
    view.wait_for_selector(".evidence-card[data-passage='apixaban@1#0']")
    assert "in force" in view.inner_text(".evidence-card .standing")


def test_blame_stands_under_its_failure_in_the_order_of_the_steps(visit: Visit) -> None:
    view = visit(f"/e/x/runs/{RUN}")
    assert view.inner_text(".kind-tab[aria-selected=true]") == "high-risk"
    view.click(".kind-tab:has-text('wrong')")
    until(view, lambda: "blame=wrong" in view.url)
    told = view.inner_text("#blame")
    assert "Blamed: retrieve[1] and choose[1]" in told
    steps = view.locator(".shares th").all_inner_texts()
    names = [step.removeprefix("◉ ") for step in steps]
    order = view.locator("#rows [role=treeitem] .label").all_inner_texts()
    assert names == sorted(names, key=order.index)
    assert "null" not in told
    assert "NaN" not in told
    assert view.locator("#rows .is-blamed").count() == 2


def test_hostile_words_run_nothing_anywhere(visit: Visit) -> None:
    for more in ("", "?view=step&step=retrieve[1]", "?view=raw&step=synthesise[1]", "?view=step&step=synthesise[1]"):
        view = visit(f"/e/x/runs/{RUN}{more}")
        view.wait_for_selector("#centre[data-shown]")
        assert view.title() == f"{RUN} · evitrail"
        assert view.locator("img, iframe, object, main script, main style").count() == 0
    assert HOSTILE[:40] in (view.text_content("#centre") or "")
    query = "%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E"
    view = visit(f"/e/x?q={query}&sort={query}&cols={query}&group={query}&blame={query}")
    assert view.locator("main img").count() == 0
    assert view.title() == "x · evitrail"


def test_the_pill_tells_the_check_of_the_record_and_what_it_does_not_cover(visit: Visit) -> None:
    view = visit("/e/evitrail-run")
    view.wait_for_selector(".pill[data-done]")
    assert view.inner_text(".pill") == "✓ sound"
    view.keyboard.press("i")
    assert "whether what was recorded is true" in view.inner_text("dialog")
    view.keyboard.press("Escape")
    view.wait_for_selector("dialog", state="detached")
    view.keyboard.press("?")
    assert "open the run" in view.inner_text("dialog")


def test_letters_rest_while_one_types_and_can_be_turned_off(visit: Visit) -> None:
    view = visit("/e/evitrail-run")
    view.focus("#filter")
    view.keyboard.type("jjm")
    assert view.input_value("#filter") == "jjm"
    assert view.locator(".grid-row[aria-selected=true]").count() == 0
    view = visit("/e/evitrail-run")
    view.keyboard.press("?")
    view.check("dialog input[type=checkbox]")
    view.keyboard.press("Escape")
    view.wait_for_selector("dialog", state="detached")
    view.keyboard.press("m")
    assert "group" not in view.url
    view.keyboard.press("ArrowDown")
    assert view.locator(".grid-row[aria-selected=true]").count() == 1


def test_whoever_opens_the_address_with_the_token_is_signed_in_and_it_leaves_no_trace(browser: Any, desk: Desk) -> None:
    token = "0123456789abcdef0123456789abcdef"
    with running(desk.folder, token=token) as address:
        context = browser.new_context()
        view = context.new_page()
        view.goto(address + "/")
        assert view.url.endswith("/sign-in")
        view.fill("#token", "something-else-altogether")
        view.click("button")
        view.wait_for_selector("#said:not([hidden])")
        view.goto(f"{address}/sign-in#token={token}")
        view.wait_for_selector("tr[data-exp='evitrail-run']")
        assert token not in view.url
        assert view.evaluate("document.cookie") == ""
        context.close()
