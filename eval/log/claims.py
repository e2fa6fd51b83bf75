"""What a run's claims point at: the spans that its answer cites, what it chose from, and the texts that it was served.

Rules kept here
- The answer is the one that counts; the claims are those that the run's last *choose* was given.
- A passage's text is that of the run's own searches. Of one that no search of the run served, there is no text.
- A reader that makes no claims cites nothing, and nothing can be told of it.

    found = claims_in(trace, counted(trace, latest))
    found.cited, found.used, found.texts["statins@2019#0"]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evitrail.agent.model import Answer, Choice, Citation, Claim, Synthesis
from evitrail.retrieval.base import Retrieved
from evitrail.traces.record import content_id, stored_name
from evitrail.traces.trace import Trace


class RunClaims(NamedTuple):
    """The claims of one run."""

    cited: tuple[Citation, ...]
    made: tuple[Claim, ...]
    """All that its reader made of what it was served."""
    used: tuple[Claim, ...]
    """Those that the choice rests on, for any option."""
    texts: Mapping[str, str]
    """The text of each passage that it was served, by id."""


def claims_in(trace: Trace, counts: Trace) -> RunClaims | None:
    """The claims of a run that ended; None where it chose nothing. ``counts`` has the answer that counts."""
    step, answer = trace.last("choose"), counts.output(Answer)
    if step is None or answer is None:
        return None
    chosen = set(trace.get(step.output, Choice).claims)
    given = (one.id for one in step.inputs if one.type == stored_name(Synthesis))
    made = tuple(claim for name in given for claim in trace.get(name, Synthesis).claims)
    searches = dict.fromkeys(one.output for one in trace.activities if one.output_type == stored_name(Retrieved))
    hits = (hit for name in searches for hit in trace.get(name, Retrieved).hits)
    return RunClaims(
        cited=answer.citations,
        made=made,
        used=tuple(claim for claim in made if content_id(claim) in chosen),
        texts={hit.passage.id: hit.passage.text for hit in hits},
    )
