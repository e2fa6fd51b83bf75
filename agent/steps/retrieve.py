"""Retrieve: search the snapshot for the current query, and keep what was found beside what was."""

from __future__ import annotations

from collections.abc import Iterator

from evitrail.agent.model import Query, State
from evitrail.agent.tools import Tools
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.model import Header, Passage
from evitrail.retrieval.base import Retrieved
from evitrail.traces.record import content_id
from evitrail.traces.run.activity import Edge, Entity
from evitrail.traces.run.step_key import Task


def retrieve(state: State, tools: Tools) -> State:
    """One search; without a query yet, the stem as asked."""
    tools = tools.at("retrieve")
    retriever = tools.retriever
    if retriever is None:
        raise ValueError("this agent retrieves, but its condition names no retriever")
    query = state.query or Query(text=state.question.stem, reason="the question as asked")
    task = Task(
        "retrieve",
        lambda: retriever.search(query.text, tools.snapshot, tools.k),
        returns=Retrieved,
        inputs={"query": query},
        by=retriever,
        parameters={"k": tools.k, "snapshot": tools.snapshot.id},
        edges=lambda out: quoted(out, state, query),
    )
    found = tools.run.step(task)
    return state.model_copy(update={"query": query, "retrieved": (*state.retrieved, found)})


def quoted(found: Retrieved, state: State, query: Query) -> Iterator[Edge]:
    """The list has passages, each quoted from a version, each version graded; the query came from the question."""
    question = Entity(id=content_id(state.question), type="Question", label=state.question.id)
    listed = Entity(id=content_id(found), type="Retrieved", label="hits")
    asked = Entity(id=content_id(query), type="Query", label=query.text)
    yield Edge(relation="wasDerivedFrom", source=asked, target=question)
    for hit in found.hits:
        passage, header = passage_entity(hit.passage), hit.passage.header
        version = Entity(id=hit.passage.evidence_id, type="Evidence", label=evidence_label(header))
        work = Entity(id=f"lineage:{header.id}", type="Lineage", label=header.title)
        span = {"start": hit.passage.start, "end": hit.passage.end}
        yield Edge(relation="hadMember", source=listed, target=passage, role=f"rank {hit.rank}")
        yield Edge(relation="wasQuotedFrom", source=passage, target=version, **span)
        yield Edge(relation="specializationOf", source=version, target=work)
        if header.grade is not None:
            rated = Entity(id=f"{hit.passage.evidence_id}/grade", type="Grade", label=grade_label(header.grade))
            yield Edge(relation="wasInfluencedBy", source=version, target=rated, role="grade")


def passage_entity(passage: Passage) -> Entity:
    """A passage as a node of the graph, named by the version's content and the span in it."""
    return Entity(id=f"{passage.evidence_id}[{passage.start}:{passage.end}]", type="Passage", label=passage.id)


def evidence_label(header: Header) -> str:
    """``id@version (guideline, 2017-02-01 to now)``."""
    validity = f"{header.valid_from} to {header.valid_to or 'now'}"
    return f"{header.ref} ({header.kind.replace('_', ' ')}, {validity}{', retracted' if header.retracted else ''})"


def grade_label(grade: Grade) -> str:
    """``moderate: high - 1 (imprecision) = moderate``."""
    return f"{grade.certainty.replace('_', ' ')}: {grade.sum_in_words()}"
