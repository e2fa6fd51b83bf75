"""A store with three publishers, to test in what is held there.

with opened(folder) as store:
    governed(store)
    store.ingest([trial("statins")], publisher="journal")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from world import WordVectors, evidence

from evitrail.evidence_store import Evidence, EvidenceStore, Ingested, Publisher, Registrar

NICE = Publisher(
    name="nice", organizations=("NICE",), kinds=("guideline",), grades=True, backdate_days="any", lineages=("nice-*",)
)
"""Publishes guidelines, with grades."""
JOURNAL = Publisher(
    name="journal", organizations=("Journal*",), kinds=("randomized_trial", "preprint"), backdate_days="any"
)
"""Publishes trials, without grades."""
WATCH = Publisher(name="watch", organizations=("*",), retracts=True, backdate_days="any")
"""Publishes nothing, and may retract anything."""
TEXT = "In adults with atrial fibrillation, apixaban lowers the risk of stroke more than aspirin does."


def today() -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC)


def opened(path: Path, actor: str = "anna", **how: object) -> EvidenceStore:
    """A store on which somebody works, on a day of 2026."""
    return EvidenceStore.open(path, create=True, embedder=WordVectors(), clock=today, actor=actor, **how)  # type: ignore[arg-type]


def governed(store: EvidenceStore) -> None:
    """Register the three, and let one of them publish a guideline."""
    Registrar(store).add([NICE, JOURNAL, WATCH], reason="agreed in May")
    store.ingest([guideline("apixaban")], publisher="nice")


@contextmanager
def opened_as(store: EvidenceStore, actor: str) -> Iterator[EvidenceStore]:
    """The same store while somebody else works on it."""
    before, store.actor = store.actor, actor
    try:
        yield store
    finally:
        store.actor = before


def guideline(id: str, version: str = "1", **fields: object) -> Evidence:
    return evidence(id, version, **{"organization": "NICE", "text": TEXT, **fields})


def trial(id: str, version: str = "1", **fields: object) -> Evidence:
    plain = {"organization": "Journal of Trials", "kind": "randomized_trial", "grade": None}
    return evidence(id, version, **{**plain, "text": f"A trial of {id} in 400 adults.", **fields})


def rules(done: Ingested) -> dict[str, list[str]]:
    """By ref, the rules that stopped it."""
    return {held.refs[0]: [stop.rule for stop in held.stops] for held in done.held}
