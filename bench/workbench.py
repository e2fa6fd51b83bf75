"""The workbench's budgets: first paint, filter, sort, run page, JS, heap, start; and what a watched sweep loses.

    python bench/workbench.py                          # all of it, on a demonstration made for it
    python bench/workbench.py --demo evitrail-demo     # on one that is there
    python bench/workbench.py --watched                # only the sweep
    python bench/workbench.py --cases 3 30             # small, to see that it works

The experiments are made of the demonstration's runs (``many_runs.py``): 34 readers x 10 conditions x so many questions.
Pages are timed in Chromium, from the call to the frame after what was asked for is drawn; medians of ``TIMES``. A
server answers from a process of its own, as ``evitrail serve`` starts it, and has read the results, and checked the
journal, once before it is timed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote

import watched_sweep
from many_runs import make_experiment
from own_server import chromium, serving

from evitrail.workbench.page.page import ENTRY, STATIC, script
from evitrail.workbench.web.static_files import StaticFiles

TIMES = 5
CASES = (3, 30, 294)
"""Questions, which make some 1,000, 10,000 and 100,000 runs."""
FILTER = "wrong -stale blame:synthesise confidence:>0.3"
LIST = ("runs/", "filter/", "viewer/runs.mjs", "table.mjs")
"""What draws the list of runs of an exported file, and filters it."""
DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
NOTES_DRAWN = f"""globalThis.drawn = new Promise((ready) => {{
    new MutationObserver((_, observer) => {{
        if (!document.body?.dataset.ready) return;
        observer.disconnect();
        ready();
    }}).observe(document, {{ subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"] }});
}}).then(() => {DRAWN}).then(() => performance.now());"""
"""The page itself notes when it was drawn: a question from outside comes later."""


class Budget(NamedTuple):
    """One line of the table."""

    name: str
    unit: str
    most: float
    """At 100,000 runs, and at any other number."""
    demo: float | None = None
    """In the demonstration, where that is another."""


BUDGETS = (
    Budget("first paint of the list of runs", "ms", 1000, demo=300),
    Budget("filter to paint", "ms", 100),
    Budget("sort to paint", "ms", 300),
    Budget("run page, answer of the API", "ms", 50),
    Budget("run page, to paint", "ms", 300),
    Budget("a step, to paint", "ms", 100),
    Budget("heap of the list of runs", "MB", 60),
    Budget("server start to first page", "s", 2),
)


def results(demo: Path | None = None, cases: Sequence[int] = CASES) -> list[str]:
    """The lines of the section."""
    with tempfile.TemporaryDirectory(prefix="evitrail-bench-") as folder:
        made = Path(folder)
        if demo is None:
            demo = made / "demo"
            subprocess.run(
                [sys.executable, "-m", "evitrail", "demo", "--out", str(demo)], check=True, capture_output=True
            )
        found = {"demo": measured(demo)}
        for number in cases:
            runs = make_experiment(demo / "experiment", made / f"many-{number}" / "experiment", number)
            found[f"{runs:,}"] = measured(made / f"many-{number}")
            print(*table(found), sep="\n", file=sys.stderr, flush=True)
    return [*table(found), "", *bytes_sent(), "", *watched_sweep.results()]


def table(found: dict[str, dict[str, float]]) -> list[str]:
    """A row a budget, a column an experiment; what is over its budget is marked."""
    lines = ["| | budget | " + " | ".join(f"{name} runs" if name != "demo" else name for name in found) + " |"]
    lines.append("|---" * (len(found) + 2) + "|")
    for budget in BUDGETS:
        limits = f"{budget.most:g} {budget.unit}" + (f" (demo {budget.demo:g})" if budget.demo else "")
        cells = []
        for name, values in found.items():
            limit = budget.demo if name == "demo" and budget.demo else budget.most
            value = values[budget.name]
            cells.append(f"{value:.3g}" + (" **over**" if value > limit else ""))
        lines.append(f"| {budget.name} | {limits} | " + " | ".join(cells) + " |")
    return lines


def measured(place: Path) -> dict[str, float]:
    """Every budget, of the experiment in a folder."""
    started = median(lambda: _start_to_first_page(place), 3)
    with serving(place) as address, chromium() as browser:
        exp = json.loads(_get(f"{address}api/experiments"))[0]["exp"]
        list_page, api = f"{address}e/{exp}", f"{address}api/experiments/{exp}"
        for path in ("/pack", "/profile", "/integrity"):
            _get(api + path)
        runs = json.loads(_get(f"{api}/runs?limit=40&q=wrong"))["runs"]
        names = [run["run"] for run in runs]
        for name in names[:3]:
            _get(f"{api}/runs/{quote(name)}")
        answers = [_milliseconds(partial(_get, f"{api}/runs/{quote(name)}")) for name in names]
        page = Page(browser)
        return {
            "first paint of the list of runs": median(lambda: page.opened(list_page)),
            "filter to paint": page.filtered(),
            "sort to paint": page.sorted(),
            "heap of the list of runs": page.heap(),
            "run page, answer of the API": statistics.median(answers),
            "run page, to paint": statistics.median(
                [page.opened(f"{list_page}/runs/{quote(one)}") for one in names[:9]]
            ),
            "a step, to paint": statistics.median([page.step() for _ in range(TIMES)]),
            "server start to first page": started,
        }


class Page:
    """A page in a browser, and how long it takes to do what it is asked."""

    def __init__(self, browser: Any) -> None:
        self._view = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        self._view.add_init_script(NOTES_DRAWN)
        self._devtools = self._view.context.new_cdp_session(self._view)

    def opened(self, address: str) -> float:
        """Milliseconds from the call to a page that is drawn."""
        self._view.goto("about:blank")
        self._view.goto(address, wait_until="commit")
        return float(self._view.evaluate("globalThis.drawn"))

    def filtered(self) -> float:
        """The same for a filter that is typed; each time another one."""
        typed = [f"{FILTER}{n}" for n in range(TIMES)]
        return statistics.median(self._acted("type", query) for query in typed)

    def sorted(self) -> float:
        """The same for an order, each time by another column."""
        self._acted("type", "")
        return statistics.median(self._acted("sort", n) for n in range(TIMES))

    def step(self) -> float:
        """The same for a step of a run that is selected, with its inputs and outputs."""
        return float(self._view.evaluate(ACTS["step"]))

    def heap(self) -> float:
        """Megabytes that are left after a collection."""
        self._devtools.send("HeapProfiler.collectGarbage")
        used = self._devtools.send("Runtime.getHeapUsage")
        return float(used["usedSize"] + used.get("backingStorageSize", 0)) / 1e6

    def _acted(self, what: str, given: object) -> float:
        return float(self._view.evaluate(ACTS[what], given))


ACTS = {
    "type": f"""async (query) => {{
        const input = document.getElementById("filter"), began = performance.now();
        input.value = query;
        input.dispatchEvent(new Event("input"));
        await {DRAWN};
        return performance.now() - began; }}""",
    "sort": f"""async (n) => {{
        const heads = document.querySelectorAll(".grid-head .sort"), began = performance.now();
        heads[n % heads.length].click();
        await {DRAWN};
        return performance.now() - began; }}""",
    "step": f"""async () => {{
        const place = () => document.querySelector(".step-head .walk")?.textContent ?? "";
        const began = performance.now(), before = place();
        document.dispatchEvent(new KeyboardEvent("keydown", {{ key: "j", bubbles: true }}));
        while (place() === before) await {DRAWN};
        await {DRAWN};
        return performance.now() - began; }}""",
}


def bytes_sent() -> list[str]:
    """What a page is sent in JS, gzipped file by file; and the script of an exported file."""
    files = StaticFiles()
    entries = sorted(
        path.relative_to(STATIC).as_posix()
        for path in STATIC.rglob("*.mjs")
        if "first()" in path.read_text("utf-8") and path.name not in ("frame.mjs", "main.mjs")
    )
    sizes = {entry: sum(gzipped(files.file(name).data) for name in files.modules(entry)) for entry in entries}
    largest = max(sizes, key=lambda entry: sizes[entry])
    without_list = [name for name in files.in_order(ENTRY) if not name.startswith(LIST)]
    return [
        f"JS sent, gzipped: at most {sizes[largest] / 1000:.1f} KB (`{largest}`; budget 60). Script of an "
        f"exported file: {gzipped(script().encode()) / 1000:.1f} KB; without its list of runs and filter, "
        f"{gzipped(script(without_list).encode()) / 1000:.1f} KB (budget 35)."
    ]


def gzipped(data: bytes) -> int:
    """Bytes of a file as a server that compresses would send it."""
    return len(gzip.compress(data))


def _start_to_first_page(place: Path) -> float:
    began = perf_counter()
    with serving(place) as address:
        _get(address)
        return perf_counter() - began


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return bytes(answer.read())


def _milliseconds(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return (perf_counter() - began) * 1000


def median(call: Callable[[], float], times: int = TIMES) -> float:
    """Of so many calls."""
    return statistics.median(call() for _ in range(times))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, help="folder that `evitrail demo` made; left out, it is made anew")
    parser.add_argument("--cases", type=int, nargs="+", default=CASES, help="questions of each experiment that is made")
    parser.add_argument("--watched", action="store_true", help="only the sweep that is watched")
    given = parser.parse_args(arguments)
    lines = watched_sweep.results() if given.watched else results(given.demo, given.cases)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
