"""The answers in free text of an experiment's runs, read back from its journal with their judged claims.

Rules kept here
- What a judge saw and said is on record (steps ``gather`` and ``judge``), so nothing is searched or embedded again.
  Another judge can be put to the same claims and evidence; its verdicts are shown, and not recorded.
- Forks, redacted runs, runs of other systems and skipped questions are not among them.

    with Journals.open(folder) as journal:
        recorded_claims(journal)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from evitrail.agent.claims.values import ClaimEvidence, JudgedClaim
from evitrail.agent.model import OpenAnswer
from evitrail.eval.claims.claim_blame import AnswerSteps
from evitrail.eval.claims.judged_answer import BearingClaim, JudgedAnswer, judged_answer
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import traces
from evitrail.eval.plan.run_name import ReadCondition
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

if TYPE_CHECKING:
    from evitrail.agent.claims.judge import ClaimJudge

CLAIMS = "claims.jsonl"
"""Where an experiment's folder has the judged answers, one a line, if any run answered in free text."""


def answers_in(folder: Path) -> list[JudgedAnswer]:
    """The judged answers as the folder's results have them; none where no run answered in free text."""
    file = folder / CLAIMS
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [JudgedAnswer.model_validate_json(line) for line in lines]


def recorded_claims(journal: JournalView, judge: ClaimJudge | None = None) -> list[JudgedAnswer]:
    """Every answer in free text, by run; judged again by ``judge`` where one is given."""
    return [found for trace in traces(journal) if (found := claims_of(trace, judge))]


def claims_of(trace: Trace, judge: ClaimJudge | None = None) -> JudgedAnswer | None:
    """The answer of one run; None where it did not answer in free text."""
    said = trace.output(OpenAnswer)
    if said is None or said.skipped:
        return None
    config, search, write = trace.config(RunConfig), trace.last("retrieve"), trace.last("write")
    steps = AnswerSteps(search.path if search else None, write.path if write else "write")
    claims = list(_judged(trace, config.case, judge))
    name = str(ReadCondition.of(trace.run, config.condition.name))
    return judged_answer(trace.run, config.case, name, said.text, claims, steps)


def resting_on(journal: JournalView, ref: str) -> Iterator[tuple[JudgedAnswer, int]]:
    """Every answer with a claim that a served passage of that evidence version says, and how many such claims."""
    for answer in recorded_claims(journal):
        said = [
            any(one.evidence == ref and one.served and one.stance == "supports" for one in claim.sources)
            for claim in answer.claims
        ]
        if any(said):
            yield answer, sum(said)


def _judged(trace: Trace, case: Case, judge: ClaimJudge | None) -> Iterator[BearingClaim]:
    for step in trace.activities:
        if step.kind != "judge" or "/" in step.path:
            continue
        given = {one.role: one.id for one in step.inputs}
        judged = trace.get(step.output, JudgedClaim)
        evidence = trace.get(given["evidence"], ClaimEvidence)
        if judge is not None:
            judged = judge.judge(case.question, judged.claim, evidence)
        yield BearingClaim(judged=judged, evidence=evidence)
