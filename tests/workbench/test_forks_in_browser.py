"""A run is forked on its own page, by mouse and by keys alone, and the verdicts come where one stands."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from barriers import barriers
from desk import CASES, Desk
from serving_pages import running, until
from visiting import Visit, visiting

RUN = f"standard.{CASES[0]}"
PAGE = f"/e/evitrail-run/runs/{RUN}?q=condition:standard,gated"


@pytest.fixture(scope="module")
def folder(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the desk that these tests fork runs in."""
    return desk.copied(tmp_path_factory.mktemp("forked") / "own").run


def verdicts(view: Any) -> list[str]:
    """The rows of the verdicts, once the job is done."""
    view.wait_for_selector("#job .job-done", timeout=120_000)
    found: list[str] = view.locator(".verdicts tbody tr").all_inner_texts()
    return found


def test_by_keys_alone_a_run_is_forked_and_the_change_applied_to_the_other_runs(visit: Visit) -> None:
    view = visit(PAGE)
    view.keyboard.press("f")
    view.wait_for_selector(".fork-cost b")
    assert view.locator(".fork-cost").inner_text().startswith("1 fork: 3 steps done again, 0 reused · no model calls")
    view.keyboard.press("Enter")
    (row,) = verdicts(view)
    assert row.startswith("retriever clean")
    assert "3 done, 0 reused" in row
    assert "job=" in view.url, "the job stands in the address"
    view.reload()
    assert len(verdicts(view)) == 1
    until(view, lambda: view.locator(".apply").count() == 1)
    assert view.locator(".apply").inner_text() == "Apply to the other 3"
    view.locator(".apply").focus()
    view.keyboard.press("Enter")
    view.wait_for_selector(".fork-cost b")
    assert view.locator(".fork-cost").inner_text().startswith("3 forks: ")
    view.keyboard.press("Enter")
    view.wait_for_selector(".tallies")
    assert len(verdicts(view)) == 3
    assert "of 3 turned right" in view.locator(".job-line").inner_text()


def test_by_mouse_every_other_retriever_is_tried_at_once(visit: Visit) -> None:
    view = visit(PAGE)
    view.click(".fork-button")
    view.wait_for_selector(".fork-cost b")
    view.select_option("#fork-change", "retrievers")
    until(
        view,
        lambda: (
            "4 forks" in view.locator(".fork-cost").inner_text() or "3 forks" in view.locator(".fork-cost").inner_text()
        ),
    )
    view.click("button.primary")
    rows = verdicts(view)
    assert [row.split("\t")[0] for row in rows] == [f"retriever {name}" for name in ("bm25", "clean", "full", "hybrid")]
    href = view.locator(".verdicts tr:first-child .links a").nth(1).get_attribute("href")
    assert href.startswith("/e/evitrail-run/diff?a=standard.acute-001&b=standard.acute-001%7Eretrieve")
    view.locator(".verdicts .links a").first.click()
    view.wait_for_selector("body[data-ready]")
    assert "Done again from" in view.locator("#head").inner_text()


def test_a_fault_is_told_in_the_dialog_and_nothing_is_run(visit: Visit) -> None:
    view = visit(PAGE)
    view.keyboard.press("f")
    view.wait_for_selector(".fork-cost b")
    view.select_option("#fork-change", "k")
    view.fill(".fork-value input", "0")
    view.locator(".fork-value input").press("Enter")
    assert view.locator("dialog[open]").count() == 1
    view.fill(".fork-value input", "3")
    view.select_option("#fork-from", "")
    until(view, lambda: "1 fork" in view.locator(".fork-cost").inner_text())
    view.keyboard.press("Escape")
    until(view, lambda: view.locator("dialog").count() == 0)
    assert view.evaluate("document.activeElement.tagName") == "BODY"


def test_the_list_of_jobs_leads_to_each(visit: Visit) -> None:
    view = visit(PAGE)
    view.keyboard.press("f")
    view.wait_for_selector(".fork-cost b")
    view.keyboard.press("Enter")
    verdicts(view)
    view = visit("/")
    view.click(".page-links a")
    view.wait_for_selector("tbody tr")
    view.keyboard.press("j")
    view.keyboard.press("Enter")
    view.wait_for_selector(".job-page .job-done")
    until(view, lambda: view.locator(".verdicts tbody tr").count() >= 1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barrier_is_found_in_the_dialog_the_verdicts_and_the_jobs(visit: Visit, theme: str) -> None:
    view = visit(PAGE)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    view.keyboard.press("f")
    view.wait_for_selector(".fork-cost b")
    assert barriers(view) == []
    view.keyboard.press("Enter")
    verdicts(view)
    view.locator(".verdicts summary").first.click()
    until(view, lambda: view.locator(".step-verdicts li").count() == 3)
    assert barriers(view) == []
    view.locator("#job header a").click()
    view.wait_for_selector(".job-page .job-done")
    assert barriers(view) == []
    view.goto(view.url.partition("/jobs/")[0] + "/jobs")
    view.wait_for_selector("tbody tr")
    assert barriers(view) == []


def test_a_server_that_only_reads_offers_no_fork(browser: Any, folder: Path) -> None:
    with running(folder, read_only=True) as address, visiting(browser, address) as visit:
        view = visit(PAGE)
        assert view.locator(".fork-button").count() == 0
        view.keyboard.press("f")
        assert view.locator("dialog").count() == 0


def test_without_its_store_the_page_says_which_is_lacking(browser: Any, own: Desk) -> None:
    shutil.rmtree(own.store)
    with running(own.run) as address, visiting(browser, address) as visit:
        view = visit(PAGE)
        assert "Forks are off: " in view.locator("#head").inner_text()
        assert view.locator(".fork-button").count() == 0
        view.keyboard.press("f")
        assert view.locator("dialog").count() == 0
