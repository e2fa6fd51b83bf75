"""What a store's ledger says, folded once and brought up to date as it grows.

Rules kept here
- A ledger that ends before what the index has seen has lost its tail, and is refused.
- Only events that were not folded yet are read; what was known at a number is kept for the last few numbers asked.
- Three folds of one ledger: the versions, the dossiers of curation, and the quarantine with its publishers.

Its threads share the store's lock, which whoever calls must hold or the store itself takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from evitrail.evidence_store.curation.workflow import Dossier, curated
from evitrail.evidence_store.fold import Version, fold
from evitrail.evidence_store.index.projection import expect_seen
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.batch import Batch, Published
from evitrail.evidence_store.quarantine.held import Quarantine, quarantined
from evitrail.evidence_store.quarantine.near_copies import sketch
from evitrail.evidence_store.quarantine.voucher import Vouchers
from evitrail.evidence_store.snapshot import FoldedLedger


class Recorded:
    """The folds of one ledger."""

    def __init__(self, ledger: Ledger, lock: threading.RLock, seen: Callable[[], int]) -> None:
        self._ledger, self._lock, self._seen = ledger, lock, seen
        self._folded: tuple[int, Mapping[str, Version]] = (0, {})
        self._dossiers: Mapping[str, Dossier] = {}
        self._quarantine = Quarantine()
        self.known = lru_cache(maxsize=16)(self._known_at)

    def versions(self) -> tuple[int, Mapping[str, Version]]:
        """The last event's number and the fold up to it."""
        with self._lock:
            seq, versions = self._folded
            seen = 0 if seq else self._seen()  # before the ledger is read: another process may add to both
            events = list(self._ledger.events(after=seq))
            expect_seen(self._ledger.dialect.where, seen, events[-1].seq if events else seq)
            if events:
                self._dossiers = curated(events, self._dossiers)
                self._quarantine = quarantined(events, self._quarantine)
                self._folded = (events[-1].seq, fold(events, versions))
            return self._folded

    @property
    def dossiers(self) -> Mapping[str, Dossier]:
        """Every version curated here, by ref."""
        self.versions()
        return self._dossiers

    @property
    def quarantine(self) -> Quarantine:
        """The publishers, and what is held."""
        self.versions()
        return self._quarantine

    def batch(
        self, vouchers: Vouchers, new: Mapping[str, Evidence] | None = None, questions: Iterable[str] = ()
    ) -> Batch:
        """What is known when something is to be judged now."""
        seq, versions = self.versions()
        published = {
            ref: Published(header, versions[ref].evidence.text, versions[ref].publisher)
            for ref, header in self.known(seq).headers.items()
        }
        today, asked = self._ledger.clock().date(), tuple(map(sketch, questions))
        return Batch(self.quarantine, published, vouchers, today, new or {}, asked)

    def _known_at(self, seq: int) -> FoldedLedger:
        return FoldedLedger.at(seq, self._ledger.hash_at(seq), self.versions()[1])
