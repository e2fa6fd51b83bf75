"""The condition of an injected run: an agent, a retriever and components that are known while the run lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from evitrail.agent.agents import AGENTS
from evitrail.agent.reader.base import Reader
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.bases import BASES
from evitrail.eval.injection.donors import Donors
from evitrail.eval.injection.operators import Operator
from evitrail.eval.plan.components import COMPONENTS
from evitrail.eval.plan.condition import Condition
from evitrail.retrieval import RETRIEVERS


@contextmanager
def conditioned(operator: Operator, reader: Reader, cases: Mapping[str, Case], lent: Donors) -> Iterator[Condition]:
    """The condition with the fault in it; its agent and components are known while the block lasts."""
    base = BASES[operator.base]
    retriever = operator.retriever(base.retriever, cases) if operator.retriever else base.retriever
    made: dict[str, Any] = base.stand_ins(reader, cases)
    made |= {role: component(reader, cases, lent) for role, component in operator.components.items()}
    named = {role: f"injected {operator.name} {role}" for role in made}
    name, known = f"injected {operator.name}", AGENTS.get(base.agent.name)
    RETRIEVERS[name] = retriever
    AGENTS[base.agent.name] = base.agent
    COMPONENTS.update({named[role]: one for role, one in made.items()})
    try:
        yield Condition(name="injected", agent=base.agent.name, retriever=name, k=base.k, components=named)
    finally:
        RETRIEVERS.pop(name)
        if known is None:
            AGENTS.pop(base.agent.name)
        for spec in named.values():
            COMPONENTS.pop(spec)
