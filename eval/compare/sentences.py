"""A comparison in sentences: which condition is right or does harm where the other does not, and what limits this.

Rules kept here
- Counted are the questions that only one of the two counts, beside McNemar's exact p-value of just these.
- A metric that is labelled in neither has no sentence.
- A caution says why a difference may not be due to the condition alone: more than one setting differs, or not
  every question was answered by both.

    summary(pair, "standard", "gated")
    # ("Of 92 questions, gated is right in 34 where standard is not, and standard in 1 where gated is not (exact …",)
"""

from __future__ import annotations

from evitrail.eval.compare.comparison import ComparedMetric, Pair
from evitrail.eval.compare.words import p_value

CLAUSES = {
    "accuracy": ("is right", "is not"),
    "high_risk_rate": ("chose a high-risk option", "did not"),
}
"""By metric, the clause for a condition that counts for it, and for one that does not."""


def summary(pair: Pair, baseline: str, other: str) -> tuple[str, ...]:
    """A sentence for each metric that the summary speaks of; the names are what the two are called."""
    return tuple(
        _sentence(pair.metrics[metric], does, does_not, baseline, other)
        for metric, (does, does_not) in CLAUSES.items()
        if pair.metrics[metric].p is not None
    )


def cautions(pair: Pair, baseline: str, other: str) -> tuple[str, ...]:
    """Why a difference may not be due to the condition alone."""
    found = []
    if len(pair.differs_in) > 1:
        settings = ", ".join(pair.differs_in)
        found.append(f"{baseline} and {other} differ in {settings}: a difference may be due to any of them")
    if not pair.cases == pair.baseline_cases == pair.other_cases:
        answered = f"{baseline} answered {_questions(pair.baseline_cases)}, {other} {pair.other_cases}"
        found.append(f"{answered}: they are compared on the {pair.cases} that both answered")
    return tuple(found)


def _sentence(metric: ComparedMetric, does: str, does_not: str, baseline: str, other: str) -> str:
    if not metric.only_baseline and not metric.only_other:
        return f"Of {_questions(metric.n)}, {other} {does} in the same ones as {baseline}."
    counts = (
        f"{other} {does} in {metric.only_other} where {baseline} {does_not}, "
        f"and {baseline} in {metric.only_baseline} where {other} {does_not}"
    )
    return f"Of {_questions(metric.n)}, {counts} (exact McNemar {_p(metric.p)}, adjusted {_p(metric.p_adjusted)})."


def _questions(number: int) -> str:
    return f"{number} question{'' if number == 1 else 's'}"


def _p(p: float | None) -> str:
    """``p = 0.0063``, or ``p < 0.0001``."""
    said = p_value(p) or "not known"
    return f"p < {said[1:]}" if said.startswith("<") else f"p = {said}"
