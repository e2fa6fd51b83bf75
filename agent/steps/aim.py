"""Aim: search for what is asked and what could be answered, rather than for the whole vignette.

A vignette's history draws in passages about the history. Its last sentence and the options name what
the evidence has to decide. The published conditions search with the stem alone; this step is ours.
"""

from __future__ import annotations

from evitrail.agent.model import Query, State
from evitrail.agent.reader.sentences import sentences
from evitrail.agent.tools import Tools


def aim(state: State, tools: Tools) -> State:
    """Set the query to the stem's last sentence and every option; nothing is searched yet."""
    question = state.question
    parts = sentences(question.stem)
    asked = parts[-1].text if parts else question.stem
    options = " ".join(question.options[letter] for letter in sorted(question.options))
    query = Query(text=f"{asked} {options}", reason="what is asked, and every option")
    return state.model_copy(update={"query": query})
