"""Metrics of answers in free text: shares of claims by their verdict, with intervals over answers.

Rules kept here
- A claim that was not judged is in no numerator and no denominator, and is counted beside them. Where no claim is left
  the value is None.
- Claims of one answer stand or fall together, so whole answers are drawn: the interval is a bootstrap over answers, and
  Wilson's over claims where all draws agree.
- All of these are evitrail's own; the published measurements have no answers in free text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from evitrail.agent.claims.values import VERDICTS
from evitrail.eval.claims.judged_answer import ClaimResult, JudgedAnswer
from evitrail.eval.metrics.definition import OURS, Definition, by_name
from evitrail.eval.metrics.stats import bootstrap_draws, interval_of_share, interval_with_width, summarise
from evitrail.traces.record import Record

CLAIM_METRICS = by_name(
    Definition(
        "supported_claims",
        "Share of claims that evidence in force on the day says.",
        "claims judged supported / claims judged",
        OURS,
    ),
    Definition(
        "outdated_claims",
        "Share of claims that only evidence says which was not in force on the day.",
        "claims judged outdated / claims judged",
        OURS,
    ),
    Definition(
        "contradicted_claims",
        "Share of claims that evidence in force on the day contradicts.",
        "claims judged contradicted / claims judged",
        OURS,
    ),
    Definition(
        "unsupported_claims",
        "Share of claims that nothing served says, nor anything that a search of the store finds.",
        "claims judged unsupported / claims judged",
        OURS,
    ),
    Definition(
        "grounded_claims",
        "Share of claims that something served says, in force or not.",
        "claims that a served passage says / claims of which it is known",
        OURS,
    ),
    Definition(
        "fully_supported_answers",
        "Share of answers all of whose claims are supported.",
        "answers with every claim supported / answers with a claim, all of them judged",
        OURS,
    ),
)
"""In the order that tables show them."""


class ClaimShare(Record):
    """One metric of one condition."""

    value: float | None
    lo: float | None
    hi: float | None
    n: int
    """Claims, or answers, that it is a share of."""


class ClaimRow(Record):
    """The metrics of one condition."""

    condition: str
    answers: int
    claims: int
    unjudged: int
    metrics: dict[str, ClaimShare]


def claim_rows(answers: Iterable[JudgedAnswer]) -> list[ClaimRow]:
    """A row for each condition, in the order they first come."""
    by_condition: dict[str, list[JudgedAnswer]] = {}
    for one in answers:
        by_condition.setdefault(one.condition, []).append(one)
    return [_row(condition, of) for condition, of in by_condition.items()]


def _row(condition: str, answers: Sequence[JudgedAnswer]) -> ClaimRow:
    ordered = sorted(answers, key=lambda one: (one.case, one.run))
    metrics = {f"{verdict}_claims": _share(ordered, _has(verdict)) for verdict in VERDICTS}
    metrics["grounded_claims"] = _share(ordered, lambda claim: claim.grounded)
    metrics["fully_supported_answers"] = _of([_fully(one) for one in ordered])
    claims = [claim for one in ordered for claim in one.claims]
    return ClaimRow(
        condition=condition,
        answers=len(ordered),
        claims=len(claims),
        unjudged=sum(claim.verdict is None for claim in claims),
        metrics=metrics,
    )


def _has(verdict: str) -> Callable[[ClaimResult], bool | None]:
    return lambda claim: None if claim.verdict is None else claim.verdict == verdict


def _share(answers: Sequence[JudgedAnswer], counts: Callable[[ClaimResult], bool | None]) -> ClaimShare:
    return _of([[known for claim in one.claims if (known := counts(claim)) is not None] for one in answers])


def _fully(answer: JudgedAnswer) -> list[bool]:
    verdicts = [claim.verdict for claim in answer.claims]
    return [] if not verdicts or None in verdicts else [all(verdict == "supported" for verdict in verdicts)]


def _of(answers: Sequence[Sequence[bool]]) -> ClaimShare:
    """The share of what holds, over all that the answers hold; whole answers are drawn."""
    known = [one for one in answers if one]
    if not known:
        return ClaimShare(value=None, lo=None, hi=None, n=0)
    held, of = np.array([sum(one) for one in known], float), np.array([len(one) for one in known], float)
    value, n = float(held.sum() / of.sum()), int(of.sum())
    drawn = bootstrap_draws(len(known))
    interval = interval_with_width(summarise((drawn @ held) / (drawn @ of)), interval_of_share(value, n))
    assert interval is not None  # the other interval always has a width
    return ClaimShare(value=value, lo=interval.lo, hi=interval.hi, n=n)
