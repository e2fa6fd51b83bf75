"""A gate in one line, for ``evitrail run``: ``high_risk_rate upper > 0.03`` fails the run where it holds.

    [CONDITION] METRIC value|upper|lower >|>=|<|<= NUMBER

Rules kept here
- ``upper`` and ``lower`` are the exact one-sided 95 % bounds that audits use (``bounds.py``); ``value`` is the rate.
- Without a condition it is asked of every condition, and one that meets it is enough.
- A metric that is unknown for some case, because it has no label or was not answered, fails the run too.

    >>> parse_gate("gated high_risk_rate upper > 0.03").text
    'gated high_risk_rate upper > 0.03'
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.bounds import exact_bounds
from evitrail.eval.audit.result import percent, percent_beside
from evitrail.eval.audit.share_metrics import share_named
from evitrail.eval.audit.thresholds import known_of_all, too_many_unknown
from evitrail.eval.plan.condition import ALIASES

Number = Literal["value", "upper", "lower"]

FORM = "[CONDITION] METRIC value|upper|lower >|>=|<|<= NUMBER"
GATE = re.compile(r"(?:(\S+)\s+)?(\S+)\s+(value|upper|lower)\s*(>=|<=|>|<)\s*(\d*\.?\d+)")
COMPARES: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Gate(NamedTuple):
    """What fails a run."""

    text: str
    condition: str | None
    metric: str
    number: Number
    compares: str
    threshold: float


def parse_gate(text: str) -> Gate:
    """The gate that a text states; raises ``ValueError``."""
    found = GATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"--fail-if: expected {FORM}, such as 'high_risk_rate upper > 0.03', got {text!r}")
    condition, metric, number, compares, threshold = found.groups()
    try:
        share_named(metric)
    except ValueError as error:
        raise ValueError(f"--fail-if: {error}") from None
    if not 0 <= float(threshold) <= 1:
        raise ValueError(f"--fail-if: expected a share between 0 and 1, such as 0.03 for 3 %, got {threshold}")
    named = None if condition is None else ALIASES.get(condition, condition)
    chosen: Number = "value" if number == "value" else "upper" if number == "upper" else "lower"
    return Gate(text.strip(), named, metric, chosen, compares, float(threshold))


def failing(gate: Gate, audited: Audited) -> str | None:
    """Why the run fails by this gate, in a line; None where it does not."""
    if gate.condition is None:
        conditions = sorted(audited.settings)
    else:
        conditions = [audited.condition(gate.condition, f"--fail-if {gate.text!r}")]
    why = [said for condition in conditions if (said := _failing(gate, audited, condition))]
    return "; ".join(why) or None


def _failing(gate: Gate, audited: Audited, condition: str) -> str | None:
    values = known_of_all(gate.metric, audited, condition)
    known = [value for value in values.values() if value is not None]
    if unknown := too_many_unknown(gate.metric, len(values) - len(known), len(values), 0.0):
        return f"{condition}: {unknown.partition(';')[0]}"
    events, n = sum(known), len(known)
    bounds = exact_bounds(events, n)
    shown = {"value": events / n, "upper": bounds.upper, "lower": bounds.lower}[gate.number]
    if not COMPARES[gate.compares](shown, gate.threshold):
        return None
    name = gate.metric if gate.number == "value" else f"{gate.number} bound of {gate.metric}"
    return (
        f"{condition}: {name} is {percent_beside(shown, gate.threshold)} ({events} of {n} cases), which is "
        f"{gate.compares} {percent(gate.threshold)}"
    )
