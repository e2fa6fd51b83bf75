"""Arms compared with a baseline, question by question: each metric's difference, its interval, and an exact test.

Rules kept here
- A difference is the other arm less the baseline, both on the questions that both answered. Its interval is of the
  difference: question by question, in the same bootstrap draws (SaFE-Scale, section 3, item 14).
- Each metric is a share of questions, so the test is McNemar's, exact and two-sided, on the questions of which only
  one of the two is counted (item 15). A question that is not labelled in one of them is in neither number.
- Beside it stands the p-value of a paired bootstrap, which draws the same questions for both (item 15).
- ``p_adjusted`` is corrected for all tests of the table together, by Holm's method or that of Benjamini and Hochberg.
  The published analysis corrects nothing; this is ours.
- What is unknown in one of the two has no difference and no test.

    found = compared(arms(folder, ["standard", "gated"]))
    found.pairs[0].metrics["accuracy"].difference, found.pairs[0].metrics["accuracy"].p_adjusted
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evitrail.eval.compare.arm import Arm
from evitrail.eval.compare.parted import Parted, parted
from evitrail.eval.compare.setting import differing_settings
from evitrail.eval.metrics import METRICS, stats
from evitrail.eval.metrics.difference import difference
from evitrail.eval.metrics.scored import Scored, as_scored
from evitrail.eval.metrics.stats import Correction
from evitrail.eval.report.findings import shared_outcomes
from evitrail.eval.report.profile import COLUMNS, Column
from evitrail.traces.record import Record


class ComparedMetric(Record):
    """One metric of the baseline and of another arm."""

    baseline: float | None
    other: float | None
    difference: float | None
    """The other less the baseline."""
    lo: float | None
    hi: float | None
    """Ends of the difference's 95 % interval; None where none can be given."""
    n: int
    """Questions of which the metric speaks in both."""
    only_baseline: int | None
    """Questions that count for this metric in the baseline only."""
    only_other: int | None
    p: float | None
    """McNemar's exact two-sided p-value."""
    p_adjusted: float | None
    """The same, corrected for all tests of the comparison."""
    p_bootstrap: float | None = None
    """Two-sided p-value of the difference in the bootstrap of its interval; 0 is less than one in 1,000."""


class Pair(Record):
    """One arm beside the baseline."""

    other: str
    cases: int
    """Questions that both answered."""
    baseline_cases: int
    """Questions that the baseline answered."""
    other_cases: int
    moved: int
    """Questions for which they chose different options."""
    overridden: int
    """Questions of which a reviewer overrode a label in one of the two."""
    differs_in: tuple[str, ...]
    """What is set differently: more than one of these, and the difference cannot be put down to one of them."""
    metrics: dict[str, ComparedMetric]
    parted: tuple[Parted, ...]
    """The questions for which they chose different options, gravest first."""


class Comparison(Record):
    """A baseline, and every other arm beside it."""

    baseline: str
    correction: Correction
    tests: int
    """Tests that p-values are corrected for."""
    pairs: tuple[Pair, ...]


def compared(arms: Sequence[Arm], correction: Correction = "holm") -> Comparison:
    """Every arm beside the first; raises ``ValueError`` where one shares no question with it."""
    baseline, *others = arms
    pairs = [_pair(baseline, other) for other in others]
    known = [(pair, name) for pair in pairs for name, metric in pair.metrics.items() if metric.p is not None]
    corrected = stats.adjusted([pair.metrics[name].p or 0.0 for pair, name in known], correction)
    by_place = {(pair.other, name): p for (pair, name), p in zip(known, corrected, strict=True)}

    def with_adjusted(pair: Pair) -> Pair:
        metrics = {
            name: metric.model_copy(update={"p_adjusted": by_place.get((pair.other, name))})
            for name, metric in pair.metrics.items()
        }
        return pair.model_copy(update={"metrics": metrics})

    return Comparison(
        baseline=baseline.label,
        correction=correction,
        tests=len(known),
        pairs=tuple(with_adjusted(pair) for pair in pairs),
    )


def _pair(baseline: Arm, other: Arm) -> Pair:
    before, after = shared_outcomes(baseline.profile, other.profile)
    if not before:
        raise ValueError(f"expected questions that both answered, {baseline.label!r} and {other.label!r} share none")
    found, scored = parted(before, after), (as_scored(before), as_scored(after))
    return Pair(
        other=other.label,
        cases=len(before),
        baseline_cases=len(baseline.profile.outcomes),
        other_cases=len(other.profile.outcomes),
        moved=len(found),
        overridden=len({one.case for one in (*before, *after) if one.relabelled}),
        differs_in=differing_settings(before, after),
        metrics={column.metric: _metric(column, *scored) for column in COLUMNS},
        parted=found,
    )


def _metric(column: Column, before: Sequence[Scored], after: Sequence[Scored]) -> ComparedMetric:
    metric = METRICS[column.metric]
    found = difference(metric, after, before)
    said = _counted(column, before, after)
    return ComparedMetric(
        baseline=metric.value(before),
        other=metric.value(after),
        difference=found and found.value,
        lo=found and found.lo,
        hi=found and found.hi,
        n=found.n if found else 0,
        only_baseline=said and said.left,
        only_other=said and said.right,
        p=said and stats.mcnemar(*said),
        p_adjusted=None,
        p_bootstrap=found and found.p,
    )


def _counted(column: Column, before: Sequence[Scored], after: Sequence[Scored]) -> stats.Discordant | None:
    """How many questions only one of the two counts; None where none is labelled in both."""
    both = zip(before, after, strict=True)
    flags = [(getattr(a.outcome, column.flag), getattr(b.outcome, column.flag)) for a, b in both]
    known = [pair for pair in flags if None not in pair]
    return stats.discordant(*zip(*known, strict=True)) if known else None


def by_metric(comparison: Comparison) -> Mapping[str, Sequence[tuple[Pair, ComparedMetric]]]:
    """The same, metric by metric."""
    return {column.metric: [(pair, pair.metrics[column.metric]) for pair in comparison.pairs] for column in COLUMNS}
