"""How much of what an exact search finds the store's own way of searching finds: measured on the store, not assumed.

Rules kept here
- Asked are titles of the store's own versions, drawn evenly, each of the day on which its version came into force.
- Both searches are of the same snapshot but for that; recall is the share of the exact hits that were found.
- Where exact search finds nothing there is no recall, and the query does not count.

    measured(store).found
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from time import process_time

from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store import EvidenceStore

QUERIES = 100
K = 10


@dataclass(frozen=True)
class Recall:
    """What one way of filtering came to."""

    filter: str
    """``all versions``, or ``current that day``."""
    search: str
    """How the index is searched, as its manifest says."""
    k: int
    queries: int
    mean: float | None
    """None where no query had an exact hit."""
    lowest: float | None
    milliseconds: float
    """Processor time of a query, its vector known."""
    exact_milliseconds: float


def measured(store: EvidenceStore, queries: int = QUERIES, k: int = K) -> list[Recall]:
    """The recall of the ``k`` best, without a filter and of what was current that day."""
    asked = list(_asked(store, queries))
    store.encoder.encode([title for title, _ in asked])  # so that no time below is the model's
    return [_of(store, asked, k, valid) for valid in (False, True)]


def _of(store: EvidenceStore, asked: list[tuple[str, date]], k: int, valid: bool) -> Recall:
    shares, spent, spent_exactly = [], 0.0, 0.0
    for title, day in asked:
        meant, exactly = _found(store.snapshot(day, exact=True), title, k, valid)
        found, own = _found(store.snapshot(day), title, k, valid)
        spent, spent_exactly = spent + own, spent_exactly + exactly
        if meant:
            shares.append(len(meant & found) / len(meant))
    each = 1000 / max(1, len(asked))
    return Recall(
        filter="current that day" if valid else "all versions",
        search=store.stats().search,
        k=k,
        queries=len(shares),
        mean=sum(shares) / len(shares) if shares else None,
        lowest=min(shares, default=None),
        milliseconds=spent * each,
        exact_milliseconds=spent_exactly * each,
    )


def _found(snapshot: Snapshot, title: str, k: int, valid: bool) -> tuple[set[str], float]:
    started = process_time()
    found = {passage.id for passage, _ in snapshot.dense(title, k, valid_only=valid)}
    return found, process_time() - started


def _asked(store: EvidenceStore, queries: int) -> Iterator[tuple[str, date]]:
    headers = store.headers
    refs = sorted(headers)
    for ref in refs[:: max(1, len(refs) // queries)][:queries]:
        yield headers[ref].title, headers[ref].valid_from
