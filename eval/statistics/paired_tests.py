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

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

AT_ONCE = 100
"""Tests whose replicates are held at the same time."""


def _plurality_right(outcome: Outcome) -> bool:
    """Votes are counted only where the right letter has some, and no more than half of them."""
    votes, right = len(outcome.ballots), outcome.ballots.count(outcome.answer)
    return right > 0 and (2 * right > votes or plurality(outcome.ballots) == outcome.answer)


RIGHT: dict[Answer, Callable[[Outcome], bool]] = {
    "greedy": lambda outcome: outcome.correct,
    "majority": lambda outcome: bool(outcome.majority_correct),
    "plurality": _plurality_right,
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
    conditions = {condition: _scored(readers) for condition, readers in answered.items()}
    tests = [
        Test(reader, answer, baseline, other, *shared)
        for baseline, other in pairs
        if baseline in conditions and other in conditions
        for reader, answer in sorted(conditions[baseline].keys() & conditions[other].keys())
        if (shared := _shared(conditions[baseline][reader, answer], conditions[other][reader, answer]))
    ]
    tests.sort(key=lambda test: (test.reader, list(RIGHT).index(test.answer)))
    return _corrected(_tested(tests))


class Right(NamedTuple):
    """Which cases one reader got right under one condition, in the order of their ids."""

    cases: tuple[str, ...]
    flags: NDArray[np.float64]


class Test(NamedTuple):
    """Two lists of right and wrong answers to the same questions."""

    reader: str
    answer: Answer
    baseline: str
    other: str
    left: NDArray[np.float64]
    right: NDArray[np.float64]


def _scored(readers: Mapping[str, Mapping[str, Outcome]]) -> dict[tuple[str, Answer], Right]:
    found: dict[tuple[str, Answer], Right] = {}
    for reader, outcomes in readers.items():
        cases = tuple(sorted(outcomes))
        sampled = any(outcome.ballots for outcome in outcomes.values())
        for answer, right in RIGHT.items():
            if answer == "greedy" or sampled:
                found[reader, answer] = Right(cases, np.array([right(outcomes[case]) for case in cases], dtype=float))
    return found


def _shared(one: Right, other: Right) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Both on the cases that both have; None where they share none."""
    if one.cases == other.cases:
        return one.flags, other.flags
    here, there = dict(zip(*one, strict=True)), dict(zip(*other, strict=True))
    cases = [case for case in one.cases if case in there]
    return (np.array([here[c] for c in cases]), np.array([there[c] for c in cases])) if cases else None


def _tested(tests: Sequence[Test]) -> list[dict[str, Any]]:
    """A row for each; tests on equally many questions are drawn by one matrix, many at once."""
    rows: dict[int, dict[str, Any]] = {}
    for n in {len(test.left) for test in tests}:
        alike = [place for place, test in enumerate(tests) if len(test.left) == n]
        for begin in range(0, len(alike), AT_ONCE):
            places = alike[begin : begin + AT_ONCE]
            changes = np.array([tests[place].right - tests[place].left for place in places])
            replicates = changes @ stats.bootstrap_draws(n).T / n
            for place, drawn, spread in zip(places, replicates, stats.intervals(list(replicates)), strict=True):
                rows[place] = _row(tests[place], drawn, spread)
    return [rows[place] for place in range(len(tests))]


def _row(test: Test, replicates: NDArray[np.float64], spread: stats.Interval | None) -> dict[str, Any]:
    only = stats.discordant(test.left, test.right)
    value = float(test.right.mean() - test.left.mean())
    interval = spread or stats.interval_of_difference(value, len(test.left))
    return {
        "reader": test.reader,
        "answer": test.answer,
        "baseline": test.baseline,
        "other": test.other,
        "n": len(test.left),
        "baseline_accuracy": float(test.left.mean()),
        "other_accuracy": float(test.right.mean()),
        "difference": value,
        "lo": interval.lo,
        "hi": interval.hi,
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
