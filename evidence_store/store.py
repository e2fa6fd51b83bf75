"""The evidence store: a ledger that is the truth, and an index that can be rebuilt from it.

Rules kept here
- A store is a folder: ``ledger.db``, ``embeddings.db``, ``index/``, ``manifest.json``. The ledger alone is the truth;
  it may lie on PostgreSQL instead, where ``ledger.url`` says.
- Evidence is checked whole, then written to the ledger in one transaction, then put in the index in batches.
- Killed in between, nothing recorded is lost: ``verify`` says what the index lacks, a snapshot of what
  it has not seen is refused, and the next ``ingest`` or ``reindex`` repairs it.
- Ingesting the same evidence again changes nothing; the same name with other content is refused.
- Where publishers are registered, what a rule of ``quarantine/`` stops is held, and is no evidence until released.
- Opening, and searching by words, load no model.

    with EvidenceStore.open(Path("evitrail-store"), create=True) as store:
        store.ingest(read_evidence(Path("evidence.jsonl"), known=store.headers))
        hits = store.snapshot(as_of=date(2019, 5, 1)).lexical("aspirin", k=5)

One process at a time owns a store; its threads may share it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from evitrail.evidence_store.curation.lineage import changed, lineage_faults
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import EDGE, Contradiction, Supersession, names
from evitrail.evidence_store.curation.workflow import Dossier
from evitrail.evidence_store.errors import EvidenceError, UnknownEvidenceError
from evitrail.evidence_store.fold import fold
from evitrail.evidence_store.index.chunk import Sentences
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.index.projection import Progress
from evitrail.evidence_store.index.unread import Unread, unread
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.ledger.event import Draft, Event
from evitrail.evidence_store.ledger.ledger import utc_now
from evitrail.evidence_store.ledger.release import TAG, release, release_seq, releases
from evitrail.evidence_store.model import Evidence, Header, Stats, evidence_id, indexed_text
from evitrail.evidence_store.quarantine.acts import Act, judged
from evitrail.evidence_store.quarantine.admission import Ingested, admission
from evitrail.evidence_store.quarantine.held import Held, Quarantine, What
from evitrail.evidence_store.quarantine.voucher import Voucher, Vouchers
from evitrail.evidence_store.recorded import Recorded
from evitrail.evidence_store.snapshot import FoldedLedger, Snapshot
from evitrail.evidence_store.store_folder import StoreParts, open_parts
from evitrail.evidence_store.store_index import StoreIndex

CHUNKER = Sentences()


class EvidenceStore:
    """Takes evidence in, never changes what it took, and shows it as it stood at any time."""

    def __init__(self, parts: StoreParts, actor: str) -> None:
        self.path = parts.path
        self.actor = actor
        self._ledger = parts.ledger
        self._index = StoreIndex(parts, lru_cache(maxsize=8192)(CHUNKER.cut))
        self._lock = threading.RLock()
        self.recorded = Recorded(parts.ledger, self._lock, lambda: self._index.seq)

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        create: bool = False,
        embedder: Encoder | None = None,
        index: str | None = None,
        ledger: str | None = None,
        actor: str = "evitrail",
        clock: Callable[[], datetime] = utc_now,
    ) -> EvidenceStore:
        """The store in the folder ``path``, with ``create`` made if it is not there.

        ``index`` is ``edge`` (the default), ``local`` or a server's address, and ``embedder`` the minilm model;
        left out, both are what the store was made with. ``ledger`` is the PostgreSQL address of a ledger that is not
        in the folder. ``actor`` is whose name its events will carry.
        """
        parts = open_parts(
            Path(path), create=create, embedder=embedder, index=index, chunker=repr(CHUNKER), clock=clock, ledger=ledger
        )
        return cls(parts, actor)

    @property
    def seq(self) -> int:
        """The last event's number."""
        return self.recorded.versions()[0]

    @property
    def headers(self) -> Mapping[str, Header]:
        """Every version published, by ref, with its end, its standing and its grade as known now."""
        return self.known.headers

    @property
    def known(self) -> FoldedLedger:
        """All that is known now, what is not published too."""
        return self.recorded.known(self.seq)

    @property
    def dossiers(self) -> Mapping[str, Dossier]:
        """Every version curated here, by ref, with where it stands; see ``curator.py``."""
        return self.recorded.dossiers

    @property
    def quarantine(self) -> Quarantine:
        """The publishers, and what is held: ``registrar.py``, ``reviewer.py``."""
        return self.recorded.quarantine

    @property
    def encoder(self) -> Encoder:
        """The model the index was built with, its vectors cached in this store."""
        return self._index.searched.encoder

    def ingest(
        self,
        evidence: Iterable[Evidence],
        progress: Progress | None = None,
        *,
        publisher: Vouchers = None,
        questions: Iterable[str] = (),
    ) -> Ingested:
        """Record evidence and make it searchable: all of it, or none when anything is wrong.

        ``publisher`` vouches for it: a name, a ``SignedBy``, or one of these by ref. Where publishers are registered,
        what a rule stops is held; ``questions`` are texts that no evidence may be a near copy of.
        """
        given = list(evidence)
        with self._lock:
            seq, versions = self.recorded.versions()
            new = {item.ref: item for item in given if item.ref not in versions}
            pairs = [(item, versions[item.ref]) for item in given if item.ref in versions]
            faults = [changed(item, known.evidence) for item, known in pairs if known.id != evidence_id(item)]
            faults += lineage_faults([(item.ref, item) for item in given if item.ref in new], self.headers)
            if faults:
                raise InputError(faults)
            verdict = admission(self.recorded.batch(publisher, new, questions), self.headers)
            head = self._ledger.append_many(verdict.events, actor=self.actor, after=seq)
            self._index.follow(self.recorded, progress)
        unchanged = tuple(item.ref for item in given if item.ref in versions)
        published = tuple(item.ref for item in verdict.published)
        held = tuple(self.quarantine.brought_before(one) or one for one in verdict.held)  # numbered by now
        return Ingested(published=published, unchanged=unchanged, held=held, seq=head)

    def unread(self, refs: Iterable[str]) -> Unread | None:
        """What of these versions' passages is beyond the model's window; None where the model does not tell."""
        versions = map(self.get, refs)
        cuts = ((version, span) for version in versions for span in CHUNKER.cut(version.text))
        return unread(self.encoder, (indexed_text(v.title, v.text[span.start : span.end]) for v, span in cuts))

    def would_hold(
        self, evidence: Iterable[Evidence], publisher: Vouchers = None, questions: Iterable[str] = ()
    ) -> list[Held]:
        """What of this evidence ``ingest`` would hold; nothing is recorded."""
        with self._lock:
            known = self.known
            new = {item.ref: item for item in evidence if item.ref not in known.versions}
            return admission(self.recorded.batch(publisher, new, questions), known.headers).held

    def record(self, decided: Callable[[], tuple[list[str], list[Draft]]]) -> int:
        """Record what was decided while nobody else writes: all of it, or none where there is a fault.

        Returns the last event's number; snapshots of earlier numbers stay as they were.
        """
        with self._lock:
            faults, events = decided()
            if faults:
                raise EvidenceError("\n".join(faults))
            head = self._ledger.append_many(events, actor=self.actor, after=self.seq)
            self._index.follow(self.recorded)
            return head

    def retract(self, ref: str, reason: str, *, publisher: Voucher = None) -> int:
        """Record that a version was retracted."""
        self.get(ref)
        return self.notify([Notice(ref=ref, nature="retraction", reason=reason)], publisher=publisher)

    def notify(self, notices: Sequence[Notice], *, publisher: Voucher = None) -> int:
        """Record what publishers say of versions. Where a rule stops this, or what follows, it is held."""
        return self.judge("notice", notices, publisher)

    def assess(self, profiles: Sequence[Profile], *, publisher: Voucher = None) -> int:
        """Record how sure raters are of versions, outcome by outcome."""
        return self.judge("assessment", profiles, publisher)

    def supersede(self, edge: Supersession, *, publisher: Voucher = None) -> int:
        """Record that versions took over from others, and end those that no longer hold."""
        return self.judge("supersession", [edge], publisher)

    def dispute(self, edge: Contradiction, *, publisher: Voucher = None) -> int:
        """Record that two versions contradict each other, or how that was resolved."""
        return self.judge("contradiction", [edge], publisher)

    def judge(self, what: What, acts: Sequence[Act], publisher: Voucher = None) -> int:
        """Record acts of one type, or hold those that a rule stops; returns the last event's number."""
        return self.record(lambda: judged(what, acts, self.recorded.batch(publisher), self.known))

    def tag(self, name: str, seq: int | None = None) -> int:
        """Name the store as it stood after event ``seq`` (now, if left out); a name is given once."""
        with self._lock:
            tags, last = self.tags(), self.seq
            seq = last if seq is None else seq
            draft = release(name, seq, tags, last)
            self._ledger.append_many([draft], actor=self.actor, after=last)
            self._index.follow(self.recorded)  # nothing to index, and yet the index has seen it
            return seq

    def tags(self) -> dict[str, int]:
        """The named releases, each with the event up to which it goes."""
        return releases(self._ledger.events(about=TAG))

    def seq_of(self, name: str) -> int:
        """The ledger number that a person means by ``now``, a number, or a release's name."""
        return release_seq(name, self.tags(), self.seq)

    def snapshot(self, as_of: date | None = None, seq: int | None = None, *, unpublished: bool = False) -> Snapshot:
        """The store as it stood after event ``seq`` (the last one if left out), asked about the day ``as_of``.

        ``unpublished`` shows drafts and withdrawn versions too.
        """
        with self._lock:
            last = self.seq
            seq = last if seq is None else seq
            if not 0 <= seq <= last:
                raise EvidenceError(f"expected a ledger number from 0 to {last}, got {seq}")
            self._index.expect_seen(seq)
            return Snapshot(as_of, seq, self.recorded.known(seq), self._index.searched, unpublished=unpublished)

    def get(self, ref: str) -> Evidence:
        """A version as it was published."""
        versions = self.recorded.versions()[1]
        if ref not in versions:
            said = f"{self.path}: expected a version it holds, got {ref!r}"
            raise UnknownEvidenceError(f"{said}; see `evitrail store list`")
        return versions[ref].evidence

    def events(self, after: int = 0) -> Iterator[Event]:
        """The ledger's events that follow ``after``, in the order they were recorded."""
        return self._ledger.events(after)

    def history(self, id: str) -> list[Event]:
        """Everything that happened to a lineage, in the order it was recorded."""
        events = [*self._ledger.events(about=f"{id}@"), *(e for e in self._ledger.events(about=EDGE) if names(e, id))]
        if not events:
            said = f"{self.path}: expected a lineage it holds, got {id!r}"
            raise UnknownEvidenceError(f"{said}; see `evitrail store list`")
        return sorted(events, key=lambda event: event.seq)

    def verify(self) -> list[str]:
        """All that is not as it should be in ledger and index; empty means sound."""
        with self._lock:
            if faults := self._ledger.verify():
                return faults  # what a broken ledger says of the index means nothing
            return self._index.faults(fold(self._ledger.events()), self._ledger.head()[0])

    def reindex(self, progress: Progress | None = None, embedder: Encoder | None = None) -> None:
        """Build the index again from the ledger; for another model beside the old one, which is searched until then."""
        with self._lock:
            self._index.rebuild(self.recorded, progress, embedder)

    def stats(self) -> Stats:
        searched = self._index.searched
        return Stats(
            versions=len(self.headers),
            lineages=len({header.id for header in self.headers.values()}),
            retracted=sum(header.retracted for header in self.headers.values()),
            events=self.seq,
            passages=searched.index.count(),
            engine=searched.manifest.engine,
            model=searched.manifest.model,
            head=self._ledger.head()[1],
        )

    def close(self) -> None:
        """Let go of the folder; snapshots of it can no longer search."""
        self._index.close()
        self._ledger.close()

    def __enter__(self) -> EvidenceStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
