"""The retriever configurations that an experiment's conditions use, and the registered ones beside them.

Rules kept here
- A configuration is a retriever, how much it serves, and the store state it sees; conditions that share all three share
  one. It goes by the name of the first of them.
- Of an agent only the retriever is shown: what its first search would find for the query as typed.
- Code that a plan names is not run from the browser.

    choices(plan_in(folder))["standard"].retriever      # Dense()
"""

from __future__ import annotations

from typing import NamedTuple

from evitrail.eval.plan.condition import Condition
from evitrail.eval.plan.plan import Plan
from evitrail.retrieval import RETRIEVERS, Retriever
from evitrail.traces.record import Record

OTHERS = 10
"""Passages that a retriever serves which no condition uses."""
AGENTS = {
    "aimed": "its agent first shortens the question to its last sentence and the options",
    "agentic": "this is the first search of its agent, which may ask again",
    "per_option": "its agent asks once for every option, in words of its own",
}
"""By agent, what it does with a question before or after the search that is shown."""
PLAIN = ("single_pass", "closed_book")
"""Agents that search once, with the question as it is."""


class RetrieverChoice(Record):
    """One configuration that can be looked at."""

    name: str
    retriever: str
    k: int
    conditions: tuple[str, ...]
    """The conditions that use it; none for one that is only registered."""
    state: str | None
    """The store state that its conditions name: a release, a ledger number or a day; None for the one asked for."""
    note: str
    lacking: str = ""
    """Why it cannot be run here; empty where it can."""


class Unsearched(Record):
    """A condition that searches nothing."""

    condition: str
    why: str


class Configuration(NamedTuple):
    """A choice with what runs it."""

    choice: RetrieverChoice
    retriever: Retriever | None
    condition: Condition | None


def choices(plan: Plan) -> dict[str, Configuration]:
    """The configurations by name: those of the conditions in the order of the plan, then the registered ones."""
    found: dict[tuple[str, int, str | None], Configuration] = {}
    for condition in plan.asked:
        if condition.retriever is None or condition.curated:
            continue
        key = _name(condition), condition.k, condition.snapshot
        found[key] = _joined(found[key], condition) if key in found else _configuration(condition)
    named = {one.choice.name: one for one in found.values()}
    used = {condition.retriever for condition in plan.asked}
    for name, retriever in RETRIEVERS.items():
        if name not in named and name not in used:
            note = "no condition of this experiment uses it"
            choice = RetrieverChoice(
                name=name, retriever=repr(retriever), k=OTHERS, conditions=(), state=None, note=note
            )
            named[name] = Configuration(choice, retriever, None)
    return named


def unsearched(plan: Plan) -> tuple[Unsearched, ...]:
    """The conditions of which there is nothing to show, each with the reason."""
    return tuple(
        Unsearched(
            condition=condition.name,
            why="it serves the evidence that each case names" if condition.curated else "it looks at no evidence",
        )
        for condition in plan.asked
        if condition.retriever is None or condition.curated
    )


def _name(condition: Condition) -> str:
    return repr(condition.searcher()) if condition.retriever in RETRIEVERS else str(condition.retriever)


def _configuration(condition: Condition) -> Configuration:
    runs = condition.retriever in RETRIEVERS
    choice = RetrieverChoice(
        name=condition.name,
        retriever=_name(condition),
        k=condition.k,
        conditions=(condition.name,),
        state=condition.snapshot,
        note=_note(condition),
        lacking="" if runs else "it is code that the plan names, and code does not run from the browser",
    )
    return Configuration(choice, condition.searcher() if runs else None, condition)


def _joined(known: Configuration, condition: Condition) -> Configuration:
    notes = dict.fromkeys(note for note in (known.choice.note, _note(condition)) if note)
    more = {"conditions": (*known.choice.conditions, condition.name), "note": "; ".join(notes)}
    return known._replace(choice=known.choice.model_copy(update=more))


def _note(condition: Condition) -> str:
    if condition.agent in PLAIN:
        return ""
    return f"{condition.name}: {AGENTS.get(condition.agent, 'its agent is one of its own, and may search otherwise')}"
