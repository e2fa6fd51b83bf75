"""Steps, each ``State -> State``: retrieve, critique, requery, synthesise, choose."""

from agent.steps.choose import choose
from agent.steps.critique import critique
from agent.steps.requery import requery
from agent.steps.retrieve import retrieve
from agent.steps.synthesise import synthesise

__all__ = ["choose", "critique", "requery", "retrieve", "synthesise"]
