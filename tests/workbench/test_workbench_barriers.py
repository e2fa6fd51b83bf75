"""axe finds no barrier in the pages of the workbench, in a light and in a dark theme, with something selected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from barriers import barriers
from desk import Desk
from exhibit import RUN, experiment
from serving_pages import running
from visiting import Visit

from evitrail.eval.report.results import write_results

RUNS = "/e/evitrail-run"
HOSTILE_RUN = f"/e/x/runs/{RUN}"


def keys(*pressed: str) -> Callable[[Any], None]:
    """Press these, one after the other."""

    def press(view: Any) -> None:
        for key in pressed:
            view.keyboard.press(key)

    return press


def faulty_query(view: Any) -> None:
    view.fill("#filter", "conditon:gated")
    view.wait_for_selector("#filter[aria-invalid]")


def offered(view: Any) -> None:
    view.focus("#filter")
    view.keyboard.type("wrong blame:")
    view.keyboard.press("ArrowDown")
    view.wait_for_selector("[role=option][aria-selected=true]")


def palette(view: Any) -> None:
    view.keyboard.press("Control+k")
    view.wait_for_selector(".palette[data-ready]")
    view.keyboard.type("gat")


def facets(view: Any) -> None:
    view.click(".facet-value:has-text('gated')")
    view.click(".facet-not[aria-label='exclude right']")
    view.wait_for_selector(".facet-not[aria-pressed=true]")


def views(view: Any) -> None:
    view.keyboard.press("s")
    view.wait_for_selector(".views-dialog[data-ready]")


def option(view: Any) -> None:
    view.keyboard.press("Shift+B")
    view.wait_for_selector(".option[aria-pressed=true]")


def claim(view: Any) -> None:
    view.locator(".claim-line").first.click()
    view.wait_for_selector(".claim-line[aria-pressed=true]")


SHOWN: dict[str, tuple[str, Callable[[Any], None]]] = {
    "experiments": ("/", keys("j")),
    "runs, one selected": (RUNS, keys("j", "j")),
    "runs, filtered": (f"{RUNS}?q=wrong%20-stale", keys("j")),
    "runs by case": (f"{RUNS}?group=case", keys("j")),
    "a query with a fault": (RUNS, faulty_query),
    "what may be typed next": (RUNS, offered),
    "columns": (RUNS, keys("c")),
    "the palette": (RUNS, palette),
    "facets, one chosen and one excluded": (f"{RUNS}?facets=condition,outcome,blame,confidence,cites", facets),
    "saved views": (RUNS, views),
    "the keys": (RUNS, keys("?")),
    "the check of the record": (RUNS, keys("i")),
    "a run": (HOSTILE_RUN, keys("j")),
    "an option": (HOSTILE_RUN, option),
    "a claim": (HOSTILE_RUN, claim),
    "the graph, a claim": (f"{HOSTILE_RUN}?view=graph&claim=0", keys()),
    "the graph, a step": (f"{HOSTILE_RUN}?view=graph&step=retrieve[1]&open=passages,options", keys()),
    "the graph as a list": (f"{HOSTILE_RUN}?view=graph&as=list&claim=0", keys()),
    "what a step was given": (f"{HOSTILE_RUN}?view=context&step=synthesise[1]", keys()),
    "a step": (f"{HOSTILE_RUN}?view=step&step=retrieve[1]", keys()),
    "a record as it was written": (f"{HOSTILE_RUN}?view=raw&step=synthesise[1]", keys()),
    "the API": ("/api/docs", keys()),
}


@pytest.fixture(scope="module")
def address(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    stale = experiment(tmp_path_factory.mktemp("stale"))
    write_results(stale)
    with running(desk.folder, stale) as served:
        yield served


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("what", SHOWN)
def test_no_barrier_is_found(what: str, theme: str, visit: Visit) -> None:
    path, act = SHOWN[what]
    view = visit(path)
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    act(view)
    assert barriers(view) == []
