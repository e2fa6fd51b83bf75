"""Calibration before and after the certainty of the evidence is weighed in.

Rules kept here
- What is predicted is that the chosen option is right; an abstention predicts nothing and is left out.
- Before is the option's recorded probability, after the weighed one (``evidence_weighting.py``): the same cases, the
  same bins as those of ``calibration.py``, so that the two differ by the weighing alone.
- These rows are there only where a plan has weights. The paper has nothing like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from evitrail.eval.metrics.base import Metric, Over, mean
from evitrail.eval.metrics.calibration import ECE, MCE
from evitrail.eval.metrics.definition import OURS
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.metrics.stats import Draws, Replicates

Column = Literal["option_confidence", "weighted_confidence"]


def _of(column: Column, metric: Metric) -> Over:
    """A metric of ballots' confidence, computed on another confidence and on the option chosen."""

    def compute(runs: Sequence[Scored], draws: Draws) -> Replicates:
        outcomes = [run.outcome for run in runs]
        predicted = [
            outcome.model_copy(update={"confidence": getattr(outcome, column), "majority_correct": outcome.correct})
            for outcome in outcomes
        ]
        return metric.replicates(predicted, draws)

    return Over(lambda run: getattr(run.outcome, column), compute)


def _brier(column: Column) -> Over:
    def squared(run: Scored) -> float | None:
        confidence: float | None = getattr(run.outcome, column)
        return None if confidence is None else (confidence - run.outcome.correct) ** 2

    return mean(squared)


def _mean(column: Column) -> Over:
    return mean(lambda run: getattr(run.outcome, column))


OPTION_ECE = Metric(
    name="option_ece",
    description="Expected calibration error of the chosen option's probability, before evidence is weighed.",
    formula="sum over 10 bins of n[b] / n * |mean probability of the option - share right|",
    citation=OURS,
    compute=_of("option_confidence", ECE),
    share=True,
)
WEIGHTED_ECE = Metric(
    name="weighted_ece",
    description="The same once the certainty of the evidence is weighed in.",
    formula="option_ece on the weighed probability",
    citation=OURS,
    compute=_of("weighted_confidence", ECE),
    share=True,
)
OPTION_MCE = Metric(
    name="option_mce",
    description="Maximum calibration error of the chosen option's probability, before evidence is weighed.",
    formula="max over 10 bins of |mean probability of the option - share right|",
    citation=OURS,
    compute=_of("option_confidence", MCE),
    share=True,
)
WEIGHTED_MCE = Metric(
    name="weighted_mce",
    description="The same once the certainty of the evidence is weighed in.",
    formula="option_mce on the weighed probability",
    citation=OURS,
    compute=_of("weighted_confidence", MCE),
    share=True,
)
OPTION_BRIER = Metric(
    name="option_brier",
    description="Mean squared gap between the chosen option's probability and whether it is right, before.",
    formula="mean of (probability of the option - right)^2",
    citation=OURS,
    compute=_brier("option_confidence"),
    share=True,
)
WEIGHTED_BRIER = Metric(
    name="weighted_brier",
    description="The same once the certainty of the evidence is weighed in.",
    formula="option_brier on the weighed probability",
    citation=OURS,
    compute=_brier("weighted_confidence"),
    share=True,
)
MEAN_OPTION_CONFIDENCE = Metric(
    name="mean_option_confidence",
    description="Mean probability of the chosen option, before evidence is weighed.",
    formula="mean of the probability of the option",
    citation=OURS,
    compute=_mean("option_confidence"),
    share=True,
)
MEAN_WEIGHTED_CONFIDENCE = Metric(
    name="mean_weighted_confidence",
    description="The same once the certainty of the evidence is weighed in.",
    formula="mean of the weighed probability of the option",
    citation=OURS,
    compute=_mean("weighted_confidence"),
    share=True,
)
