"""Runs that answered in free text, as `evitrail trace` lists and shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evitrail.workbench.cli.console import print_json, print_table, say
from evitrail.workbench.cli.folder import say_recorded

if TYPE_CHECKING:
    from evitrail.eval.claims.judged_answer import JudgedAnswer
    from evitrail.eval.report.run_list import ListedRun
    from evitrail.traces import Trace
    from evitrail.traces.journal.view import JournalView


def open_rows(journal: JournalView, own: Iterable[ListedRun], condition: str | None) -> list[dict[str, Any]]:
    """How many claims of each verdict the runs have that answered in free text."""
    without = [run for run in own if run.outcome is None]
    if not without:
        return []
    from evitrail.agent.claims.values import VERDICTS
    from evitrail.eval.claims.recorded_claims import claims_of
    from evitrail.traces.trace import Trace

    rows: list[dict[str, Any]] = []
    for run in without:
        answered = claims_of(Trace(journal, run.run))
        if answered is None or (condition is not None and answered.condition.partition("@")[0] != condition):
            continue
        of = Counter(claim.verdict for claim in answered.claims)
        counts: dict[str, int] = {verdict: of[verdict] for verdict in VERDICTS}
        rows.append({"run": run.run, "claims": len(answered.claims), **counts, "unjudged": of[None]})
    return rows


def list_open(folder: Path, rows: list[dict[str, Any]]) -> None:
    """A line for each run that answered in free text."""
    columns = tuple(rows[0])
    print_table(f"{len(rows)} runs in {folder} answered in free text", columns, [tuple(row.values()) for row in rows])


def show_open(folder: Path, trace: Trace, answered: JudgedAnswer, *, json: bool) -> None:
    """An answer in free text, each claim with its verdict, what it is tied to, and who is blamed."""
    from evitrail.eval.log.run_config import RunConfig
    from evitrail.workbench.cli.experiment.claims import show_claim

    case, steps = trace.config(RunConfig).case.covered, [step.path for step in trace.activities]
    if json:
        told = answered.model_dump(mode="json")
        print_json({"folder": str(folder), **told, "stem": case.stem, "steps": steps})
        return
    say(trace.run, style="bold")
    say(case.stem)
    say(f"\n{answered.text or 'no answer was given'}", indent=1)
    for claim in answered.claims:
        show_claim(claim)
    say(f"\nsteps: {' → '.join(steps)}")
    say_recorded(folder, trace)
