"""The evidence versions that a run's searches served, in the order in which they were served.

Rules kept here
- Searches count in their order, hits in their rank; a version that is served again keeps its first place.
- A run that made no search has None, which is not the same as one whose searches found nothing.

    served(trace)     # ("statins@2019", "statins@2024") or None
"""

from __future__ import annotations

from evitrail.retrieval.base import Retrieved
from evitrail.traces.record import stored_name
from evitrail.traces.trace import Trace


def served(trace: Trace) -> tuple[str, ...] | None:
    """The versions, each once; None where nothing was searched."""
    searches = [step for step in trace.activities if step.output_type == stored_name(Retrieved)]
    if not searches:
        return None
    hits = (hit for step in searches for hit in trace.get(step.output, Retrieved).hits)
    return tuple(dict.fromkeys(hit.passage.ref for hit in hits))
