"""Critique: does the evidence at hand suffice to choose?"""

from __future__ import annotations

from evitrail.agent.model import Critique, State
from evitrail.agent.steps.given import evidence_given
from evitrail.agent.tools import Tools
from evitrail.traces.run.step_key import Task


def critique(state: State, tools: Tools) -> State:
    """The reader's verdict on all hits so far."""
    tools = tools.at("critique")
    reader = tools.reader_for("critique")
    task = Task(
        "critique",
        lambda: reader.appraise(state.question, state.hits),
        returns=Critique,
        inputs=evidence_given(state),
        by=reader,
    )
    verdict = tools.run.step(task)
    return state.model_copy(update={"critique": verdict})
