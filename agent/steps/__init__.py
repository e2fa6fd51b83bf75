"""Steps, each ``State -> State``: aim, retrieve, keep, critique, requery, research, synthesise, choose, check."""

from evitrail.agent.steps.aim import aim
from evitrail.agent.steps.check import check
from evitrail.agent.steps.choose import choose
from evitrail.agent.steps.critique import critique
from evitrail.agent.steps.keep import keep
from evitrail.agent.steps.requery import requery
from evitrail.agent.steps.research import research
from evitrail.agent.steps.retrieve import retrieve
from evitrail.agent.steps.synthesise import synthesise

__all__ = ["aim", "check", "choose", "critique", "keep", "requery", "research", "retrieve", "synthesise"]
