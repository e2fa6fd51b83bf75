"""What to say? Agents that search, read, weigh and choose, every call recorded."""

from agent.agents import AGENTS, Agent
from agent.model import Answer, Ballots, Choice, Claim, Critique, Decoding, Query, Question, State, Synthesis
from agent.tools import Tools

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
