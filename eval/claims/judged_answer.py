"""An answer in free text with its judged claims and whom each is blamed on, as it is shown and written to files.

Rules kept here
- Of a case with patient data the texts of the answer and its claims are not shown. Verdicts, offsets, evidence and
  blame are.
"""

from __future__ import annotations

from typing import NamedTuple

from evitrail.agent.claims.values import ClaimEvidence, ClaimSource, ClaimVerdict, JudgedClaim
from evitrail.agent.model import Question
from evitrail.eval.claims.claim_blame import AnswerSteps, ClaimBlame, blame_claim
from evitrail.eval.dataset.case import COVER, Case
from evitrail.traces.record import Record


class ClaimResult(Record):
    """One claim of an answer, judged and blamed."""

    text: str
    start: int
    end: int
    verdict: ClaimVerdict | None
    reason: str
    grounded: bool | None
    sources: tuple[ClaimSource, ...]
    blame: ClaimBlame | None
    """None for a claim that is supported."""
    by: str


class JudgedAnswer(Record):
    """One answer."""

    run: str
    """The run that gave it, or file and line where it stands."""
    case: str
    condition: str
    """The condition it was given under, or the system that gave it."""
    text: str
    claims: tuple[ClaimResult, ...]


class BearingClaim(NamedTuple):
    """A judged claim with the evidence that its judge saw."""

    judged: JudgedClaim
    evidence: ClaimEvidence


def judged_answer(
    run: str, case: Case, condition: str, text: str, claims: list[BearingClaim], steps: AnswerSteps
) -> JudgedAnswer:
    """The answer with its claims blamed, and covered where its case holds patient data."""
    covered = bool(case.sensitive)
    return JudgedAnswer(
        run=run,
        case=case.id,
        condition=condition,
        text=COVER if covered else text,
        claims=tuple(_result(one, steps, case, covered) for one in claims),
    )


def _result(one: BearingClaim, steps: AnswerSteps, case: Case, covered: bool) -> ClaimResult:
    judged, claim = one.judged, one.judged.claim
    return ClaimResult(
        text=COVER if covered else claim.text,
        start=claim.start,
        end=claim.end,
        verdict=judged.verdict,
        reason=judged.reason,
        grounded=judged.grounded,
        sources=judged.sources,
        blame=blame_claim(judged, one.evidence, steps, case.clean_evidence),
        by=judged.by,
    )


def open_question(case: Case) -> Question:
    """The question as it is put to who answers in free text: without options."""
    return case.question.model_copy(update={"options": {}})
