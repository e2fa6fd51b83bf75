"""Bases: how each run would be done without the fault.

Rules kept here
- A base is a run like any other: its agent searches, judges and reads as it should. It is chosen so that the fault that
  is injected into it can decide the answer.
- An agent or component that only a base needs is registered while its condition is in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evitrail.agent.agents import AGENTS, Agent, investigate
from evitrail.agent.reader.base import Reader
from evitrail.agent.steps import aim, check, choose, keep, requery, retrieve, synthesise
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.reading_faults import InWords
from evitrail.eval.injection.search_faults import Forgetful, OtherOptions
from evitrail.retrieval import Clean, Dense
from evitrail.retrieval.base import Retriever

BaseName = Literal[
    "gated", "wide", "narrow", "aimed loop", "discarding", "two searches", "contested", "contested, gated", "in words"
]
Cases = Mapping[str, Case]

AIMED_LOOP = Agent("aimed loop", (aim, investigate, synthesise, choose, check))
TWO_SEARCHES = Agent("two searches", (aim, retrieve, requery, retrieve, keep, synthesise, choose, check))


@dataclass(frozen=True)
class Base:
    """One way to do a run."""

    agent: Agent
    retriever: Retriever
    k: int
    store: Literal["sound", "contested"] = "sound"
    components: tuple[str, ...] = ()
    """The roles that are given to somebody else than the reader."""

    def stand_ins(self, reader: Reader, cases: Cases) -> dict[str, Any]:
        """Who acts in each of those roles."""
        words = InWords(reader)
        every = {"requery": OtherOptions(cases), "keep": Forgetful(), "choose": words, "check": words}
        return {role: every[role] for role in self.components}


BASES: Mapping[BaseName, Base] = {
    "gated": Base(AGENTS["aimed"], Clean(), 5),
    "wide": Base(AGENTS["aimed"], Clean(), 10),
    "narrow": Base(AGENTS["agentic"], Dense(valid_only=True), 1),
    "aimed loop": Base(AIMED_LOOP, Dense(valid_only=True), 2),
    "discarding": Base(AGENTS["agentic"], Dense(valid_only=True), 2, components=("requery", "keep")),
    "two searches": Base(TWO_SEARCHES, Dense(valid_only=True), 2, components=("requery",)),
    "contested": Base(AGENTS["aimed"], Dense(valid_only=True), 5, store="contested"),
    "contested, gated": Base(AGENTS["aimed"], Clean(), 5, store="contested"),
    "in words": Base(AGENTS["aimed"], Clean(), 5, components=("choose", "check")),
}
"""Gated: one search by the clean-evidence retriever; wide, for ten passages. Narrow: one passage a search, again while
it does not suffice. Aimed loop: the same with two passages and a first query made by a step. Discarding: what was
judged inadequate is dropped, and the other options are asked about. Two searches: the other options are always asked
about too, and all is kept. Contested: the store holds weaker evidence against the answer, also behind the gates.
In words: the answer is checked."""
