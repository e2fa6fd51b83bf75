"""Check: which option do the model's words select, if they select one?

A parser takes the article in "A stroke is likely" for a letter. So what counts is what a second look confirms: an
explicit letter, by a rule or by a judge (phase 4 of SaFE-Scale, arXiv 2605.04039). A reader that names its options
itself has nothing to be checked.
"""

from __future__ import annotations

from evitrail.agent.model import CheckedAnswers, State
from evitrail.agent.reader.base import Checking
from evitrail.agent.tools import Tools
from evitrail.traces.run.step_key import Task


def check(state: State, tools: Tools) -> State:
    """The choice with the letters that were confirmed, where it was read from words."""
    tools = tools.at("check")
    reader = tools.reader_for("check" if "check" in tools.stand_ins else "choose")
    choice = state.choice
    if choice is None or choice.said is None or not isinstance(reader, Checking):
        return state
    task = Task(
        "check",
        lambda: reader.check(state.question, choice),
        returns=CheckedAnswers,
        inputs={"question": state.question, "choice": choice},
        by=reader,
    )
    checked = tools.run.step(task)
    votes = tuple(verdict.confirmed for verdict in checked.ballots)
    confirmed = choice.model_copy(
        update={
            "option": checked.greedy.confirmed,
            "reason": checked.greedy.reason,
            "ballots": choice.ballots.model_copy(update={"votes": votes}),
        }
    )
    return state.model_copy(update={"choice": confirmed, "checked": checked})
