"""An experiment's results, rebuilt from its journal: outcomes, timings, metrics, cost, blame, the report.

Rules kept here
- The journal is the only truth. Every file here can be deleted and made again, with the same bytes.
- A clock decides ``timings.parquet`` and the latency in ``cost.json``, and the journal keeps it. All other files
  are the same for equal seeds.
- A file is replaced whole or not at all.
- ``mismatches.jsonl`` is there where words were checked: the answers that a person should look at.
- ``claims.jsonl`` is there where a run answered in free text: each answer with its claims, judged and blamed.
- No file here holds the text of a sensitive case. A redacted run is left out of all of them, and counted.

    write_results(folder)
"""

from __future__ import annotations

from pathlib import Path

from evitrail.eval.attribution.blame_record import blames
from evitrail.eval.claims.recorded_claims import CLAIMS, recorded_claims
from evitrail.eval.log.mismatches import MISMATCHES, mismatches
from evitrail.eval.log.runs import cases, newer_runs, outcomes, redacted, traces
from evitrail.eval.log.scored_runs import scored_runs
from evitrail.eval.metrics.evidence_weighting import weighted
from evitrail.eval.metrics.outcomes_file import OUTCOMES, write_outcomes
from evitrail.eval.metrics.table import cost_rows, metric_rows
from evitrail.eval.plan.plan import PLAN, read_plan
from evitrail.eval.report import render
from evitrail.eval.report.blame_shares_file import ATTRIBUTION, BLAME_SHARES, blame_share_rows
from evitrail.eval.report.files import write_json, write_records
from evitrail.eval.report.questions_file import QUESTIONS, write_questions
from evitrail.eval.report.run_columns import run_columns
from evitrail.eval.report.run_list import keep_run_list
from evitrail.eval.report.timings_file import write_timings
from evitrail.traces.audit.seal import sealed_root
from evitrail.traces.journal.folder import Journals
from evitrail.traces.whole_file import replace_text


def write_results(folder: Path) -> list[dict[str, object]]:
    """Rebuild every derived file of an experiment's folder; returns the rows of metrics.json."""
    with Journals.open(folder) as journal:
        plan = read_plan(folder / PLAN) if (folder / PLAN).exists() else None
        scored = weighted(outcomes(journal), journal, plan.confidence_weights if plan else None)
        blamed, shown = blames(journal), {key: case.covered for key, case in cases(journal).items()}
        runs = scored_runs(scored, journal, shown, plan)
        rows = metric_rows(runs)
        write_outcomes(folder / OUTCOMES, scored, run_columns(journal, runs, blamed))
        write_questions(folder / QUESTIONS, shown.values())
        write_timings(folder / "timings.parquet", traces(journal))
        write_json(folder / "metrics.json", rows)
        write_json(folder / "cost.json", cost_rows(runs))
        write_json(folder / ATTRIBUTION, [blame.model_dump(mode="json") for blame in blamed])
        write_json(folder / BLAME_SHARES, blame_share_rows(scored, blamed))
        if (queue := mismatches(journal)) is not None:
            replace_text(folder / MISMATCHES, "".join(f"{row.model_dump_json()}\n" for row in queue))
        if answered := recorded_claims(journal):
            write_records(folder / CLAIMS, answered)
        page = render(
            title=folder.name,
            outcomes=scored,
            rows=rows,
            blames=blamed,
            cases=shown,
            root=sealed_root(journal),
            redacted=len(redacted(journal)),
            newer=len(newer_runs(journal)),
            answered_openly=len(answered),
        )
        replace_text(folder / "report.html", page)
    keep_run_list(folder)
    return rows
