"""Two runs in a real browser: reached from a run by a key, read step by step, swapped; nothing hostile runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from barriers import barriers
from desk import CASES, Desk
from exhibit import RUN, experiment
from serving_pages import running, until
from visiting import Visit

from evitrail.eval.report.results import write_results
from evitrail.eval.rerun.fork_run import fork_run

GATED, PLAIN = (f"{name}.{CASES[0]}" for name in ("gated", "standard"))
GATED_HOSTILE = RUN.replace("words", "gated")
FORK = f"{PLAIN}~choose[1]:seed=7"
HOSTILE_PAIR = f"/e/x/diff?a={RUN}&b={GATED_HOSTILE}"


@pytest.fixture(scope="module")
def address(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = desk.copied(tmp_path_factory.mktemp("own") / "desk")
    assert fork_run(own.run, PLAIN, {"seed": 7}, at="choose[1]").run == FORK
    hostile: Path = experiment(tmp_path_factory.mktemp("stale"))
    write_results(hostile)
    with running(own.folder, hostile) as served:
        yield served


def leads(view: Any, part: str) -> None:
    """Wait until the page of an address is there."""
    until(view, lambda: part in view.url)
    view.wait_for_selector("body[data-ready]")


def shown(view: Any, what: str) -> str:
    """The words of the panel, once it shows this."""
    view.wait_for_selector(f"#detail[data-shown='{what}']")
    return str(view.inner_text("#detail"))


def test_from_a_run_to_where_it_diverges_and_back_into_both_by_keys_alone(visit: Visit) -> None:
    view = visit(f"/e/evitrail-run/runs/{GATED}")
    view.keyboard.press("d")
    leads(view, "/diff")
    assert f"a=closed_book.{CASES[0]}" in view.url, "the baseline is the first condition of the profile"
    view.select_option("#a", PLAIN)
    leads(view, f"a={PLAIN}")
    assert "They diverge first at aim[1]: only the second run has this step." in view.inner_text("#head")
    shown(view, "all")
    for key in ("j", "j"):
        view.keyboard.press(key)
    told = shown(view, "step retrieve[1]")
    assert "by Clean() in the second" in told
    assert "step=retrieve" in view.url
    assert view.locator("[role=option][aria-selected=true]").inner_text().startswith("≠")
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "detail"
    view.keyboard.press("1")
    shown(view, "all")
    view.keyboard.press("g")
    shown(view, "step aim[1]")
    view.keyboard.press("j")
    shown(view, "step retrieve[1]")
    view.keyboard.press("s")
    leads(view, f"a={GATED}")
    shown(view, "step retrieve[1]")
    view.keyboard.press("b")
    leads(view, f"/runs/{PLAIN}")
    assert "step=retrieve" in view.url


def test_a_fork_is_compared_with_its_parent_and_what_it_reused_is_folded(visit: Visit) -> None:
    view = visit(f"/e/evitrail-run/runs/{FORK}")
    assert "compare with its parent" in view.inner_text(".acts")
    view.click(".acts a")
    leads(view, "/diff")
    assert f"a={PLAIN}" in view.url
    assert "seed=7" in view.inner_text("[aria-label='second run']")
    view.click("#steps [role=option] >> nth=-1")
    assert "seed" in shown(view, "step choose[1]")
    view.keyboard.press("k")
    assert "Identical in both." in shown(view, "step synthesise[1]")
    view.keyboard.press("a")
    leads(view, f"/runs/{PLAIN}")


def test_a_run_beside_itself_is_one_folded_stretch_that_opens_by_a_key(visit: Visit) -> None:
    view = visit(f"/e/evitrail-run/diff?a={PLAIN}&b={PLAIN}")
    assert "They are the same, step by step." in view.inner_text("#head")
    rows = view.locator("#steps [role=option]")
    assert rows.all_inner_texts()[0].startswith("⋯")
    assert rows.count() == 1
    view.keyboard.press("j")
    view.keyboard.press("Enter")
    assert rows.count() == 3
    shown(view, "step retrieve[1]")


def test_what_moved_is_told_with_versions_certainty_and_what_replaced_them(visit: Visit) -> None:
    view = visit(HOSTILE_PAIR)
    shown(view, "all")
    gone = view.locator("tr[data-passage='apixaban@0#0']")
    assert gone.get_attribute("data-change") == "out"
    assert "superseded" in gone.inner_text()
    assert "by apixaban@1 since 2018-01-01" in gone.inner_text()
    assert gone.locator(".grade").get_attribute("aria-label") == "certainty high, 4 of 4"
    assert view.locator(".options-table tbody tr").count() == 4
    claim = view.locator(".claim-diffs li[data-change=out]", has_text="apixaban@0#0").first
    assert claim.locator(".grade").get_attribute("aria-label") == "certainty high, 4 of 4", "of its evidence"
    view.click("#steps [role=option] >> nth=1")
    told = shown(view, "step retrieve[1]")
    assert "superseded on 2020-01-01" in told
    assert view.locator("#detail ins").count() > 0


def test_runs_of_different_questions_are_said_to_be(visit: Visit) -> None:
    view = visit(f"/e/evitrail-run/diff?a={PLAIN}&b=standard.{CASES[1]}")
    assert view.inner_text("h1") == "Two runs of different questions"
    assert view.locator("#steps [role=option]").count() == 3


def test_hostile_words_run_nothing_in_a_comparison(visit: Visit) -> None:
    for step in (
        "",
        "&step=aim[1]",
        "&step=retrieve[1]",
        "&step=synthesise[1]",
        "&step=choose[1]",
        "&step=<img src=x>",
    ):
        view = visit(HOSTILE_PAIR + step)
        view.wait_for_selector("#detail[data-shown]")
        assert view.title() == f"{GATED_HOSTILE} compared with {RUN} · evitrail"
        assert view.locator("main img, iframe, object, main script, main style").count() == 0


def test_a_link_to_a_step_shows_the_same_when_it_is_opened_again(visit: Visit) -> None:
    view = visit(f"{HOSTILE_PAIR}&step=synthesise[1]")
    before = shown(view, "step synthesise[1]")
    view.reload()
    assert shown(view, "step synthesise[1]") == before


def step(path: str) -> Callable[[Any], None]:
    return lambda view: shown(view, f"step {path}") and None


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "act"),
    [
        (HOSTILE_PAIR, lambda view: shown(view, "all")),
        (f"{HOSTILE_PAIR}&step=retrieve[1]", step("retrieve[1]")),
        (f"/e/evitrail-run/diff?a={PLAIN}&b={FORK}&step=choose[1]", step("choose[1]")),
        (f"/e/evitrail-run/diff?a={PLAIN}&b={PLAIN}", lambda view: view.keyboard.press("j")),
    ],
)
def test_no_barrier_is_found(path: str, act: Callable[[Any], None], theme: str, visit: Visit) -> None:
    view = visit(path)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    act(view)
    assert barriers(view) == []
