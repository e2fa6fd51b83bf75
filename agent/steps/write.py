"""Write: answer a question without options in free text, from the passages that were found."""

from __future__ import annotations

from collections.abc import Iterator

from evitrail.agent.model import State, WrittenAnswer
from evitrail.agent.reader.base import Writing
from evitrail.agent.steps.given import evidence_given
from evitrail.agent.steps.retrieve import passage_entity
from evitrail.agent.tools import Tools
from evitrail.traces.record import content_id
from evitrail.traces.run.activity import Edge, Entity
from evitrail.traces.run.step_key import Task


def write(state: State, tools: Tools) -> State:
    """The answer in words; raises ``ValueError`` where the reader cannot write one."""
    tools = tools.at("write")
    reader = tools.reader_for("write")
    if not isinstance(reader, Writing):
        raise ValueError(f"expected a reader that answers in free text, got {reader!r}")
    task = Task(
        "write",
        lambda: reader.write(state.question, state.hits),
        returns=WrittenAnswer,
        inputs=evidence_given(state),
        by=reader,
        edges=lambda out: _quoted(out, state),
    )
    return state.model_copy(update={"written": tools.run.step(task)})


def _quoted(written: WrittenAnswer, state: State) -> Iterator[Edge]:
    """The answer was derived from the spans it quotes."""
    passages = {hit.passage.id: hit.passage for hit in state.hits}
    answer = Entity(id=content_id(written), type="WrittenAnswer", label="answer")
    for one in written.citations:
        if one.passage in passages:
            span = {"start": one.start, "end": one.end}
            yield Edge(
                relation="wasDerivedFrom",
                source=answer,
                target=passage_entity(passages[one.passage]),
                role="quotes",
                **span,
            )
