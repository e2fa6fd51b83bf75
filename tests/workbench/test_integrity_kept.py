"""The check of a journal that is written: of the whole once, then of what is added, and of the whole on request."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from desk import Desk
from growing import Growing
from serving_pages import running, until
from visiting import visiting

from evitrail.traces import Journal, Journals, verify_journal
from evitrail.traces.audit.growing_check import GrowingCheck
from evitrail.workbench.api import integrity as module
from evitrail.workbench.api.integrity import IntegrityChecks


@pytest.fixture
def growing(desk: Desk, tmp_path: Path) -> Iterator[Growing]:
    made = Growing(desk.run, tmp_path / "grow")
    made.grow(2)
    yield made
    made.close()


@pytest.fixture
def _never_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole is not checked again because time has passed."""
    monkeypatch.setattr(module, "SHARE", 0)


def flipped(folder: Path) -> None:
    """One letter of a record is another, in the file."""
    path = folder / "journal.db"
    with Journal.open(path) as journal:
        journal.database.read("PRAGMA wal_checkpoint(TRUNCATE)")
    at = path.read_bytes().index(b'"type":"run.end"')
    with path.open("r+b") as file:
        file.seek(at + len(b'"type":"run.e'))
        file.write(b"N")


@pytest.mark.usefixtures("_never_due")
def test_what_is_added_is_checked_and_the_answer_says_what_was_checked_when(growing: Growing) -> None:
    check = IntegrityChecks()
    first = check(growing.folder)
    assert check(growing.folder) is first
    assert (first.at, first.records_since) == (first.whole_at, 0)
    growing.grow(2)
    more = check(growing.folder)
    assert more.whole_at == first.whole_at
    assert more.records_since > 0
    with Journals.open(growing.folder) as journal:
        found = verify_journal(journal)
        assert (more.unfinished, more.gone, more.altered, more.runs) == (
            found.completeness,
            (),
            (),
            len(journal.runs()),
        )
    assert "what was altered on the disk since the whole journal was checked" in more.not_covered[-1]


@pytest.mark.usefixtures("_never_due")
def test_a_byte_that_was_flipped_after_its_check_is_found_when_the_whole_is_asked_for(growing: Growing) -> None:
    check = IntegrityChecks()
    check(growing.folder)
    flipped(growing.folder)
    growing.grow(1)
    assert check(growing.folder).verdict == "unfinished"  # of what was added nothing is altered
    found = check(growing.folder, whole=True)
    assert (found.verdict, found.records_since) == ("altered", 0)


@pytest.mark.usefixtures("_never_due")
def test_a_byte_that_was_flipped_while_nothing_was_added_is_found_at_once(growing: Growing) -> None:
    check = IntegrityChecks()
    check(growing.folder)
    flipped(growing.folder)
    assert check(growing.folder).verdict == "altered"


def test_the_whole_is_checked_again_once_that_takes_little_of_the_time(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = IntegrityChecks()
    check(growing.folder)
    flipped(growing.folder)
    growing.grow(1)
    monkeypatch.setattr(module, "SHARE", 1e9)
    assert check(growing.folder).verdict == "altered"


def test_many_who_ask_for_the_whole_at_once_share_a_check(growing: Growing, monkeypatch: pytest.MonkeyPatch) -> None:
    check, began = IntegrityChecks(), list[float]()
    whole = GrowingCheck.whole

    def slow(journal: Journals) -> GrowingCheck:
        began.append(monotonic())
        sleep(0.5)
        return whole(journal)

    monkeypatch.setattr(GrowingCheck, "whole", slow)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: check(growing.folder, whole=True), range(8)))
    assert {each.verdict for each in found} == {"unfinished"}
    assert len(began) < 4  # of eight: who asked before it began takes what it found


def test_the_pill_tells_when_the_whole_was_checked_and_checks_it_again(browser: Any, growing: Growing) -> None:
    with running(growing.folder) as address, visiting(browser, address) as visit:
        view = visit("/e/grow")
        view.wait_for_selector(".pill[data-done]")
        view.keyboard.press("i")
        assert "The whole journal was checked on 20" in view.inner_text("#checked-at")
        flipped(growing.folder)
        view.get_by_role("button", name="Check the whole journal again").click()
        until(view, lambda: "Altered" in view.inner_text("dialog"))
        assert view.inner_text(".pill") == "✗ altered"


def test_a_page_that_watches_asks_for_the_check_of_what_was_added(browser: Any, growing: Growing) -> None:
    with running(growing.folder) as address, visiting(browser, address) as visit:
        view = visit("/e/grow")
        view.wait_for_selector(".pill[data-done]")
        view.wait_for_selector(".live-dot[data-state=on]")
        with view.expect_response(lambda answer: answer.url.endswith("/integrity"), timeout=60_000) as answered:
            growing.grow(1)
        assert answered.value.json()["verdict"] == "unfinished"
