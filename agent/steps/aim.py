"""Aim: search for what is asked and what could be answered, rather than for the whole vignette.

A vignette's history draws in passages about the history. Its last sentence and the options name what
the evidence has to decide. The published conditions search with the stem alone; this step is ours.

What is asked stands in the first line, and each option in a line of its own, so that a gate can tell them apart
(``retrieval/gates/asked.py``); a search reads lines as blanks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evitrail.agent.model import Query, Question, State
from evitrail.agent.reader.sentences import sentences
from evitrail.agent.tools import Tools
from evitrail.traces.run.step_key import Task


class Aims(Protocol):
    """Who decides what the first search is for."""

    def aim(self, question: Question) -> Query:
        """The first query."""
        ...


@dataclass(frozen=True)
class LastSentence:
    """Aims at the stem's last sentence and every option."""

    def aim(self, question: Question) -> Query:
        """See ``Aims.aim``."""
        parts = sentences(question.stem)
        asked = parts[-1].text if parts else question.stem
        lines = (asked, *(question.options[letter] for letter in sorted(question.options)))
        return Query(text="\n".join(" ".join(line.split()) for line in lines), reason="what is asked, and every option")


def aim(state: State, tools: Tools) -> State:
    """Decide on the first query; nothing is searched yet."""
    tools = tools.at("aim")
    who: Aims = tools.stand_ins.get("aim") or LastSentence()
    task = Task("aim", lambda: who.aim(state.question), returns=Query, inputs={"question": state.question}, by=who)
    return state.model_copy(update={"query": tools.run.step(task)})
