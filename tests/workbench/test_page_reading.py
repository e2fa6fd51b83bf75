"""What the page says of evidence that was replaced, of words that were read, of ties and of forks, in a browser."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exhibit import RUN, Open, experiment
from ward import HIGH, LOW, WardReader, advice, arm, ask, case
from ward import opened as store_in

from evitrail.traces import Journal
from evitrail.workbench.page import write_page


def card(view: Any, passage: str) -> Any:
    """The card of a passage."""
    return view.locator(f'.passage[data-passage="{passage}"]')


def test_a_superseded_version_says_what_took_its_place_and_leads_there(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="synthesise[1]")
    old = card(view, "apixaban@0#0")
    assert old.locator(".badge", has_text="superseded").inner_text() == "superseded 2018-01-01 by 1"
    assert card(view, "apixaban@1#0").locator(".badge", has_text="superseded").count() == 0
    old.locator(".badge a").click()
    view.wait_for_selector('#step[data-shown="retrieve[1]"] .passage.lit')
    assert view.get_attribute(".passage.lit", "data-passage") == "apixaban@1#0"
    assert view.url.endswith("step=retrieve%5B1%5D&passage=apixaban%401%230")


def test_the_chain_of_an_answer_names_what_took_the_place_of_its_evidence(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN)
    assert "superseded 2018-01-01 by 1" in view.locator(".chain").first.inner_text()


@pytest.mark.parametrize(
    ("asked", "k", "told"),
    [
        (date(2017, 6, 1), 3, ["newer version from 2018-01-01: 1", "valid 2015-01-01 to 2018-01-01"]),
        (date(2020, 1, 1), 1, ["valid 2015-01-01 to 2018-01-01, not in force on 2020-01-01"]),
    ],
    ids=["a version that came later", "one that the run did not meet"],
)
def test_what_is_not_superseded_on_that_day_as_far_as_the_run_knows_is_not_said_to_be(
    asked: date, k: int, told: list[str], opened: Open, tmp_path: Path
) -> None:
    with store_in(tmp_path) as store:
        old = {"grade": HIGH, "valid_from": date(2015, 1, 1), "valid_to": date(2018, 1, 1)}
        store.ingest([advice("apixaban", "C", "0", **old, text="For apixaban apixaban the advice is option C.")])
        new = {"grade": LOW, "valid_from": date(2018, 1, 1), "supersedes": "apixaban@0"}
        store.ingest([advice("apixaban", "B", "1", **new)])
        reader = WardReader(insists="C")
        assert ask(tmp_path / "x", store, [case("apixaban", as_of=asked)], [arm(k=k)], reader) == []
    with Journal.open(tmp_path / "x" / "journal.db", create=False) as journal:
        write_page(journal, [RUN], tmp_path / "x.html")
    view = opened(tmp_path / "x.html", run=RUN, step="retrieve[1]")
    badges = card(view, "apixaban@0#0").locator(".badge").all_inner_texts()
    assert [badge for badge in badges if "certainty" not in badge][: len(told)] == told
    assert "superseded" not in " ".join(badges)
    assert ("the run met nothing that took its place" in badges) == (k == 1)


def test_only_the_words_read_for_the_chosen_option_are_marked_and_others_on_demand(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN, step="synthesise[1]")

    def marked() -> set[str]:
        cards = view.locator(".passage:has(mark.on)").all()
        return {one.get_attribute("data-passage") for one in cards}

    assert marked() == {"apixaban@0#0"}
    quiet = card(view, "apixaban@1#0").locator("mark").first
    assert quiet.evaluate("mark => getComputedStyle(mark).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert quiet.get_attribute("role") == "presentation"
    bar = view.get_by_role("group", name="Words that are marked")
    assert bar.get_by_role("button", pressed=True).all_inner_texts() == ["C"]
    bar.get_by_text("B", exact=True).click()
    assert marked() == {"apixaban@1#0"}
    view.reload()
    view.wait_for_selector("body[data-ready] mark.on")
    assert marked() == {"apixaban@1#0"}
    bar.get_by_text("all").click()
    assert marked() == {"apixaban@0#0", "apixaban@1#0"}


def test_a_tie_says_the_rule_that_decided_and_shares_stand_in_step_order(opened: Open, made: Path) -> None:
    view = opened(made, run=RUN)
    blame = view.locator(".blame").first
    assert blame.locator(".tie").inner_text() == (
        "A tie: retrieve[1] and choose[1] have a share of 0.50 each. "
        "The rule that decided: the smallest repair with a broken promise in it."
    )
    assert blame.locator("tbody th").all_inner_texts() == ["retrieve[1]", "choose[1]"]
    view = opened(made, run="gated.q-apixaban")
    assert view.locator(".blame").first.locator("tr.culprit").count() == 1
    assert view.locator(".blame").first.locator(".tie").count() == 0


def test_runs_are_sorted_by_a_click_and_the_address_keeps_it(opened: Open, made: Path) -> None:
    view = opened(made)

    def cells(column: int) -> list[str]:
        rows = view.locator("#run-list [role=option]")
        by_place = sorted(rows.all(), key=lambda row: int(row.get_attribute("aria-posinset")))
        return [re.sub(r"\s+", " ", row.locator(f":scope > :nth-child({column})").inner_text()) for row in by_place]

    assert cells(2) == ["gated", "gated", "words", "words"]
    head = view.get_by_role("group", name="Sort by")
    head.get_by_role("button", name="Result").click()
    assert [said.split()[1] for said in cells(6)] == ["wrong", "wrong", "right", "right"]
    assert view.url.endswith("#sort=result")
    head.get_by_role("button", name="Result").click()
    assert [said.split()[1] for said in cells(6)] == ["right", "right", "wrong", "wrong"]
    view.reload()
    view.wait_for_selector("body[data-ready]")
    assert head.get_by_role("button", pressed=True).inner_text().split()[0] == "Result"
    view.locator("#run-list [role=option]").first.click()
    view.wait_for_selector("#run:visible")
    first, second = cells(1)[0], cells(1)[1]
    assert view.inner_text("#name") == first
    view.keyboard.press("]")
    view.locator("#name", has_text=second).wait_for()
    view.click("#home")
    assert view.url.endswith("#sort=-result")
    head.get_by_role("button", name="Result").click()
    assert cells(2) == ["gated", "gated", "words", "words"]


def test_no_badge_is_cut_and_a_fork_shows_what_it_changed(opened: Open, tmp_path: Path) -> None:
    with Journal.open(experiment(tmp_path) / "journal.db", create=False) as journal:
        write_page(journal, [run for run in journal.runs() if run != "experiment"], tmp_path / "x.html")
        forks = [run for run in journal.runs() if run.startswith(f"{RUN}~")]
    view = opened(tmp_path / "x.html")
    for width in (1400, 1000, 420):
        view.set_viewport_size({"width": width, "height": 900})
        cut = view.evaluate("""[...document.querySelectorAll(".run-row .badge")].filter((badge) => {
          const inner = badge.getBoundingClientRect(), row = badge.closest(".run-row").getBoundingClientRect();
          const next = badge.closest(".results").nextElementSibling.getBoundingClientRect();
          const end = next.width ? next.left + 1 : row.right;
          return inner.top < row.top || inner.bottom > row.bottom || inner.right > end;
        }).length""")
        assert cut == 0
    view.fill("#run-filter", forks[0])
    name = view.locator("#run-list .name").first
    assert name.get_attribute("title") == forks[0]
    assert name.locator(".of").inner_text() == RUN
    assert name.locator(".change").inner_text() == forks[0].removeprefix(RUN)
    view.set_viewport_size({"width": 900, "height": 900})
    changed = name.locator(".change")
    assert changed.evaluate("node => node.scrollWidth <= node.clientWidth && node.scrollHeight <= node.clientHeight")
