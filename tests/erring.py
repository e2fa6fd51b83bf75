"""Components that do one thing wrong, as the product injects them, or without words lent by other runs.

Those of ``eval/injection`` that need nobody's words are used as they are. A critique that is always of one mind,
queries about something else and a flood need donors there; here they say what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evitrail.agent.model import Critique, Query, Question
from evitrail.eval.injection.reading_faults import Choosing, InWords, Misparsing, Misreading
from evitrail.eval.injection.search_faults import Forgetful, Missing, PastTheCut
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.retrieval.base import Hit, Retrieved, Retriever

__all__ = [
    "Choosing",
    "Flooding",
    "Forgetful",
    "InWords",
    "Judging",
    "Misparsing",
    "Misreading",
    "Missing",
    "OffTopic",
    "PastTheCut",
]

OFF_TOPIC = ("visiting hours and parking at the hospital", "how the canteen plans its menus")


@dataclass(frozen=True)
class Flooding:
    """A retriever that puts passages on a wrong option in front of what was asked for (R3)."""

    inner: Retriever
    lures: Mapping[str, str] = field(repr=False, compare=False)
    """By query, the text of a wrong option."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """See ``Retriever.search``."""
        found = self.inner.search(query, snapshot, k)
        if query not in self.lures or not found.hits:
            return found
        first = found.hits[0]
        lured = self.inner.search(self.lures[query], snapshot, k + 5).hits
        flood = [hit for hit in lured if hit.passage.ref != first.passage.ref][: k - 1]
        hits = tuple(hit.model_copy(update={"rank": place}) for place, hit in enumerate([*flood, first][:k], 1))
        return found.model_copy(update={"hits": hits})


@dataclass(frozen=True)
class Judging:
    """A critique that always says the same (K1, K2)."""

    adequate: bool

    def appraise(self, question: Question, hits: Sequence[Hit]) -> Critique:
        """See ``Reader.appraise``."""
        return Critique(adequate=self.adequate, reason=f"{len(hits)} passages seen")


@dataclass(frozen=True)
class OffTopic:
    """Queries about something else (Q1)."""

    def aim(self, question: Question) -> Query:
        """See ``Aims.aim``."""
        return Query(text=OFF_TOPIC[0], reason="what is asked")

    def plan(self, question: Question, critique: Critique | None, asked: Sequence[str]) -> Query:
        """See ``Reader.plan``."""
        return Query(text=OFF_TOPIC[len(asked) % 2], reason="what is missing")
