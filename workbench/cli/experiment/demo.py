"""``evitrail demo``: seven deployment conditions on the same questions, and which step is to blame for each failure."""

from __future__ import annotations

from pathlib import Path

from evitrail.workbench.cli.console import Json, OutFolder, err, progress
from evitrail.workbench.cli.experiment.run import report

SHOWN = ("closed_book", "clean", "conflict", "standard", "agentic", "max_context", "gated")
"""One of each kind; the others are variations of these, or need a language model."""


def demo(
    folder: OutFolder = Path("evitrail-demo"),
    json: Json = False,
) -> None:
    """Run all seven conditions on the demonstration cases.

    Takes in the evidence, runs, blames the failures, writes the report: some minutes the first time.
    """
    from evitrail.eval.demo import DEMO_CASES
    from evitrail.eval.plan.plan import Plan
    from evitrail.evidence_store import EvidenceStore, read_evidence
    from evitrail.evidence_store.demo import DEMO_EVIDENCE
    from evitrail.workbench.setup import carry_out

    with EvidenceStore.open(folder / "store", create=True) as store, progress("embedding") as told:
        store.ingest(read_evidence(DEMO_EVIDENCE, store.headers), progress=told)
    plan = Plan(
        benchmark=str(DEMO_CASES),
        store=str((folder / "store").resolve()),
        conditions=SHOWN,
        split="test",
    )
    rows, failures = carry_out(plan, folder / "experiment")
    err().print(
        "Authored for demonstration, not clinically adjudicated; the reader was fitted on other cases. "
        "Never clinical advice.",
        markup=False,
        soft_wrap=True,
    )
    report(folder / "experiment", rows, failures, json=json)
