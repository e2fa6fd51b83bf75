"""A retriever answers one question: which passages of this snapshot are relevant, and why each?

Rules kept here
- A retriever sees a ``Snapshot`` and nothing else, and returns at most ``k`` hits.
- Hits are ranked 1, 2, 3 …; ties in score are broken by passage id, so equal calls give equal lists.
- Every hit says why it is there; every gate says what it let through, what it dropped, and why.
- The ``repr`` of a retriever is its name in traces, tables and plans.

``evitrail.retrieval.testing.check_retriever`` is this page as code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from evitrail.evidence_store.model import Passage
from evitrail.traces.record import Record

if TYPE_CHECKING:
    from evitrail.evidence_store.snapshot import Snapshot


class Hit(Record):
    """One passage that a retriever returned."""

    passage: Passage
    score: float
    rank: int
    why: str
    """Why it is here, in words: the matching terms, the similarity, the gate that kept it."""


class Dropped(Record):
    """A passage that a gate held back."""

    passage: str
    why: str
    rule: str = ""
    """The rule that decided, as ``as_of.superseded``; the words may be put better one day, this stays."""


class Noted(Record):
    """A passage that a gate let through with a remark."""

    passage: str
    why: str
    rule: str = ""


class GateReport(Record):
    """What one clean-evidence gate did."""

    gate: str
    kept: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    noted: tuple[Noted, ...] = ()
    seq: int | None = None
    """The ledger number of the snapshot it judged by."""


class Retrieved(Record, stored_as="Retrieved"):
    """The answer to one search: the hits in rank order, and what each gate did."""

    query: str
    hits: tuple[Hit, ...]
    gates: tuple[GateReport, ...] = ()


class Retriever(Protocol):
    """Anything that finds passages. One method; a frozen dataclass will do."""

    def search(self, query: str, snapshot: Snapshot, k: int) -> Retrieved:
        """At most ``k`` hits for ``query`` among what ``snapshot`` knows, best first."""
        ...


def ranked(scored: Iterable[tuple[Passage, float, str]], k: int) -> tuple[Hit, ...]:
    """The best ``k`` of (passage, score, why), by score descending and then passage id."""
    best = sorted(scored, key=lambda item: (-item[1], item[0].id))[:k]
    return tuple(Hit(passage=p, score=s, rank=i, why=why) for i, (p, s, why) in enumerate(best, start=1))
