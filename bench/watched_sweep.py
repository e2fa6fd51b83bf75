"""What a sweep loses while two pages watch it: one sweep, watched and left alone in turn.

    python bench/workbench.py --watched

A sweep of 64 runs under way, in a process of its own, asks a model server over HTTP, which answers after ``SLOW`` s.
The workbench serves the folder all the while, and two pages of the experiment are open in Chromium, on the same
machine. Their streams are turned on and off by the dot in the bar, ``SPAN`` seconds each. The runs that end in each
span are counted in the journal. A span is compared with its neighbours, so that what else the machine does weighs on
both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from time import sleep, time
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # whose model server, cases and store these are

from model_server import ModelServer
from own_server import chromium, serving
from sweeper import reader
from ward import DRUGS, advice, arm, case
from world import WordVectors

from evitrail.agent.model import Decoding
from evitrail.eval.experiment.experiment import Experiment
from evitrail.eval.plan.condition import condition
from evitrail.evidence_store import EvidenceStore
from evitrail.traces.growth import END, Growth, Position
from evitrail.traces.journal.journal import Journal

IN_FLIGHT = 64
CASES = 700
"""Of each drug, each asked under two conditions."""
RUNS = 2 * CASES * len(DRUGS)
SPAN = 3.0
"""Seconds that the sweep is watched, and is not, in turn."""
SETTLED = 0.5
"""Seconds of a span that are not counted: pages catch up, and let go."""
SLOW = 0.2
WATCHERS = 2
SEEN = 0.95
"""What a watched sweep must keep of its rate at least."""


def results() -> list[str]:
    """The lines of the section."""
    with tempfile.TemporaryDirectory(prefix="evitrail-bench-") as folder, ModelServer(slow=SLOW) as server:
        place = Path(folder)
        with EvidenceStore.open(place / "store", create=True, embedder=WordVectors()) as store:
            store.ingest([advice(drug, "B") for drug in DRUGS])
        sweep = place / "experiments" / "sweep"
        sweep.mkdir(parents=True)
        with serving(sweep.parent) as address, chromium() as browser:
            turns, told = _swept(sweep, place / "store", server.url, browser, f"{address}e/sweep")
        rates = _rates(sweep, turns)
    ratios = [
        watched / ((before + after) / 2)
        for before, watched, after in zip(rates[0::2], rates[1::2], rates[2::2], strict=False)
    ]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return [
        f"A sweep of {RUNS:,} runs, {IN_FLIGHT} under way, watched for {SPAN:g} s and left alone for {SPAN:g} s in "
        f"turn; a model server that answers after {SLOW} s.",
        "",
        "| | runs/s, median | as a share of the spans before and after, median [quartiles] |",
        "|---|---|---|",
        f"| alone, {len(rates[0::2])} spans | {statistics.median(rates[0::2]):.1f} | |",
        f"| watched by {WATCHERS} pages, which told {told:,} runs, {len(rates[1::2])} spans | "
        f"{statistics.median(rates[1::2]):.1f} | "
        f"{middle:.3f} [{low:.3f}–{high:.3f}]{'' if middle >= SEEN else ' **under 0.95**'} |",
    ]


def _swept(folder: Path, store: Path, model: str, browser: Any, address: str) -> tuple[list[float], int]:
    """When the pages were turned off and on, in turn, while the sweep ran; and how many runs they told of."""
    command = [sys.executable, __file__, str(folder), str(store), model]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()  # it is ready
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        views = [context.new_page() for _ in range(WATCHERS)]
        for view in views:
            view.goto(address)
            view.wait_for_selector(".live-dot[data-state=on]")
        process.stdin.close()
        sleep(SPAN)
        turns = list[float]()
        while process.poll() is None:
            state = "on" if len(turns) % 2 else "off"
            for view in views:
                view.click(".live-dot")
                view.wait_for_selector(f".live-dot[data-state={state}]")
            turns.append(time())
            sleep(SPAN)
        if process.returncode:
            raise SystemExit(process.returncode)
        told = sum(int(view.inner_text(".new-runs").split()[1].replace(",", "")) for view in views)
        context.close()
    return turns, told


def _rates(folder: Path, turns: Sequence[float]) -> list[float]:
    """Runs that ended in a second, span by span; the last is left out, since the sweep ended in it."""
    with Growth(folder) as growth:
        added = growth.between(Position(), growth.end())
        ended = sorted(datetime.fromisoformat(one.at).timestamp() for one in added if one.type == END)
    spans = [(start + SETTLED, end) for start, end in pairwise(turns)]
    return [(bisect_left(ended, end) - bisect_left(ended, start)) / (end - start) for start, end in spans]


def main(folder: Path, store: Path, model: str) -> None:
    """One sweep, once it is told to begin."""
    cases = [case(drug, id=f"q-{drug}-{number:03}") for drug in DRUGS for number in range(CASES)]
    with EvidenceStore.open(store, embedder=WordVectors(), read_only=True) as opened:
        arms = [condition("closed_book"), arm("words_3", k=3)]
        sweep = Experiment(cases, arms, opened, reader(model), Decoding(samples=5), in_flight=IN_FLIGHT)
        Journal.open(folder / "journal.db").close()
        print("ready", flush=True)
        sys.stdin.read()
        if failures := sweep.run(folder):
            raise SystemExit(f"{failures[0].run} failed: {failures[0].error}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
