"""Conditions as a person writes them in a plan: a preset by its name, or a table that describes one's own.

    [[conditions]]
    name = "wide"
    base = "standard"       # what the table leaves out, it takes from there
    retriever = "hybrid"
    k = 20

Rules kept here
- A table has the fields of ``Condition``, and ``base``: a preset, or a condition written before it.
- Where the table names a retriever, curated evidence of its base gives way, and the other way round.
- A name that there is not is refused with the nearest there is.
- A retriever of one's own is named ``package.module:Class(k=3)``: code, which runs only where somebody allows it
  (``plugin.py``). Its repr is its name in every record, so it must say all that decides what is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from evitrail.agent.agents import AGENTS
from evitrail.eval.plan.components import admit_component, named_by_repr, proven
from evitrail.eval.plan.condition import ALIASES, CONDITIONS, Condition, ConditionError, agent_named
from evitrail.eval.plugin import OUTSIDE, make_plugin
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_record import fault_lines
from evitrail.retrieval import RETRIEVERS

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
MOST_ASKED = 10_000
"""Passages that may be asked for at once."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def conditions_of(tables: Any) -> tuple[Condition, ...]:
    """The conditions that these tables say; raises ``ValueError`` naming the condition and key at fault."""
    found: dict[str, Condition] = {}
    for place, table in enumerate(tables if isinstance(tables, (list, tuple)) else [tables], start=1):
        if not isinstance(table, (Mapping, Condition)) or not isinstance(tables, (list, tuple)):
            raise ValueError(f"expected tables such as [[conditions]], got {table!r}")
        condition = table if isinstance(table, Condition) else _custom_condition(table, place, found)
        if condition.name in found or condition.name in CONDITIONS or condition.name in ALIASES:
            raise ValueError(f"condition {condition.name!r}: there is one of this name already; give it another")
        found[condition.name] = condition
    return tuple(found.values())


def condition_named(name: str, own: Iterable[Condition]) -> Condition:
    """A preset, or a condition of one's own; raises ``ConditionError`` with those there are and the nearest."""
    known = CONDITIONS | {condition.name: condition for condition in own}
    name = ALIASES.get(name, name)
    if name not in known:
        raise ConditionError(f"expected a condition among {', '.join(known)}, got {name!r}{nearest(name, known)}")
    return known[name]


def retriever_named(given: object) -> str:
    """The name, proven to be one of a retriever or of code that may be one; raises ``ValueError``."""
    name = str(given)
    if name not in RETRIEVERS and not OUTSIDE.fullmatch(name):
        known = f"{', '.join(RETRIEVERS)}, or package.module:Class(…)"
        raise ValueError(f"expected a retriever among {known}, got {name!r}{nearest(name, RETRIEVERS)}")
    return name


def state_named(given: object) -> str:
    """A release, ledger number or day as a plan keeps it; raises ``ValueError`` where it cannot be one."""
    if type(given) in (int, date):
        given = str(given)
    if not isinstance(given, str) or not given:
        raise ValueError(f"expected a release, a ledger number or a day such as 2019-05-31, got {given!r}")
    if DAY.fullmatch(given):
        try:
            date.fromisoformat(given)
        except ValueError as error:
            raise ValueError(f"expected a day there is, got {given!r}") from error
    return given


def admit(conditions: Sequence[Condition], *, allow_code: bool) -> None:
    """Make what is code of one's own, for this process; raises ``ValueError`` where none may run."""
    for spec in dict.fromkeys(condition.retriever for condition in conditions if condition.retriever is not None):
        if spec in RETRIEVERS:
            continue
        retriever = make_plugin(spec, "retriever", "search(query, snapshot, k)", allow_code=allow_code)
        RETRIEVERS[spec] = named_by_repr(retriever, "retriever", spec)
    for condition in conditions:
        if condition.agent not in AGENTS:
            AGENTS[condition.agent] = make_plugin(
                condition.agent, "agent", "answer(question, tools)", allow_code=allow_code
            )
        for role, spec in condition.components.items():
            admit_component(role, spec, allow_code=allow_code)


def _custom_condition(table: Mapping[str, Any], place: int, before: Mapping[str, Condition]) -> Condition:
    name = table.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"condition {place}: expected a name of letters, digits, '_' and '-', got {name!r}")
    given = {key: value for key, value in table.items() if key != "base"}
    if "reader" in given:
        given["components"] = given.pop("reader")
    for key in given:
        if key not in Condition.model_fields:
            known = ["base", *Condition.model_fields]
            raise ValueError(
                f"condition {name!r}: unknown key {key!r}, expected one of {', '.join(known)}{nearest(key, known)}"
            )
    key = "base"
    try:
        taken = _base(table, before)
        for key, proven in PROVEN.items():
            if key in given:
                given[key] = proven(given[key])
        condition = Condition.model_validate(taken | given, strict=True)
    except ValidationError as error:
        raise ValueError(f"condition {name!r}: {fault_lines(error, Condition)[0]}{_near(error)}") from error
    except ValueError as error:
        raise ValueError(f"condition {name!r}: key {key!r}: {error}") from error
    _sensible(condition)
    return condition


PROVEN: Mapping[str, Callable[[Any], Any]] = {
    "snapshot": state_named,
    "retriever": retriever_named,
    "agent": agent_named,
    "components": proven,
}
"""Fields of which ``Condition`` knows only that they are texts."""


def _base(table: Mapping[str, Any], before: Mapping[str, Condition]) -> dict[str, Any]:
    """What the table takes from its base."""
    if "base" not in table:
        return {}
    taken = condition_named(str(table["base"]), before.values()).model_dump()
    for one, other in (("retriever", "curated"), ("curated", "retriever")):
        if one in table and other not in table:
            taken.pop(other)
    return taken


def _sensible(condition: Condition) -> None:
    if not 1 <= condition.k <= MOST_ASKED:
        limits = "on" if condition.k < 1 else f"to {MOST_ASKED:,}"
        said = f"expected a whole number from 1 {limits}, got {condition.k}"
        raise ValueError(f"condition {condition.name!r}: key 'k': {said}")
    if condition.retriever and condition.curated:
        raise ValueError(f"condition {condition.name!r}: expected a retriever or curated evidence, got both")
    if condition.agent == "closed_book" and (condition.retriever or condition.curated):
        raise ValueError(f"condition {condition.name!r}: agent 'closed_book' looks at no evidence; name another agent")
    if condition.agent != "closed_book" and not (condition.retriever or condition.curated):
        raise ValueError(
            f"condition {condition.name!r}: agent {condition.agent!r} needs a retriever or curated evidence, got none"
        )
    if condition.snapshot and not condition.retriever:
        raise ValueError(
            f"condition {condition.name!r}: key 'snapshot': it searches nothing; leave it out, or name a retriever"
        )


def _near(error: ValidationError) -> str:
    """The nearest of the words that were expected, where pydantic names some."""
    fault = error.errors(include_url=False)[0]
    return nearest(str(fault["input"]), re.findall(r"'([^']+)'", str(fault.get("ctx", {}).get("expected", ""))))
