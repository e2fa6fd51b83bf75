"""The roles of our own agents' steps: who acts in each, its oracle and its contract.

A step of another kind is judged too, where its agent brings a ``Role`` for it (``role.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

from evitrail.eval.attribution.roles import contracts, oracles
from evitrail.eval.attribution.roles.role import Role
from evitrail.eval.attribution.scene.scene import BUDGET, STORE

ROLES: Mapping[str, Role] = {
    role.kind: role
    for role in (
        Role(STORE, "the store"),
        Role("aim", "the first query", oracles.query, contracts.query),
        Role("requery", "the next query", oracles.query, contracts.query),
        Role("retrieve", "the retriever", oracles.retrieved, contracts.retrieve),
        Role("keep", "what the agent keeps of earlier hits", oracles.kept, contracts.keep),
        Role("critique", "the critique", oracles.verdict, contracts.critique),
        Role(BUDGET, "the limit on searches"),
        Role("section", "a researcher", oracles.section, contracts.section),
        Role("synthesise", "the synthesis", oracles.synthesis, contracts.synthesise),
        Role("choose", "the choice", oracles.choice, contracts.choose),
        Role("check", "the check of the answer", oracles.checked, contracts.check),
    )
}
"""In causal order."""


def roles_of(agent: object) -> dict[str, Role]:
    """Our roles, and those that an agent brings for steps of its own (its ``roles``, each a ``Role``)."""
    own = getattr(agent, "roles", ())
    return {**ROLES, **{role.kind: role for role in own}}
