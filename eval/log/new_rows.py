"""The rows of runs that ended after the results were written last: what is known of each before blame is.

Rules kept here
- A row has the columns of outcomes.parquet, and ``text``, the words of the question as they may be shown. The outcome
  is scored from the run's own record, as it will be in the results; what is worked out of many runs, or by running
  again (blame of a failure, evidence, cost), is None: unknown.
- A run that answered in free text, was skipped or was redacted has no row there, and none here.
- Re-checks are made of finished experiments, so none is looked for.

    new_row(journal, "standard.radiology-003")["correct"]
"""

from __future__ import annotations

from typing import Any

from evitrail.agent.model import Answer
from evitrail.eval.attribution.blame import FAILS
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import reviewed_outcome
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.run_columns import NO_FAULT, RunColumns
from evitrail.eval.report.questions_file import text_of
from evitrail.traces.journal.errors import Redacted
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace


def new_row(journal: JournalView, run: str) -> dict[str, Any] | None:
    """The row of a run that ended; None where it has none. Raises ``JournalError`` where its record is damaged."""
    trace = Trace(journal, run)
    try:
        answer = trace.output(Answer)
        if answer is None or answer.skipped:
            return None
        outcome, config = reviewed_outcome(trace, answer), trace.config(RunConfig)
    except Redacted:
        return None
    return outcome.model_dump() | _known(outcome, config).row() | {"text": text_of(config.case.covered)}


def _known(outcome: Outcome, config: RunConfig) -> RunColumns:
    """What is known beside the outcome: the case, the condition, and that nobody is blamed where nothing failed."""
    case, condition = config.case, config.condition
    sound = [kind for kind, failed in FAILS.items() if failed(outcome) is False]
    return RunColumns(
        subspecialty=case.subspecialty,
        question_type=case.question_type,
        day=case.as_of,
        retriever=condition.retriever or ("curated" if condition.curated else "none"),
        seq=config.seq,
        blame=dict.fromkeys(sound, ()),
        fault=dict.fromkeys(sound, NO_FAULT),
    )
