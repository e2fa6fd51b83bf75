"""Requery: what to search for next, given what the critique found missing."""

from __future__ import annotations

from evitrail.agent.model import AskedQueries, Query, State
from evitrail.agent.tools import Tools
from evitrail.traces.record import Record
from evitrail.traces.run.step_key import Task


def requery(state: State, tools: Tools) -> State:
    """A new query, different from those asked before."""
    tools = tools.at("requery")
    reader = tools.reader_for("requery")
    asked = AskedQueries(queries=tuple(found.query for found in state.retrieved))
    given: dict[str, Record] = {"critique": state.critique} if state.critique else {}
    task = Task(
        "requery",
        lambda: reader.plan(state.question, state.critique, asked.queries),
        returns=Query,
        inputs={"question": state.question, **given, "asked": asked},
        by=reader,
    )
    query = tools.run.step(task)
    return state.model_copy(update={"query": query})
