"""The roles of our own agents' steps: who acts in each, its oracle and its contract.

A step of another kind is judged too, where its agent brings a ``Role`` for it (``role.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

from evitrail.eval.attribution.roles import contracts, oracles
from evitrail.eval.attribution.roles.role import Role
from evitrail.eval.attribution.roles.role_names import IN_WORDS

_JUDGED = {
    "aim": (oracles.query, contracts.query),
    "requery": (oracles.query, contracts.query),
    "retrieve": (oracles.retrieved, contracts.retrieve),
    "keep": (oracles.kept, contracts.keep),
    "critique": (oracles.verdict, contracts.critique),
    "section": (oracles.section, contracts.section),
    "synthesise": (oracles.synthesis, contracts.synthesise),
    "choose": (oracles.choice, contracts.choose),
    "check": (oracles.checked, contracts.check),
}
ROLES: Mapping[str, Role] = {kind: Role(kind, in_words, *_JUDGED.get(kind, ())) for kind, in_words in IN_WORDS.items()}
"""In causal order."""


def roles_of(agent: object) -> dict[str, Role]:
    """Our roles, and those that an agent brings for steps of its own (its ``roles``, each a ``Role``)."""
    own = getattr(agent, "roles", ())
    return {**ROLES, **{role.kind: role for role in own}}
