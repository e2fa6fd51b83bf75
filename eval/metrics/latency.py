"""How long a run took.

Rules kept here
- The time of a run is the sum of its steps' times, without those that measure the answer afterwards (``check``,
  ``influence``). Waiting for a model is part of it, so it depends on how many runs are under way at once.
- The median, since a few slow calls would decide a mean. A clock decides it: other runs of the same plan differ.
"""

from __future__ import annotations

from evitrail.eval.metrics.base import Metric, median

LATENCY_MS = Metric(
    name="latency_ms",
    description="Median time of a run, in milliseconds.",
    formula="median over runs of the sum of their steps' times",
    citation="evitrail's own",
    compute=median(lambda run: run.milliseconds),
    clocked=True,
)
