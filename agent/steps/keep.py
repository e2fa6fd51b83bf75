"""Keep: which passages of earlier searches does the agent still have before it when it reads on?

A step of its own, so that forgetting can be seen, changed and blamed. Agents of ours keep everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from evitrail.agent.model import Kept, Question, State
from evitrail.agent.steps.given import evidence_given
from evitrail.agent.tools import Tools
from evitrail.retrieval.base import Retrieved
from evitrail.traces.run.step_key import Task


class Keeps(Protocol):
    """Who decides what is kept."""

    def keep(self, question: Question, retrieved: Sequence[Retrieved]) -> Kept:
        """The passages that are read from here on, out of all lists so far."""
        ...


@dataclass(frozen=True)
class KeepsAll:
    """Forgets nothing."""

    def keep(self, question: Question, retrieved: Sequence[Retrieved]) -> Kept:
        """See ``Keeps.keep``."""
        return Kept(passages=tuple(dict.fromkeys(hit.passage.id for found in retrieved for hit in found.hits)))


def keep(state: State, tools: Tools) -> State:
    """The state with what is kept of each list; nothing is asked while there is one list only."""
    if len(state.retrieved) < 2:
        return state
    tools = tools.at("keep")
    who: Keeps = tools.stand_ins.get("keep") or KeepsAll()
    task = Task(
        "keep",
        lambda: who.keep(state.question, state.retrieved),
        returns=Kept,
        inputs=evidence_given(state),
        by=who,
    )
    kept = set(tools.run.step(task).passages)
    lists = tuple(_of(found, kept) for found in state.retrieved)
    return state.model_copy(update={"retrieved": lists})


def _of(found: Retrieved, kept: set[str]) -> Retrieved:
    hits = tuple(hit for hit in found.hits if hit.passage.id in kept)
    return found if len(hits) == len(found.hits) else found.model_copy(update={"hits": hits})
