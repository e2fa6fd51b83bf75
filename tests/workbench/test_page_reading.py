"""What the page says of evidence that was replaced, of words that were read, of ties and of forks, in a browser."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exhibit import RUN, Open, experiment
from serving_pages import until
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
        rows = view.locator("#runs .grid-row")
        by_place = sorted(rows.all(), key=lambda row: int(row.get_attribute("aria-rowindex")))
        return [" ".join(row.locator(f":scope > :nth-child({column})").inner_text().split()) for row in by_place]

    def head(name: str) -> Any:
        return view.locator("#runs [role=columnheader]", has_text=name)

    assert cells(2) == ["gated", "gated", "words", "words"]
    head("Outcome").locator("button").click()
    assert [said.split()[0] for said in cells(5)][2:] == ["✓", "✓"], "the gravest first"
    assert view.url.endswith("#sort=-outcome")
    head("Outcome").locator("button").click()
    assert [said.split()[0] for said in cells(5)][:2] == ["✓", "✓"]
    view.reload()
    view.wait_for_selector("body[data-ready]")
    assert head("Outcome").get_attribute("aria-sort") == "ascending"
    first = view.locator("#runs .grid-row").first
    run = f"{cells(2)[0]}.{cells(1)[0]}"
    first.click()
    view.wait_for_selector("#run:visible")
    assert view.inner_text("#name") == run
    view.keyboard.press("]")
    until(view, lambda: view.inner_text("#name") not in ("", run))
    view.click("#home")
    assert view.url.endswith("#sort=outcome")
    head("Case").locator("button").click()
    assert cells(2) == ["gated", "words", "gated", "words"]


def test_a_fork_shows_what_it_changed(opened: Open, tmp_path: Path) -> None:
    with Journal.open(experiment(tmp_path) / "journal.db", create=False) as journal:
        write_page(journal, [run for run in journal.runs() if run != "experiment"], tmp_path / "x.html")
        forks = sorted(run for run in journal.runs() if run.startswith(f"{RUN}~"))
    view = opened(tmp_path / "x.html")
    view.fill("#filter", f"fork case:q-apixaban run:{forks[0]}")
    assert view.inner_text("#found").startswith("1 of ")
    cell = view.locator("#runs .grid-row a")
    assert cell.get_attribute("title") == forks[0]
    assert cell.inner_text() == f"q-apixaban {forks[0].removeprefix(RUN)}"
    box = cell.locator("..")
    assert box.evaluate("node => node.scrollWidth <= node.clientWidth"), "nothing of it is cut"
