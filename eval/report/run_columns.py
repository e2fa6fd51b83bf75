"""The columns of outcomes.parquet beside each outcome, worked out from the journal and from who is blamed.

Rules kept here
- Everything comes from the journal, so the file can be deleted and made again with the same bytes.
- A run is blamed only for what it failed in. Where it failed and was not attributed, the blame is unknown.
- Evidence is lost at the first stage that none of what decides the case reached. A stage of which nothing is known is
  passed over; a right option that rests on something else does not bring the evidence back.

    write_outcomes(folder / OUTCOMES, outcomes, run_columns(journal, scored, blames))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.record.summary import code
from evitrail.eval.attribution.scene.labels import Labels
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.reviews import in_force
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.run_evidence import JournalEvidence, RunEvidence
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.run_columns import NO_FAULT, NOBODY, NOT_LOST, STAGES, RunColumns
from evitrail.eval.metrics.scored import Scored
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace


def run_columns(journal: JournalView, runs: Iterable[Scored], blames: Iterable[Blame]) -> dict[str, RunColumns]:
    """By run, what is known of it beside its outcome."""
    blamed = {(blame.run, blame.outcome): blame for blame in blames}
    met = JournalEvidence(journal)
    traces = [(run, Trace(journal, run.outcome.run)) for run in runs]
    read = [
        (run, trace, config, met.of(trace, config)) for run, trace in traces for config in [trace.config(RunConfig)]
    ]
    return {
        run.outcome.run: columns_of_run(run, trace, config, found, met, blamed) for run, trace, config, found in read
    }


def columns_of_case(case: Case) -> RunColumns:
    """All that is known of a run without a journal: what its case says."""
    return RunColumns(subspecialty=case.subspecialty, question_type=case.question_type, day=case.as_of)


def lost_at(outcome: Outcome, labels: Labels, met: RunEvidence) -> str | None:
    """The first stage that the deciding evidence did not reach; None where the case does not name what decides."""
    left = set(labels.decides)
    if not left:
        return None
    for stage, reached in zip(STAGES, (met.retrieved, met.served, met.quoted, met.supports), strict=False):
        if reached is not None:
            left &= set(reached)
        if not left:
            return stage
    return NOT_LOST if outcome.correct else "chosen"


def columns_of_run(
    run: Scored,
    trace: Trace,
    config: RunConfig,
    met: RunEvidence,
    evidence: JournalEvidence,
    blamed: Mapping[tuple[str, Kind], Blame],
) -> RunColumns:
    """What is known of one run beside its outcome, once ``evidence`` has read all runs that are listed with it.

    ``config`` is what decided it: of a fork, that of its parent.
    """
    outcome, recorded = run.outcome, run.recorded
    condition, reviews = config.condition, in_force(trace, outcome.chosen)
    blames = {kind: blamed.get((outcome.run, kind)) for kind in FAILS}
    return columns_of_case(config.case).model_copy(
        update={
            "retriever": condition.retriever or ("curated" if condition.curated else "none"),
            "seq": config.seq,
            "steps": tuple(step.path for step in trace.activities if "/" not in step.path),
            "retrieved": met.retrieved,
            "served": met.served,
            "quoted": None if met.quoted is None else tuple(sorted(met.quoted)),
            "cited_status": tuple(evidence.status(ref, config) for ref in outcome.cited),
            "cited_grade": tuple(evidence.certainty(ref, config) for ref in outcome.cited),
            "lost": lost_at(outcome, Labels(config.case), met),
            "calls": recorded.calls if recorded else None,
            "prompt_tokens": run.tokens.prompt,
            "completion_tokens": run.tokens.completion,
            "money": run.money,
            "reviewed": tuple(sorted(reviews)),
            "reviewed_by": tuple(sorted({review.by for review in reviews.values()})),
            "reblamed": tuple(kind for kind, blame in blames.items() if blame and blame.overridden),
            "blame": {kind: _blame(FAILS[kind](outcome), blame) for kind, blame in blames.items()},
            "fault": {kind: _fault(FAILS[kind](outcome), blame) for kind, blame in blames.items()},
        }
    )


def _blame(failed: bool | None, blame: Blame | None) -> tuple[str, ...] | None:
    if failed is False:
        return ()
    return None if not failed or blame is None else blame.culprit or (NOBODY,)


def _fault(failed: bool | None, blame: Blame | None) -> str | None:
    if failed is False:
        return NO_FAULT
    return None if not failed or blame is None else code(blame)
