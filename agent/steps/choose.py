"""Choose: one option, or an abstention, from the claims alone."""

from __future__ import annotations

from collections.abc import Iterator

from evitrail.agent.model import Choice, State, Synthesis
from evitrail.agent.steps.synthesise import claim_entity
from evitrail.agent.tools import Tools
from evitrail.traces.record import content_id
from evitrail.traces.run.activity import Edge, Entity
from evitrail.traces.run.step_key import Task


def choose(state: State, tools: Tools) -> State:
    """The decision, and the ballots drawn beside it."""
    tools = tools.at("choose")
    reader = tools.reader_for("choose")
    synthesis = state.synthesis or Synthesis(claims=(), note="nothing was synthesised")
    task = Task(
        "choose",
        lambda: reader.choose(state.question, synthesis, tools.decoding),
        returns=Choice,
        inputs={"question": state.question, "synthesis": synthesis, "decoding": tools.decoding},
        by=reader,
        edges=lambda out: used(out, synthesis),
    )
    choice = tools.run.step(task)
    return state.model_copy(update={"synthesis": synthesis, "choice": choice})


def used(choice: Choice, synthesis: Synthesis) -> Iterator[Edge]:
    """The choice was derived from the claims it names, or from the context that stood before the model."""
    chosen = Entity(id=content_id(choice), type="Choice", label=choice.option or "abstained")
    if synthesis.context and synthesis.context.passages:
        seen = Entity(id=content_id(synthesis), type="Synthesis", label="context")
        yield Edge(relation="wasDerivedFrom", source=chosen, target=seen, role="context")
    claims = {content_id(claim): claim for claim in synthesis.claims}
    for name in choice.claims:
        if name in claims:
            role = claims[name].stance
            yield Edge(relation="wasDerivedFrom", source=chosen, target=claim_entity(claims[name]), role=role)
