"""Carry out an injection plan: every fault, with every reader, on every data set; then the table and the leak test.

Rules kept here
- It resumes: a cell (one fault, one reader, one data set) whose result is in ``cells/`` is not done again. A cell that
  was cut short is done from its beginning.
- Data sets are independent; where there are several, each is done by a process of its own.
- It prints nothing: whoever wants to follow it passes ``on_event``.

    found = run_injection(read_injection_plan(DEMO_PLAN), Path("evitrail-injection"))
    found.rows, found.leaks, found.trials
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.agent.llm.named import llm_named
from evitrail.eval.dataset.case import check, load
from evitrail.eval.experiment.embed_together import embed_together
from evitrail.eval.injection.leak import Leak, leaks
from evitrail.eval.injection.operators import OPERATORS
from evitrail.eval.injection.plan import Data, InjectionPlan, settle
from evitrail.eval.injection.table import Row, table
from evitrail.eval.injection.trial import Bench, Material, Trial, slug
from evitrail.evidence_store import EvidenceStore, read_evidence
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.whole_file import replace_text

CELLS = "cells"
TRIALS = "trials.jsonl"
TABLE = "table.json"
EVERY = 0.5
"""Seconds between two looks at how far other processes are."""


class Injecting(NamedTuple):
    """Cells are done: one fault, one reader, one data set each."""

    done: int
    of: int


class Cell(NamedTuple):
    """One fault, one reader, one data set."""

    data: str
    operator: str
    reader: str

    def path(self, folder: Path) -> Path:
        """Where its result lies."""
        return folder / CELLS / f"{slug(self.data)}.{slug(self.operator)}.{self.reader}.json"


@dataclass(frozen=True)
class Injected:
    """What an injection came to."""

    folder: Path
    trials: list[Trial]
    rows: list[Row]
    leaks: list[Leak]

    def as_json(self) -> dict[str, Any]:
        """What ``table.json`` holds."""
        rows = [row.model_dump(mode="json") for row in self.rows]
        return {"rows": rows, "leaks": [leak.model_dump(mode="json") for leak in self.leaks]}


Listener = Callable[[Injecting], None]


def run_injection(
    plan: InjectionPlan,
    folder: Path,
    on_event: Listener = lambda event: None,
    *,
    embedder: Encoder | None = None,
) -> Injected:
    """Do every cell that is not done yet, then write ``trials.jsonl`` and ``table.json``.

    ``embedder`` is in place of the stores' own, and keeps everything in this process.
    """
    settle(plan, folder)
    every = list(cells(plan))

    def tell() -> None:
        on_event(Injecting(sum(cell.path(folder).exists() for cell in every), len(every)))

    tell()
    waiting = [one for one in plan.data if any(c.data == one.name and not c.path(folder).exists() for c in every)]
    if len(waiting) > 1 and embedder is None:
        _in_processes(plan, folder, waiting, tell)
    else:
        for one in waiting:
            do_data(plan, one, folder, tell, embedder)
    return _written(plan, folder)


def cells(plan: InjectionPlan) -> Iterator[Cell]:
    """Every cell of a plan, in order."""
    for data in plan.data:
        for operator in plan.chosen:
            for reader in plan.readers:
                yield Cell(data.name, operator.name, reader)


def do_data(
    plan: InjectionPlan,
    data: Data,
    folder: Path,
    tell: Callable[[], None] = lambda: None,
    embedder: Encoder | None = None,
) -> None:
    """Do the cells of one data set that are not done yet."""
    runs = folder / "runs" / data.name
    (folder / CELLS).mkdir(parents=True, exist_ok=True)
    cases = tuple(load(Path(data.benchmark))[:: data.every])
    with EvidenceStore.open(runs / "store", create=True, embedder=embedder) as store:
        store.ingest(read_evidence(Path(data.evidence), store.headers))
        check(cases, store.snapshot())
        evidence = tuple(store.get(ref) for ref in sorted(store.headers))
        if "extractive" in plan.readers:
            embed_together(cases, (), store)
        material = Material(data.name, cases, evidence, runs, store.encoder)
        judge = llm_named(plan.judge, plan.key_env) if plan.judge else None
        bench = Bench(material, plan.seed, plan.candidates, plan.admitted, judge)
        try:
            for cell in cells(plan):
                if cell.data == data.name and not cell.path(folder).exists():
                    _do(bench, cell, folder)
                    tell()
        finally:
            bench.close()


def _do(bench: Bench, cell: Cell, folder: Path) -> None:
    """One cell, from its beginning."""
    operator = OPERATORS[cell.operator]
    shutil.rmtree(bench.folder(operator, cell.reader), ignore_errors=True)
    found = bench.trials(operator, cell.reader, bench.readers()[cell.reader])
    replace_text(cell.path(folder), json.dumps([trial.model_dump(mode="json") for trial in found], indent=1))


def _in_processes(plan: InjectionPlan, folder: Path, waiting: list[Data], tell: Callable[[], None]) -> None:
    """Each data set in a process of its own; the first error, and the end of this process, ends all of them."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    width = min(len(waiting), os.cpu_count() or 1)
    with ProcessPoolExecutor(width, context, initializer=_end_with_parent, initargs=(stop, os.getpid())) as pool:
        try:
            todo = {pool.submit(_faults_of, plan, one, folder) for one in waiting}
            while todo:
                done, todo = wait(todo, timeout=EVERY, return_when=FIRST_COMPLETED)
                tell()
                if faults := [fault for one in done for fault in one.result()]:
                    raise InputError(faults)
        except BaseException:
            stop.set()
            raise


def _faults_of(plan: InjectionPlan, data: Data, folder: Path) -> list[str]:
    """Do one data set; what is wrong with it, as lines."""
    try:
        do_data(plan, data, folder)
    except ValueError as error:
        return str(error).splitlines()
    return []


def _end_with_parent(stop: Event, parent: int) -> None:
    """End this process as soon as it is told to, or whoever started it is gone; Ctrl-C is left to that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while not stop.wait(EVERY) and os.getppid() == parent:
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _written(plan: InjectionPlan, folder: Path) -> Injected:
    trials = [
        Trial.model_validate(one)
        for cell in cells(plan)
        for one in json.loads(cell.path(folder).read_text(encoding="utf-8"))
    ]
    rows, leaking = table(trials), leaks(trials)
    replace_text(folder / TRIALS, "".join(f"{trial.model_dump_json()}\n" for trial in trials))
    found = Injected(folder, trials, rows, leaking)
    replace_text(folder / TABLE, json.dumps(found.as_json(), indent=1))
    return found
