"""Searches and queries that do one thing wrong, each around another that does it well: faults whose place is known.

Rules kept here
- Each changes one list of hits, one query or what is kept of earlier lists, and nothing else.
- What a fault needs to know of the questions is handed over by question or by query, and is not part of its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import Critique, Kept, Query, Question
from evitrail.eval.dataset.case import Case
from evitrail.eval.injection.donors import Donors
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval import Dense
from evitrail.retrieval.base import Hit, Retrieved, Retriever


@dataclass(frozen=True)
class Missing:
    """A retriever that does not find what decides (R1)."""

    inner: Retriever
    decides: frozenset[str] = field(repr=False, compare=False)
    only: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """The queries for which it does not; empty for all."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        if self.only and query not in self.only:
            return self.inner.search(query, snapshot, k)
        found = self.inner.search(query, snapshot, k + 5)
        return _listed(found, [hit for hit in found.hits if hit.passage.ref not in self.decides][:k])


@dataclass(frozen=True)
class PastTheCut:
    """A retriever that ranks what decides just below the cut-off (R2)."""

    inner: Retriever
    cut: int
    decides: frozenset[str] = field(repr=False, compare=False)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; a list longer than the cut-off has what decides just below it."""
        found = self.inner.search(query, snapshot, max(k, self.cut) + 10)
        others = [hit for hit in found.hits if hit.passage.ref not in self.decides]
        if k <= self.cut:
            return _listed(found, others[:k])
        deciding = [hit for hit in found.hits if hit.passage.ref in self.decides]
        return _listed(found, [*others[: self.cut], *deciding, *others[self.cut :]][:k])


@dataclass(frozen=True)
class Flooding:
    """A retriever that puts passages on wrong options in front of what was asked for (R3)."""

    inner: Retriever
    lures: Mapping[str, Sequence[str]] = field(repr=False, compare=False)
    """By query, the texts of wrong options."""
    decides: frozenset[str] = field(repr=False, compare=False)

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``; what decides is served, and comes last."""
        found = self.inner.search(query, snapshot, k)
        if query not in self.lures or not found.hits:
            return found
        first = next((hit for hit in found.hits if hit.passage.ref in self.decides), found.hits[0])
        flood: dict[str, Hit] = {}
        for text in self.lures[query]:
            for hit in Dense(valid_only=True).search(text, snapshot, k).hits:
                if hit.passage.ref != first.passage.ref:
                    flood.setdefault(hit.passage.id, hit)
        return _listed(found, [*list(flood.values())[: k - 1], first])


@dataclass(frozen=True)
class LastTwoSwapped:
    """A retriever whose last two hits change places: no fault, a placebo."""

    inner: Retriever

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = self.inner.search(query, snapshot, k)
        return _listed(found, [*found.hits[:-2], *reversed(found.hits[-2:])])


@dataclass(frozen=True)
class OffTopic:
    """Queries that another question's run made (Q1)."""

    cases: Mapping[str, Case] = field(repr=False, compare=False)
    donors: Donors = field(repr=False, compare=False)

    def aim(self, question: Question) -> Query:
        """See ``Aims.aim``."""
        return Query(text=self.donors.query(self.cases[question.id], "aim"), reason="what is asked, and every option")

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """See ``Reader.plan``."""
        return Query(text=self.donors.query(self.cases[question.id], "requery", asked), reason="what is missing")


@dataclass(frozen=True)
class OtherOptions:
    """Queries about the options that the first search did not speak of; no fault, a base's way to search again."""

    cases: Mapping[str, Case] = field(repr=False, compare=False)

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """See ``Reader.plan``."""
        wrong = [text for letter, text in sorted(question.options.items()) if letter != self.cases[question.id].answer]
        texts = [text for text in wrong if text not in asked] or [f"{question.stem} ({len(asked) + 1})"]
        return Query(text=texts[0], reason="what speaks for the other options")


@dataclass(frozen=True)
class Forgetful:
    """Keeps the last list only (Q2)."""

    def keep(self, question: Question, retrieved: Sequence[Retrieved]) -> Kept:
        """See ``Keeps.keep``."""
        return Kept(passages=tuple(hit.passage.id for hit in retrieved[-1].hits))


def _listed(found: Retrieved, hits: Sequence[Hit]) -> Retrieved:
    numbered = tuple(
        hit.model_copy(update={"rank": place, "score": round(1 / place, 6)}) for place, hit in enumerate(hits, 1)
    )
    return Retrieved(query=found.query, hits=numbered, gates=found.gates)
