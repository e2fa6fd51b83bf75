"""Requery: what to search for next, given what the critique found missing."""

from __future__ import annotations

from agent.model import Query, State
from agent.tools import Tools


def requery(state: State, tools: Tools) -> State:
    """A new query, different from those asked before."""
    reader = tools.reader_for("requery")
    asked = [found.query for found in state.retrieved]
    given = {"critique": state.critique} if state.critique else {}
    query = tools.run.step(
        "requery",
        lambda: reader.plan(state.question, state.critique, asked),
        returns=Query,
        inputs={"question": state.question, **given},
        by=reader,
        parameters={"asked": asked},
    )
    return state.model_copy(update={"query": query})
