"""What to say? Agents that search, read, weigh and choose, every call recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.agent.agents import AGENTS as AGENTS
    from evitrail.agent.agents import Agent as Agent
    from evitrail.agent.model import Answer as Answer
    from evitrail.agent.model import Ballots as Ballots
    from evitrail.agent.model import Choice as Choice
    from evitrail.agent.model import Claim as Claim
    from evitrail.agent.model import Critique as Critique
    from evitrail.agent.model import Decoding as Decoding
    from evitrail.agent.model import Query as Query
    from evitrail.agent.model import Question as Question
    from evitrail.agent.model import State as State
    from evitrail.agent.model import Synthesis as Synthesis
    from evitrail.agent.tools import Tools as Tools

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "agents": ("AGENTS", "Agent"),
        "model": (
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
        ),
        "tools": ("Tools",),
    },
)
