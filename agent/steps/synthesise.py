"""Synthesise: turn the hits into claims, each pointing at the words it rests on; or put them together as they are."""

from __future__ import annotations

from collections.abc import Iterator

from evitrail.agent.model import Claim, State, Synthesis
from evitrail.agent.steps.given import evidence_given
from evitrail.agent.steps.retrieve import passage_entity
from evitrail.agent.tools import Tools
from evitrail.traces.record import content_id
from evitrail.traces.run.activity import Edge, Entity
from evitrail.traces.run.step_key import Task


def synthesise(state: State, tools: Tools) -> State:
    """What the evidence says for and against each option."""
    tools = tools.at("synthesise")
    reader = tools.reader_for("synthesise")
    task = Task(
        "synthesise",
        lambda: reader.synthesise(state.question, state.hits),
        returns=Synthesis,
        inputs=evidence_given(state),
        by=reader,
        edges=lambda out: derived(out, state),
    )
    synthesis = tools.run.step(task)
    return state.model_copy(update={"synthesis": synthesis})


def derived(synthesis: Synthesis, state: State) -> Iterator[Edge]:
    """The synthesis has claims; each was derived from a span of a passage."""
    passages = {hit.passage.id: hit.passage for hit in state.hits}
    whole = Entity(id=content_id(synthesis), type="Synthesis", label="context" if synthesis.context else "claims")
    for served in synthesis.context.passages if synthesis.context else ():
        yield Edge(
            relation="wasDerivedFrom", source=whole, target=passage_entity(passages[served.passage]), role="context"
        )
    for claim in synthesis.claims:
        said = claim_entity(claim)
        yield Edge(relation="hadMember", source=whole, target=said)
        if claim.passage in passages:
            source = passage_entity(passages[claim.passage])
            span = {"start": claim.start, "end": claim.end}
            yield Edge(relation="wasDerivedFrom", source=said, target=source, role=claim.stance, **span)


def claim_entity(claim: Claim) -> Entity:
    """A claim as a node of the graph."""
    return Entity(id=content_id(claim), type="Claim", label=f"{claim.stance} {claim.option}: {claim.quote}")
