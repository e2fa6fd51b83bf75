"""Influence: which passages did the chosen option hang on?

A step after ``choose``, for readers that put passages before a model as they are. It changes no answer. A reader that
chooses from claims says by itself what it rests on; where nothing was chosen, there is nothing to explain.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from evitrail.agent.influence.measure import Asking, measured
from evitrail.agent.influence.values import Influence, Way
from evitrail.agent.llm.base import LLM, Prompt
from evitrail.agent.model import Question, State
from evitrail.agent.tools import Tools
from evitrail.traces.run.step_key import Task


@runtime_checkable
class Asks(Protocol):
    """A reader that tells whom it asks what."""

    @property
    def llm(self) -> LLM: ...

    def asked(self, question: Question, context: str) -> Prompt:
        """What is sent for the greedy answer."""
        ...


def influence(state: State, tools: Tools, way: Way = "leave_one_out") -> State:
    """What each passage of the context did for the option; as it was where there is no context or no option.

    Raises ``LLMError`` where the way is not open to the model, as ``masked`` is to none but ``hf:``.
    """
    tools = tools.at("influence")
    reader = tools.reader_for("choose")
    synthesis, choice = state.synthesis, state.choice
    if synthesis is None or synthesis.context is None or choice is None or choice.option is None:
        return state
    if not isinstance(reader, Asks):
        return state
    option = choice.option
    asking = Asking(
        reader.llm, lambda text: reader.asked(state.question, text), synthesis.context, state.question.options
    )
    task = Task(
        "influence",
        lambda: measured(asking, option, way, tools.run),
        returns=Influence,
        inputs={"question": state.question, "synthesis": synthesis, "choice": choice},
        by=reader,
        parameters={"way": way},
    )
    found = tools.run.step(task)
    return state.model_copy(update={"influence": found})
