"""Conditions of one reader beside each other, two at a time: McNemar's exact test and a paired bootstrap.

Rules kept here (items are those of the SaFE-Scale specification, section 3)
- Both conditions are scored on the questions that both answered. A difference is the second less the first, the
  baseline; the published tables have it the other way round, and so name the pairs.
- McNemar's test is exact and two-sided, on the questions that only one of the two got right. The bootstrap draws
  questions, the same for both, and its p-value is twice the smaller share of replicates on one side of 0 (item 15);
  a p of 0 means less than one in so many replicates.
- The answer is the greedy one, the majority of the samples, or their plurality. The published p-values of majorities
  are those of the plurality, which drops abstentions; the published accuracy is the majority's, which counts them.
- P-values are corrected for all tests on the same kind of answer, after Holm, and after Benjamini and Hochberg. The
  published analysis corrects nothing: that is ours.

    rows = paired_rows(answered, PUBLISHED_PAIRS)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np

from evitrail.eval.metrics import stats
from evitrail.eval.metrics.definition import PAPER, Definition, by_name
from evitrail.eval.metrics.outcome import Outcome, plurality

Pair = tuple[str, str]
"""A baseline and the condition beside it."""
Answer = Literal["greedy", "majority", "plurality"]

PUBLISHED_PAIRS: tuple[Pair, ...] = (
    ("zero_shot", "evidence_clean"),
    ("evidence_clean", "evidence_conflict"),
    ("zero_shot", "top_1"),
    ("zero_shot", "top_5"),
    ("zero_shot", "top_10"),
    ("top_10", "deep_research"),
    ("zero_shot", "deep_research"),
    ("zero_shot", "context_100k"),
    ("zero_shot", "context_max"),
    ("top_10", "context_100k"),
    ("top_10", "context_max"),
    ("context_100k", "context_max"),
)
"""The twelve of SaFE-Scale, by their published keys."""

RIGHT: dict[Answer, Callable[[Outcome], bool]] = {
    "greedy": lambda outcome: outcome.correct,
    "majority": lambda outcome: bool(outcome.majority_correct),
    "plurality": lambda outcome: plurality(outcome.ballots) == outcome.answer,
}
"""Whether each kind of answer is right; without samples the last two are wrong, as published."""

MCNEMAR = Definition(
    "mcnemar_p",
    "Exact two-sided p-value of the difference in accuracy between two conditions on the same questions.",
    "min(1, 2 * sum for i <= min(b, c) of C(b + c, i) / 2^(b + c)), with b and c the questions only one got right",
    f"McNemar (1947); {PAPER}, specification 3.15",
)
BOOTSTRAP_P = Definition(
    "bootstrap_p",
    "Two-sided p-value of the same difference by a paired bootstrap over questions.",
    "min(1, 2 * min(P(d <= 0), P(d >= 0))) over the replicates d of the difference",
    f"{PAPER}, specification 3.15 (its README; the formula of an older script)",
)
HOLM = Definition(
    "holm_p",
    "McNemar's p-value corrected so that the chance of any false finding among all tests stays below the level.",
    "max over j <= i of min(1, (m - j + 1) * p[j]), the m p-values in ascending order",
    f"Holm (1979), Scandinavian Journal of Statistics 6:65; added to {PAPER}",
)
BH = Definition(
    "bh_p",
    "McNemar's p-value corrected so that the share of false findings among all findings stays below the level.",
    "min over j >= i of min(1, m / j * p[j]), the m p-values in ascending order",
    f"Benjamini and Hochberg (1995), JRSS B 57:289; added to {PAPER}",
)
DEFINITIONS = by_name(MCNEMAR, BOOTSTRAP_P, HOLM, BH)
CORRECTIONS: dict[str, stats.Correction] = {HOLM.name: "holm", BH.name: "benjamini_hochberg"}


def paired_rows(
    answered: Mapping[str, Mapping[str, Mapping[str, Outcome]]], pairs: Iterable[Pair]
) -> list[dict[str, Any]]:
    """One row per reader, pair and kind of answer; ``answered`` is by condition, reader and case.

    A pair that a reader did not answer in both has no row; nor has a kind of answer of which there are no samples.
    """
    draws: dict[int, stats.Draws] = {}
    rows = []
    for baseline, other in pairs:
        here, there = answered.get(baseline, {}), answered.get(other, {})
        for reader in sorted(here.keys() & there.keys()):
            cases = sorted(here[reader].keys() & there[reader].keys())
            both = [(here[reader][case], there[reader][case]) for case in cases]
            if not both:
                continue
            if len(both) not in draws:
                draws[len(both)] = stats.draws(stats.bootstrap_indices(len(both)))
            for answer, right in RIGHT.items():
                if answer == "greedy" or any(a.ballots and b.ballots for a, b in both):
                    left = np.array([right(a) for a, _ in both], dtype=np.float64)
                    beside = np.array([right(b) for _, b in both], dtype=np.float64)
                    named = {"reader": reader, "answer": answer, "baseline": baseline, "other": other}
                    rows.append(named | _tested(left, beside, draws[len(both)]))
    rows.sort(key=lambda row: (row["reader"], list(RIGHT).index(row["answer"])))
    return _corrected(rows)


def _tested(left: stats.Replicates, right: stats.Replicates, draws: stats.Draws) -> dict[str, Any]:
    only = stats.discordant(left, right)
    replicates = draws @ (right - left) / len(left)
    value = float(right.mean() - left.mean())
    spread = stats.interval_with_width(stats.summarise(replicates), stats.interval_of_difference(value, len(left)))
    return {
        "n": len(left),
        "baseline_accuracy": float(left.mean()),
        "other_accuracy": float(right.mean()),
        "difference": value,
        "lo": spread and spread.lo,
        "hi": spread and spread.hi,
        "only_baseline": only.left,
        "only_other": only.right,
        MCNEMAR.name: stats.mcnemar(*only),
        BOOTSTRAP_P.name: stats.bootstrap_p(replicates),
    }


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for answer in RIGHT:
        alike = [row for row in rows if row["answer"] == answer]
        for name, method in CORRECTIONS.items():
            for row, p in zip(alike, stats.adjusted([row[MCNEMAR.name] for row in alike], method), strict=True):
                row[name] = p
    return rows
