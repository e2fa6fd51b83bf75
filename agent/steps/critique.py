"""Critique: does the evidence at hand suffice to choose?"""

from __future__ import annotations

from evitrail.agent.model import Critique, State
from evitrail.agent.steps.given import evidence_given
from evitrail.agent.tools import Tools


def critique(state: State, tools: Tools) -> State:
    """The reader's verdict on all hits so far."""
    tools = tools.at("critique")
    reader = tools.reader_for("critique")
    verdict = tools.run.step(
        "critique",
        lambda: reader.appraise(state.question, state.hits),
        returns=Critique,
        inputs=evidence_given(state),
        by=reader,
    )
    return state.model_copy(update={"critique": verdict})
