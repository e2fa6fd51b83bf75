"""What to say? Agents that search, read, weigh and choose, every call recorded."""

from evitrail.agent.agents import AGENTS, Agent
from evitrail.agent.model import Answer, Ballots, Choice, Claim, Critique, Decoding, Query, Question, State, Synthesis
from evitrail.agent.tools import Tools

__all__ = [
    "AGENTS",
    "Agent",
    "Answer",
    "Ballots",
    "Choice",
    "Claim",
    "Critique",
    "Decoding",
    "Query",
    "Question",
    "State",
    "Synthesis",
    "Tools",
]
