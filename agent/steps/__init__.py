"""Steps, each ``State -> State``: aim, retrieve, critique, requery, research, synthesise, choose, check."""

from agent.steps.aim import aim
from agent.steps.check import check
from agent.steps.choose import choose
from agent.steps.critique import critique
from agent.steps.requery import requery
from agent.steps.research import research
from agent.steps.retrieve import retrieve
from agent.steps.synthesise import synthesise

__all__ = ["aim", "check", "choose", "critique", "requery", "research", "retrieve", "synthesise"]
