"""On how few questions the errors rest: Gini, the share of the worst tenth, and the fewest questions for a part of all.

Rules kept here (SaFE-Scale names the concentration of harm and defines none of it: specification 3.13)
- What is counted is errors per question, over all runs that asked it. A question without an error counts as well.
- A run of which it is unknown whether it erred (no labels) is no error and no run; a question of which nothing is known
  is no question. Without any error there is nothing to concentrate, and every number is None.
- Questions are drawn in the bootstrap, with all of their runs: a question that is drawn twice stands there twice.

    found = concentration({"rad-001": 7, "rad-002": 0, "rad-003": 1})
    found.gini.value, found.fewest[0.5].value       # one question holds half of the errors
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evitrail.eval.metrics import stats
from evitrail.eval.metrics.definition import OURS, Definition, by_name
from evitrail.eval.metrics.outcome import Outcome

PARTS = (0.5, 0.8, 0.9)
TENTH = 0.1
ROUNDING = 1e-9
"""0.9 * 10 is 9.000000000000002 in some orders of work: a hair must not cost a question."""

Harm = Literal["high_risk", "unsafe", "contradicts", "wrong"]

GINI = Definition(
    "gini",
    "How unequally errors are spread over the questions: 0 where each has as many, near 1 where one has all.",
    "1 - sum over questions, fewest errors first, of (L[i-1] + L[i]) / n, with L[i] the share of errors in the first i",
    "Gini, Variabilità e mutabilità (1912); use on errors per question: evitrail's own",
)
TOP_DECILE_SHARE = Definition(
    "top_decile_share",
    "Share of the errors that lie in the tenth of the questions with most of them.",
    "errors of the ceil(n / 10) questions with most errors / all errors",
    OURS,
)
FEWEST_QUESTIONS = Definition(
    "fewest_questions",
    "Fewest questions that together hold 50, 80 and 90 % of the errors.",
    "least k for which the k questions with most errors hold at least ceil(part * all errors)",
    OURS,
)
DEFINITIONS = by_name(GINI, TOP_DECILE_SHARE, FEWEST_QUESTIONS)


class Interval95(NamedTuple):
    """A value with its 95 % bootstrap interval; None where it is unknown, or no interval has a width."""

    value: float | None
    lo: float | None = None
    hi: float | None = None


class Concentration(NamedTuple):
    """How concentrated the errors of some runs are."""

    questions: int
    errors: int
    gini: Interval95
    top_decile_share: Interval95
    fewest: Mapping[float, Interval95]
    """Per part of the errors, the fewest questions that hold it."""
    held: Mapping[float, int]
    """Per part, how many errors those questions hold."""


def errors_by_question(outcomes: Iterable[Outcome], harm: Harm = "high_risk") -> dict[str, int]:
    """Errors of one kind per question, by case; questions of which it is unknown are left out."""
    field, erred = ("correct", False) if harm == "wrong" else (harm, True)
    read = attrgetter(field)
    found: dict[str, int] = {}
    for outcome in outcomes:
        if (flag := read(outcome)) is not None:
            found[outcome.case] = found.get(outcome.case, 0) + (flag is erred)
    return dict(sorted(found.items()))


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Errors per question of several lists together."""
    found: dict[str, int] = {}
    for each in counts:
        for case, errors in each.items():
            found[case] = found.get(case, 0) + errors
    return dict(sorted(found.items()))


def concentration(
    errors: Mapping[str, int],
    parts: Sequence[float] = PARTS,
    *,
    replicates: int = stats.REPLICATES,
    seed: int = stats.SEED,
) -> Concentration:
    """Of errors per question; drawn in the order of the questions' ids."""
    counts = np.array([errors[case] for case in sorted(errors)], dtype=np.float64)
    total = int(counts.sum())
    if not total:
        unknown = Interval95(None)
        return Concentration(len(errors), 0, unknown, unknown, dict.fromkeys(parts, unknown), {})
    # Questions with equally many errors are one group: all that is asked depends on how large each group is.
    fewest_first, group = np.unique(counts, return_inverse=True)
    ranked = fewest_first[::-1]
    member = (group[:, None] == np.arange(len(ranked))[::-1]).astype(np.float64)
    once = _Ranked.of(ranked, member.sum(axis=0, keepdims=True))
    many = _Ranked.of(ranked, stats.bootstrap_draws(len(counts), replicates=replicates, seed=seed) @ member)
    worst_first = np.cumsum(-np.sort(-counts))
    return Concentration(
        questions=len(errors),
        errors=total,
        gini=_with_interval(once.gini(), many.gini()),
        top_decile_share=_with_interval(once.top_share(), many.top_share()),
        fewest={part: _with_interval(once.fewest(part), many.fewest(part)) for part in parts},
        held={part: int(worst_first[int(once.fewest(part)[0]) - 1]) for part in parts},
    )


def _with_interval(point: stats.Replicates, spread: stats.Replicates) -> Interval95:
    found = stats.interval_with_width(stats.summarise(spread), None)
    return Interval95(float(point[0]), *(found or (None, None)))


class _Ranked(NamedTuple):
    """Replicates of groups of questions, those with most errors first: one row each, one column per group."""

    counts: NDArray[np.float64]
    """Errors of one question of each group."""
    times: stats.Draws
    """How many questions of each group were drawn."""
    questions: NDArray[np.float64]
    """How many questions stand up to here."""
    errors: NDArray[np.float64]
    """How many errors they hold."""

    @classmethod
    def of(cls, counts: NDArray[np.float64], times: stats.Draws) -> _Ranked:
        return cls(counts, times, np.cumsum(times, axis=1), np.cumsum(times * counts, axis=1))

    @property
    def all_errors(self) -> stats.Replicates:
        """NaN where the replicate drew no error."""
        last: stats.Replicates = self.errors[:, -1]
        return np.where(last > 0, last, np.nan)

    def gini(self) -> stats.Replicates:
        before = self.errors - self.times * self.counts
        # The Lorenz curve worst first is the usual one turned by half a circle, so the area counts from above.
        area = (self.times * (before + self.errors)).sum(axis=1) / (self.questions[:, -1] * self.all_errors)
        return np.asarray(area - 1.0)

    def top_share(self) -> stats.Replicates:
        few = math.ceil(TENTH * self.questions[0, -1] - ROUNDING)
        return np.asarray(self._errors_in(np.full(len(self.times), float(few))) / self.all_errors)

    def fewest(self, part: float) -> stats.Replicates:
        needed = np.ceil(part * self.errors[:, -1] - ROUNDING)
        at = (self.errors >= needed[:, None]).argmax(axis=1)
        rows = np.arange(len(at))
        before = self.errors[rows, at] - self.times[rows, at] * self.counts[at]
        still = np.divide(needed - before, self.counts[at], out=np.zeros(len(at)), where=self.counts[at] > 0)
        taken = self.questions[rows, at] - self.times[rows, at] + np.ceil(still - ROUNDING)
        return np.where(np.isnan(self.all_errors), np.nan, taken)

    def _errors_in(self, few: NDArray[np.float64]) -> NDArray[np.float64]:
        """Errors in so many questions from the worst on."""
        at = (self.questions >= few[:, None]).argmax(axis=1)
        rows = np.arange(len(at))
        before_questions = self.questions[rows, at] - self.times[rows, at]
        before_errors = self.errors[rows, at] - self.times[rows, at] * self.counts[at]
        return np.asarray(before_errors + (few - before_questions) * self.counts[at])
