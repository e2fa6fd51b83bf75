"""``evitrail demo``: seven deployment conditions on the same questions, and which step is to blame for each failure."""

from __future__ import annotations

from pathlib import Path

from evitrail.workbench.cli.console import Json, OutFolder, err, progress
from evitrail.workbench.cli.experiment.run import show_results
from evitrail.workbench.cli.listener import listening
from evitrail.workbench.cli.spent_time import SpentTime

SHOWN = ("closed_book", "clean", "conflict", "standard", "agentic", "max_context", "gated")
"""One of each kind; the others are variations of these, or need a language model."""


def demo(
    folder: OutFolder = Path("evitrail-demo"),
    json: Json = False,
) -> None:
    """Run one condition of each kind on the demonstration cases.

    Ingests the evidence, runs the cases, attributes the failures and writes the report. The first time takes minutes.
    At the end it prints where the CPU time went.
    """
    from evitrail.eval.dataset.case import load
    from evitrail.eval.demo import DEMO_CASES
    from evitrail.eval.plan.plan import Plan
    from evitrail.eval.run_plan import run_plan
    from evitrail.evidence_store import EvidenceStore
    from evitrail.evidence_store.demo import demo_clock, ingest_demo

    spent = SpentTime()
    spent.ends("start")
    with EvidenceStore.open(folder / "store", create=True, clock=demo_clock) as store, progress("embedding") as told:
        done = ingest_demo(store, [case.stem for case in load(DEMO_CASES)], told)
    if done.held:  # by a clock that is years slow, say
        said = f"{store.path}: expected to serve all of the demonstration's evidence, got {len(done.held)} held"
        raise ValueError(f"{said}; {done.held[0].refs[0]} is held by {done.held[0].reason}")
    spent.ends("ingest")
    plan = Plan(
        benchmark=DEMO_CASES,
        store=folder / "store",
        conditions=SHOWN,
        split="test",
    )
    with listening() as hear:
        results = run_plan(plan, folder / "experiment", on_event=spent.hearing(hear))
    spent.ends("results and report")
    err().print(
        "Authored for demonstration, not clinically adjudicated; the reader was fitted on other cases. "
        "Never clinical advice.",
        markup=False,
        soft_wrap=True,
    )
    show_results(results, json=json)
    err().print(spent.line(), markup=False, soft_wrap=True)
