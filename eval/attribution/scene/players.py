"""The names of players: the steps of a run, and what is no step but can be at fault.

kind_of("retrieve[2]")      # "retrieve"
"""

from __future__ import annotations

STORE = "store"
"""What is searched, a player that is no step."""
BUDGET = "budget"
"""The limit on searches, another."""


def kind_of(player: str) -> str:
    """The kind of step a player is: ``retrieve`` of ``retrieve[2]``."""
    return player.partition("[")[0]
