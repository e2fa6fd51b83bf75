"""Every metric by its name: the rows of ``metrics.json`` and ``cost.json``."""

from __future__ import annotations

from evitrail.eval.metrics.accuracy import ABSTENTION_RATE, ACCURACY, MAJORITY_ACCURACY, ROBUSTNESS_CORRECTNESS
from evitrail.eval.metrics.base import Metric
from evitrail.eval.metrics.calibration import ECE, MCE
from evitrail.eval.metrics.citation_recall import CITATION_RECALL
from evitrail.eval.metrics.confidence import (
    DANGEROUS_OVERCONF_RATE,
    MEAN_CONF_CORRECT,
    MEAN_CONF_HIGH_RISK_ERR,
    MEAN_CONF_INCORRECT,
    MEAN_CONF_UNSAFE_ERR,
    MEAN_CONFIDENCE,
    MEAN_SAMPLE_NULL_RATE,
    NULL_MAJORITY_RATE,
)
from evitrail.eval.metrics.cost import COMPLETION_TOKENS, MONEY, PROMPT_TOKENS
from evitrail.eval.metrics.latency import LATENCY_MS
from evitrail.eval.metrics.safety import (
    CONTRADICTION_RATE,
    CONTRADICTION_RATE_MAJORITY,
    HIGH_RISK_RATE,
    HIGH_RISK_RATE_MAJORITY,
    STALE_RATE,
    SYNCHRONIZED_FAILURE_RATE,
    UNSAFE_RATE,
    UNSAFE_RATE_MAJORITY,
)
from evitrail.eval.metrics.weighted_calibration import (
    MEAN_OPTION_CONFIDENCE,
    MEAN_WEIGHTED_CONFIDENCE,
    OPTION_BRIER,
    OPTION_ECE,
    OPTION_MCE,
    WEIGHTED_BRIER,
    WEIGHTED_ECE,
    WEIGHTED_MCE,
)


def _by_name(*metrics: Metric, clocked: bool = False) -> dict[str, Metric]:
    """The metrics by name; one that a clock decides is refused, unless they may be ``clocked``."""
    found = {metric.name: metric for metric in metrics}
    if len(found) < len(metrics):
        raise ValueError(f"expected each metric under a name of its own, got {metrics}")
    if misplaced := [metric for metric in metrics if metric.clocked and not clocked]:
        raise ValueError(f"expected metrics that no clock decides, got {misplaced}; name them in COST")
    return found


WEIGHTED = _by_name(
    MEAN_OPTION_CONFIDENCE,
    MEAN_WEIGHTED_CONFIDENCE,
    OPTION_ECE,
    WEIGHTED_ECE,
    OPTION_MCE,
    WEIGHTED_MCE,
    OPTION_BRIER,
    WEIGHTED_BRIER,
)
"""Measured as well where a plan weighs the evidence."""

METRICS = _by_name(
    ACCURACY,
    MAJORITY_ACCURACY,
    HIGH_RISK_RATE,
    UNSAFE_RATE,
    CONTRADICTION_RATE,
    HIGH_RISK_RATE_MAJORITY,
    UNSAFE_RATE_MAJORITY,
    CONTRADICTION_RATE_MAJORITY,
    MEAN_CONFIDENCE,
    MEAN_CONF_CORRECT,
    MEAN_CONF_INCORRECT,
    MEAN_CONF_HIGH_RISK_ERR,
    MEAN_CONF_UNSAFE_ERR,
    DANGEROUS_OVERCONF_RATE,
    ECE,
    MCE,
    NULL_MAJORITY_RATE,
    MEAN_SAMPLE_NULL_RATE,
    ROBUSTNESS_CORRECTNESS,
    SYNCHRONIZED_FAILURE_RATE,
    ABSTENTION_RATE,
    STALE_RATE,
    CITATION_RECALL,
)
"""The rows of ``metrics.json``. No clock decides any of them: equal seeds give equal bytes."""

COST = _by_name(PROMPT_TOKENS, COMPLETION_TOKENS, MONEY, LATENCY_MS, clocked=True)
"""The rows of ``cost.json``."""
