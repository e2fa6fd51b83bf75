"""What a step that reads evidence was given: the question, and every list of hits so far."""

from __future__ import annotations

from evitrail.agent.model import State
from evitrail.traces.record import Record


def evidence_given(state: State) -> dict[str, Record]:
    """The inputs of a reading step, by role."""
    lists = {f"retrieved[{n}]": found for n, found in enumerate(state.retrieved, start=1)}
    return {"question": state.question, **lists}
