"""Components of one's own: who acts in one role of an agent, in place of the reader.

    [[conditions]]
    name = "strict"
    base = "agentic"
    agent = "clinic.agents:triage"                       # an agent of one's own
    reader.critique = "clinic.readers:Strict(least=2)"   # one role of it

In Python an instance is registered under a name, and the condition names it::

    COMPONENTS["strict"] = Strict(least=2)
    Condition(name="strict", agent="agentic", retriever="dense", components={"critique": "strict"})

Its repr is its name in every record, so it must say all that decides what the component does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evitrail.eval.plugin import OUTSIDE, make_plugin
from evitrail.evidence_store.did_you_mean import nearest

COMPONENTS: dict[str, Any] = {}
"""Components by the name that conditions give them; those named as code are added where a plan is admitted."""

METHODS: Mapping[str, str] = {
    "aim": "aim(question)",
    "critique": "appraise(question, hits)",
    "requery": "plan(question, critique, asked)",
    "keep": "keep(question, retrieved)",
    "synthesise": "synthesise(question, hits)",
    "choose": "choose(question, synthesis, decoding)",
    "check": "check(question, choice)",
}
"""The roles that can be given to somebody else, and the method that each needs."""


def proven(given: Mapping[str, str]) -> dict[str, str]:
    """The roles and names, each proven to be one there is; raises ``ValueError``."""
    for role, spec in given.items():
        if role not in METHODS:
            raise ValueError(f"expected a role among {', '.join(METHODS)}, got {role!r}{nearest(role, METHODS)}")
        if spec not in COMPONENTS and not OUTSIDE.fullmatch(spec):
            known = f"{', '.join(COMPONENTS)}, or package.module:Class(…)" if COMPONENTS else "package.module:Class(…)"
            raise ValueError(f"{role}: expected a component among {known}, got {spec!r}")
    return dict(given)


def component_named(role: str, spec: str) -> Any:
    """The component of this name; raises ``ValueError`` where this process knows none."""
    if spec not in COMPONENTS:
        raise ValueError(f"{role}: expected a component that is admitted (--allow-code) or registered, got {spec!r}")
    return COMPONENTS[spec]


def admit_component(role: str, spec: str, *, allow_code: bool) -> None:
    """Make a component that is named as code, for this process; raises ``ValueError`` where it may not run."""
    if spec not in COMPONENTS:
        COMPONENTS[spec] = named_by_repr(make_plugin(spec, role, METHODS[role], allow_code=allow_code), role, spec)


def named_by_repr(one: Any, what: str, spec: str) -> Any:
    """The component, proven to have a repr that says what it is; raises ``ValueError``."""
    if " at 0x" in repr(one):
        raise ValueError(f"{what} {spec!r}: expected a repr that says what it is, as a dataclass has; it has none")
    return one
