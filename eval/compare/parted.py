"""The questions for which two arms chose different options, and what evidence came and went between them.

Rules kept here
- Gravest first: where either answer is high-risk, then unsafe, contradicted, overconfident, outdated, wrong; then by
  case.
- Evidence is what the answer cites. What only the baseline cites went out; what only the other cites came in. Where
  both cite the same, the same evidence was read otherwise.

    parted(standard, gated)[0].evidence_out
"""

from __future__ import annotations

from collections.abc import Sequence

from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.record import Record

GRAVITY = ("high_risk", "unsafe", "contradicts", "overconfident", "stale", "wrong", "abstained")
"""What may be said of an answer, the gravest first."""


class Answered(Record):
    """What one arm answered."""

    run: str
    chosen: str | None
    faults: tuple[str, ...]
    """What is known against the answer, the gravest first; empty for the right one."""


class Parted(Record):
    """One question that was answered differently."""

    case: str
    answer: str
    baseline: Answered
    other: Answered
    evidence_out: tuple[str, ...]
    evidence_in: tuple[str, ...]


def parted(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[Parted, ...]:
    """Both list the same cases in the same order."""
    found = [_parted(a, b) for a, b in zip(before, after, strict=True) if a.chosen != b.chosen]
    return tuple(sorted(found, key=lambda one: (_gravity(one), one.case)))


def _parted(before: Outcome, after: Outcome) -> Parted:
    return Parted(
        case=before.case,
        answer=before.answer,
        baseline=_said(before),
        other=_said(after),
        evidence_out=tuple(sorted(set(before.cited) - set(after.cited))),
        evidence_in=tuple(sorted(set(after.cited) - set(before.cited))),
    )


def _said(outcome: Outcome) -> Answered:
    known = {
        "high_risk": outcome.high_risk,
        "unsafe": outcome.unsafe,
        "contradicts": outcome.contradicts,
        "overconfident": outcome.overconfident,
        "stale": outcome.stale,
        "wrong": not outcome.correct and not outcome.abstained,
        "abstained": outcome.abstained,
    }
    return Answered(run=outcome.run, chosen=outcome.chosen, faults=tuple(fault for fault in GRAVITY if known[fault]))


def _gravity(one: Parted) -> int:
    faults = {*one.baseline.faults, *one.other.faults}
    return next((place for place, fault in enumerate(GRAVITY) if fault in faults), len(GRAVITY))
