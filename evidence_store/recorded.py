"""What a store's ledger says now, and said at any number: asked of the read model, never by reading the ledger.

Rules kept here
- A ledger that ends before what the index has seen has lost its tail, and is refused.
- Where the store is only read, nothing is known that the index, a copy, has not seen: another process may be writing.
- What was known at a number is kept for the last few numbers asked.
- Publishers and what is held are folded from their own events; so is each dossier of curation, when it is asked for.

Its threads share the store's lock, which whoever calls must hold or the store itself takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from evitrail.evidence_store.curation.workflow import Dossier, curated
from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.fold import Version
from evitrail.evidence_store.index.projection import Changed, expect_seen
from evitrail.evidence_store.known import Known
from evitrail.evidence_store.ledger.event import Draft
from evitrail.evidence_store.ledger.ledger import Ledger
from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.batch import Batch, Published, PublishedVersions
from evitrail.evidence_store.quarantine.held import Quarantine, quarantined
from evitrail.evidence_store.quarantine.near_copies import sketch
from evitrail.evidence_store.quarantine.voucher import Vouchers
from evitrail.evidence_store.read_model.drift import drift
from evitrail.evidence_store.read_model.read_model import ReadModel
from evitrail.evidence_store.read_model.writing import CURATION, QUARANTINE, topic_rows
from evitrail.traces.log import get_logger


class Recorded:
    """What one ledger says."""

    def __init__(self, ledger: Ledger, lock: threading.RLock, seen: Callable[[], int], read_only: bool) -> None:
        self.model = ReadModel(ledger)
        self._ledger, self._lock, self._seen, self._read_only = ledger, lock, seen, read_only
        self._opened = False
        self._quarantine = (0, Quarantine())
        self._known = lru_cache(maxsize=16)(self._known_at)

    @property
    def seq(self) -> int:
        """The last event's number; what was recorded up to it can be asked for."""
        with self._lock:
            seen = 0 if self._opened else self._seen()  # before the ledger is read: another process may add to both
            head = self._ledger.head()
            expect_seen(self._ledger.dialect.where, seen, head[0])
            self.model.follow(head)
            if self._read_only and not self._opened and seen < head[0]:
                told = {"seen": seen, "recorded": head[0], "do": "if nobody is writing, run `evitrail store reindex`"}
                get_logger().warning("the store is read as far as its index has seen it", **told)
            self._opened = True
            return self._seen() if self._read_only else head[0]

    def known(self, seq: int) -> Known:
        """What was known once event ``seq`` was written."""
        return self._known(seq)

    @property
    def now(self) -> Known:
        """What is known now."""
        return self.known(self.seq)

    @property
    def dossiers(self) -> Mapping[str, Dossier]:
        """Every version curated here, by ref."""
        return Dossiers(self.model, self.seq)

    @property
    def quarantine(self) -> Quarantine:
        """The publishers, and what is held."""
        with self._lock:
            now, (seq, before) = self.seq, self._quarantine
            if now != seq:
                with self.model.tables() as tables:
                    events = tables.events_about(QUARANTINE, after=seq)
                self._quarantine = (now, quarantined(events, before) if events else before)
            return self._quarantine[1]

    def append(self, drafts: Sequence[Draft], *, actor: str, after: int) -> int:
        """Record these as the events that follow ``after``, all or none; returns the last event's number."""
        return self.model.append(drafts, actor=actor, after=after)

    def changed_since(self, seq: int) -> Changed:
        """The versions of which an event after ``seq`` changed what is known."""
        with self.model.tables() as tables:
            return Changed(tables.changed_since(seq), self._versions)

    def _versions(self, refs: Sequence[str]) -> list[Version]:
        """These versions, with all that ever was known of them."""
        with self.model.tables() as tables:
            origins, rows = tables.origins(refs), tables.rectangles(refs)
        return [Version(origins[ref].evidence, rows[ref], origins[ref].publisher) for ref in refs]

    def batch(
        self, vouchers: Vouchers, new: Mapping[str, Evidence] | None = None, questions: Iterable[str] = ()
    ) -> Batch:
        """What is known when something is to be judged now."""
        today, asked = self._ledger.clock().date(), tuple(map(sketch, questions))
        return Batch(self.quarantine, _Published(self.now), vouchers, today, new or {}, asked)

    def faults(self, versions: Mapping[str, Version], head: tuple[int, str]) -> list[str]:
        """Where the tables are not what the fold of the ledger, ``versions``, says; empty when they are."""
        try:
            self.model.follow(head)
        except StoreError as error:
            return [str(error)]
        with self.model.tables() as tables:
            return drift(tables, versions, topic_rows(self._ledger.events(), set()))

    def rebuild(self) -> None:
        """Fold the ledger again from its first event."""
        with self._lock:
            self.model.rebuild()
            self._quarantine = (0, Quarantine())
            self._known.cache_clear()

    def _known_at(self, seq: int) -> Known:
        return Known(self.model, seq, self._ledger.hash_at(seq))


class Dossiers(Mapping[str, Dossier]):
    """Where each version stands that is curated here, looked up when it is asked for."""

    def __init__(self, model: ReadModel, seq: int) -> None:
        self._model, self._seq = model, seq

    def __getitem__(self, ref: str) -> Dossier:
        with self._model.tables() as tables:
            events = [event for event in tables.events_about(CURATION + ref) if event.seq <= self._seq]
        return curated(events)[ref]

    def __iter__(self) -> Iterator[str]:
        with self._model.tables() as tables:
            topics = tables.topics(CURATION)
        return (topic.removeprefix(CURATION) for topic in topics)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Published(PublishedVersions):
    """What is published now, looked up when it is asked for."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def __getitem__(self, ref: str) -> Published:
        one = self._known.find([ref]).get(ref)
        if one is None or not one.row.published:
            raise KeyError(ref)
        return Published(one.header, one.evidence.text, one.origin.publisher)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known.headers)

    def __len__(self) -> int:
        return len(self._known.headers)

    def lineage(self, id: str) -> list[str]:
        return [ref for ref in self._known.lineage(id) if ref in self]
