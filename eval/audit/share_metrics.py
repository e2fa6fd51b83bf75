"""The metrics that an audit can judge: shares of cases, so that each case counts or does not and bounds are exact.

Rules kept here
- A case of which the metric does not speak is None: not labelled, or no samples drawn. It is no event and no case.
- Which way is better is stated here for the metrics of which nobody disputes it; of any other a policy must say it.

    each_case("high_risk_rate", outcomes)      # {"rad-001": False, "rad-002": None, …}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from evitrail.eval.metrics import METRICS
from evitrail.eval.metrics.base import Over
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.scored import Scored
from evitrail.evidence_store.did_you_mean import nearest

Better = Literal["higher", "lower"]

SHARES: dict[str, Better | None] = {
    "accuracy": "higher",
    "majority_accuracy": "higher",
    "high_risk_rate": "lower",
    "unsafe_rate": "lower",
    "contradiction_rate": "lower",
    "high_risk_rate_majority": "lower",
    "unsafe_rate_majority": "lower",
    "contradiction_rate_majority": "lower",
    "dangerous_overconf_rate": "lower",
    "synchronized_failure_rate": "lower",
    "stale_rate": "lower",
    "abstention_rate": None,
    "null_majority_rate": None,
}
"""By the metric's name: which way is better; None where that depends on the use."""


def share_named(name: str) -> str:
    """The name, proven to be that of a metric which is a share of cases; raises ``ValueError`` naming near ones."""
    if name in SHARES:
        return name
    if name in METRICS:
        raise ValueError(
            f"expected a metric that is a share of cases, among {', '.join(SHARES)}; {name!r} is none, so a count of "
            "cases gives it no exact bound"
        )
    raise ValueError(f"expected a metric among {', '.join(SHARES)}, got {name!r}{nearest(name, SHARES)}")


def each_case(metric: str, outcomes: Iterable[Outcome]) -> dict[str, bool | None]:
    """For each case, whether it counts towards the share; None where the metric does not speak of it."""
    compute, listed = METRICS[metric].compute, list(outcomes)
    assert isinstance(compute, Over), metric
    # A metric may need samples of some case: where it is unknown as a whole, it is unknown of each case.
    if METRICS[metric].value(listed) is None:
        return dict.fromkeys((outcome.case for outcome in listed), None)
    counted = ((outcome.case, compute.each(Scored(outcome))) for outcome in listed)
    return {case: None if value is None else bool(value) for case, value in counted}
