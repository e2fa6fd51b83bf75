"""What a sweep loses while two pages watch it: the same sweep alone and watched, in turn.

    python bench/workbench.py --watched

A sweep of 64 runs under way, in a process of its own, asks a model server over HTTP, which answers after ``SLOW`` s.
The workbench serves the folder all the while; where it is watched, two pages of the experiment are open in Chromium, on
the same machine. Neighbours are compared, so that what else the machine does weighs on both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from time import perf_counter, sleep
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
from evitrail.traces.journal.journal import Journal

IN_FLIGHT = 64
CASES = 33
"""Of each drug, each asked under two conditions."""
RUNS = 2 * CASES * len(DRUGS)
ROUNDS = 8
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
        experiments = place / "experiments"
        experiments.mkdir()
        told, rates = 0, dict[bool, list[float]]({False: [], True: []})
        with serving(experiments) as address, chromium() as browser:
            for number in range(ROUNDS + 1):
                for watched in (False, True) if number % 2 else (True, False):
                    name = f"round-{number}-{'watched' if watched else 'alone'}"
                    (experiments / name).mkdir()
                    nobody = nullcontext(list[Any]())
                    pages = watching(browser, f"{address}e/{name}") if watched else nobody
                    rate, heard = _swept(experiments / name, place / "store", server.url, pages)
                    if number:  # the first is not counted
                        rates[watched].append(rate)
                        told += heard
                print(f"round {number}: {rates}", file=sys.stderr, flush=True)
    ratios = [one / other for one, other in zip(rates[True], rates[False], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return [
        f"A sweep of {RUNS} runs, {IN_FLIGHT} under way, {ROUNDS} rounds in turn; a model server that answers after "
        f"{SLOW} s.",
        "",
        "| | runs/s, median | as a share of alone, median [quartiles] |",
        "|---|---|---|",
        f"| alone | {statistics.median(rates[False]):.1f} | |",
        f"| watched by {WATCHERS} pages, which told {told:,} runs | {statistics.median(rates[True]):.1f} | "
        f"{middle:.3f} [{low:.3f}–{high:.3f}]{'' if middle >= SEEN else ' **under 0.95**'} |",
    ]


def _swept(folder: Path, store: Path, model: str, pages: AbstractContextManager[list[Any]]) -> tuple[float, int]:
    """Runs a second of a sweep, and how many runs the pages told of."""
    command = [sys.executable, __file__, str(folder), str(store), model]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()  # it is ready
        with pages as views:
            process.stdin.close()
            seconds = float(process.stdout.readline())
            sleep(1.5)
            told = sum(int(view.inner_text(".new-runs").split()[1]) for view in views)
    return RUNS / seconds, told


@contextmanager
def watching(browser: Any, address: str) -> Iterator[list[Any]]:
    """Pages of an experiment that are open and connected."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    views = [context.new_page() for _ in range(WATCHERS)]
    for view in views:
        view.goto(address)
        view.wait_for_selector(".live-dot[data-state=on]")
    yield views
    context.close()


def main(folder: Path, store: Path, model: str) -> None:
    """One sweep, once it is told to begin; prints the seconds that it took."""
    cases = [case(drug, id=f"q-{drug}-{number:03}") for drug in DRUGS for number in range(CASES)]
    with EvidenceStore.open(store, embedder=WordVectors(), read_only=True) as opened:
        arms = [condition("closed_book"), arm("words_3", k=3)]
        sweep = Experiment(cases, arms, opened, reader(model), Decoding(samples=5), in_flight=IN_FLIGHT)
        Journal.open(folder / "journal.db").close()
        print("ready", flush=True)
        sys.stdin.read()
        began = perf_counter()
        if failures := sweep.run(folder):
            raise SystemExit(f"{failures[0].run} failed: {failures[0].error}")
        print(perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
