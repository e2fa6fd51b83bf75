"""What is measured on the runs of an experiment, and what each number means.

Adding a metric: declare it in the file it belongs to, and name it in ``registry.py``: in ``METRICS``, or in ``COST``
where it says what runs cost or a clock decides it. Their rows are ``metrics.json`` and ``cost.json``.

    >>> from evitrail.eval.metrics import METRICS
    >>> METRICS["high_risk_rate"].description
    'Share of cases where a wrong option was chosen that is labelled high-risk.'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.eval.metrics.base import Metric as Metric
    from evitrail.eval.metrics.registry import COST as COST
    from evitrail.eval.metrics.registry import METRICS as METRICS
    from evitrail.eval.metrics.registry import WEIGHTED as WEIGHTED
    from evitrail.eval.metrics.scored import Scored as Scored

__getattr__, __dir__, __all__ = lazy_package(
    __name__, {"base": ("Metric",), "registry": ("COST", "METRICS", "WEIGHTED"), "scored": ("Scored",)}
)
