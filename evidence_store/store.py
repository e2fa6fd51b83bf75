"""The evidence store: a ledger that is the truth, and an index that can be rebuilt from it.

Rules kept here
- A store is a folder: ``ledger.db``, ``embeddings.db``, ``index/``, ``manifest.json``. The ledger alone is the truth;
  it may lie on PostgreSQL instead, where ``ledger.url`` says.
- Evidence is checked whole, then written to the ledger in one transaction, then put in the index in batches.
- Killed in between, nothing recorded is lost: ``verify`` says what the index lacks, a snapshot of what it has not seen
  is refused, and whatever is to be recorded next repairs it first, refused or not. So does ``reindex``.
- Ingesting the same evidence again changes nothing; the same name with other content is refused.
- Where publishers are registered, what a rule of ``quarantine/`` stops is held, and is no evidence until released.
- Opening, and searching by words, load no model.
- One process at a time owns a store; its threads may share it. Any number read it meanwhile, as it was when they came.

    with EvidenceStore.open(Path("evitrail-store"), create=True) as store:
        store.ingest(read_evidence(Path("evidence.jsonl"), known=store.headers))
        hits = store.snapshot(as_of=date(2019, 5, 1)).lexical("aspirin", k=5)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from evitrail.evidence_store.curation.lineage import changed, lineage_faults
from evitrail.evidence_store.curation.notices import Notice
from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction, Supersession, lineage_events
from evitrail.evidence_store.curation.workflow import Dossier
from evitrail.evidence_store.errors import EvidenceError, UnknownEvidenceError
from evitrail.evidence_store.fold import fold
from evitrail.evidence_store.index.chunk import Sentences
from evitrail.evidence_store.index.embed import Encoder
from evitrail.evidence_store.index.manifest import Mode
from evitrail.evidence_store.index.projection import Progress
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.known import Known
from evitrail.evidence_store.ledger.event import Draft, Event
from evitrail.evidence_store.ledger.ledger import utc_now
from evitrail.evidence_store.ledger.release import TAG, release, release_seq, releases
from evitrail.evidence_store.model import Evidence, Header, Stats, evidence_id
from evitrail.evidence_store.quarantine.acts import Act, judged, on_record
from evitrail.evidence_store.quarantine.admission import Ingested, admission
from evitrail.evidence_store.quarantine.held import Held, Quarantine, What
from evitrail.evidence_store.quarantine.kept_signatures import unproven_signatures
from evitrail.evidence_store.quarantine.voucher import Voucher, Vouchers
from evitrail.evidence_store.read_only import open_anywhere
from evitrail.evidence_store.recorded import Recorded
from evitrail.evidence_store.snapshot import Snapshot
from evitrail.evidence_store.store_folder import StoreParts
from evitrail.evidence_store.store_index import StoreIndex
from evitrail.evidence_store.store_manifest import Opening

CHUNKER = Sentences()


class EvidenceStore:
    """Takes evidence in, never changes what it took, and shows it as it stood at any time."""

    def __init__(self, parts: StoreParts, actor: str) -> None:
        self.path = parts.path
        self.actor = actor
        self._parts, self._ledger, self._lock = parts, parts.ledger, threading.RLock()
        self._index = StoreIndex(parts, lru_cache(maxsize=8192)(CHUNKER.cut))
        self.recorded = Recorded(parts.ledger, self._lock, lambda: self._index.seq, parts.read_only)

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
        rebuild: bool = False,
        read_only: bool = False,
    ) -> EvidenceStore:
        """The store in the folder ``path``, with ``create`` made if it is not there.

        ``index`` is ``edge``, ``local`` or a server's address; it and ``embedder`` are what the store was made with,
        for a new one ``edge`` and minilm. ``ledger`` is a PostgreSQL address, ``actor`` whose name its events carry.
        ``rebuild`` opens an earlier layout to reindex. ``read_only`` hinders nobody, and does not see what others
        record meanwhile. Raises ``StoreError``; ``IndexInUse`` where another process writes.
        """
        how = Opening(repr(CHUNKER), create, embedder, index, ledger, clock, rebuild, read_only)
        return cls(open_anywhere(Path(path), how), actor)

    @property
    def seq(self) -> int:
        """The last event's number."""
        return self.recorded.seq

    @property
    def headers(self) -> Mapping[str, Header]:
        """Every version published, by ref, with its end, standing and grade as known now; iterating is a scan."""
        return self.known.headers

    @property
    def known(self) -> Known:
        """All that is known now, what is not published too."""
        return self.recorded.now

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
            self.catch_up(progress)
            known = self.known
            there = known.find(item.ref for item in given)
            new = {item.ref: item for item in given if item.ref not in there}
            known.find(item.supersedes for item in given if item.supersedes)  # all at once
            pairs = [(item, there[item.ref].origin) for item in given if item.ref in there]
            faults = [changed(item, old.evidence) for item, old in pairs if old.id != evidence_id(item)]
            faults += lineage_faults([(item.ref, item) for item in given if item.ref in new], known.headers)
            if faults:
                raise InputError(faults)
            verdict = admission(self.recorded.batch(publisher, new, questions), known.headers)
            head = self._append(verdict.events, known.seq, progress)
        unchanged = tuple(item.ref for item in given if item.ref in there)
        held = tuple(self.quarantine.brought_before(one) or one for one in verdict.held)  # numbered by now
        published = tuple(item.ref for item in verdict.published)
        return Ingested(published=published, unchanged=unchanged, held=held, seq=head)

    def catch_up(self, progress: Progress | None = None) -> None:
        """Index what a process recorded that was killed before it was indexed."""
        with self._lock:
            self._index.follow(self.recorded, progress)

    def would_hold(
        self, evidence: Iterable[Evidence], publisher: Vouchers = None, questions: Iterable[str] = ()
    ) -> list[Held]:
        """What of this evidence ``ingest`` would hold; nothing is recorded."""
        with self._lock:
            new, known = {item.ref: item for item in evidence}, self.known
            for ref in known.find(new):
                del new[ref]
            return admission(self.recorded.batch(publisher, new, questions), known.headers).held

    def record(self, decided: Callable[[], tuple[list[str], list[Draft]]]) -> int:
        """Record what was decided while nobody else writes, all or none; returns the last event's number."""
        with self._lock:
            self.catch_up()
            faults, events = decided()
            if faults:
                raise EvidenceError("\n".join(faults))
            return self._append(events, self.seq)

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
        """Record acts of one type, or hold those that a rule stops; returns the last event's number.

        What the ledger says already is not recorded again.
        """

        def decided() -> tuple[list[str], list[Draft]]:
            new = [act for act in acts if not on_record(act, self.known, self._ledger.has_event)]
            return judged(what, new, self.recorded.batch(publisher), self.known)

        return self.record(decided)

    def tag(self, name: str, seq: int | None = None) -> int:
        """Name the store as it stood after event ``seq`` (now, if left out); a name is given once."""
        with self._lock:
            at = self.seq if seq is None else seq
            self.record(lambda: ([], [release(name, at, self.tags(), self.seq)]))
        return at

    def tags(self) -> dict[str, int]:
        """The named releases, each with the event up to which it goes."""
        return releases(self._ledger.events(about=TAG))

    def seq_of(self, name: str) -> int:
        """The ledger number that a person means by ``now``, a number, or a release's name."""
        return release_seq(name, self.tags(), self.seq)

    def snapshot(
        self, as_of: date | None = None, seq: int | None = None, *, unpublished: bool = False, exact: bool = False
    ) -> Snapshot:
        """The store after event ``seq`` on ``as_of``, drafts too if ``unpublished``; ``exact`` never approximates."""
        with self._lock:
            last = self.seq
            seq = last if seq is None else seq
            if not 0 <= seq <= last:
                raise EvidenceError(f"expected a ledger number from 0 to {last}, got {seq}")
            self._index.expect_seen(seq)
            searched = self._index.searched.exactly() if exact else self._index.searched
            return Snapshot(as_of, seq, self.recorded.known(seq), searched, unpublished=unpublished)

    def get(self, ref: str) -> Evidence:
        """A version as it was published."""
        if found := self.known.find([ref]):
            return found[ref].evidence
        raise UnknownEvidenceError(f"{self.path}: expected a version it holds, got {ref!r}; see `evitrail store list`")

    def events(self, after: int = 0) -> Iterator[Event]:
        """The ledger's events that follow ``after``, in order."""
        return self._ledger.events(after)

    def history(self, id: str) -> list[Event]:
        """Everything that happened to a lineage, in the order it was recorded."""
        if events := lineage_events(lambda about: self._ledger.events(about=about), id):
            return events
        raise UnknownEvidenceError(f"{self.path}: expected a lineage it holds, got {id!r}; see `evitrail store list`")

    def verify(self) -> list[str]:
        """All that is not as it should be in ledger, kept signatures, tables and index; empty means sound."""
        with self._lock:
            if faults := self._ledger.verify():
                return faults  # what a broken ledger says of the index means nothing
            versions, head = fold(self._ledger.events()), self._ledger.head()
            faults = unproven_signatures(self._ledger.events()) + self.recorded.faults(versions, head)
            return faults + self._index.faults(versions, head[0])

    def reindex(
        self, progress: Progress | None = None, embedder: Encoder | None = None, mode: Mode | None = None
    ) -> None:
        """Build tables and index again; for another model or way of searching beside the index, used until then."""
        with self._lock:
            self._parts.expect_writable()
            self.recorded.rebuild()
            self._index.rebuild(self.recorded, progress, embedder, mode)

    def stats(self) -> Stats:
        searched, known = self._index.searched, self.known
        counted = {"versions": len(known.headers), "lineages": known.lineages, "retracted": known.retracted}
        built = {key: getattr(searched.manifest, key) for key in ("engine", "search", "model")}
        return Stats(**counted, events=known.seq, passages=searched.index.count(), **built, head=self._ledger.head()[1])

    def close(self) -> None:
        """Let go of the folder; snapshots of it can no longer search."""
        self._index.close()
        self._ledger.close()
        if self._parts.copy is not None:
            self._parts.copy.cleanup()

    def _append(self, events: Sequence[Draft], after: int, progress: Progress | None = None) -> int:
        """Record these as the events that follow ``after`` and index them; returns the last event's number."""
        self._parts.expect_writable()
        head = self.recorded.append(events, actor=self.actor, after=after)
        self.catch_up(progress)
        return head

    def __enter__(self) -> EvidenceStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
