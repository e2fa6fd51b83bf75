"""What was known on one day: the only thing a retriever may see.

Rules kept here
- A snapshot is fixed by ``as_of`` (a day in the world) and ``seq`` (how much of the ledger had been
  written). Events recorded later change nothing in it.
- Its ``id`` names all that decides its answers: the ledger up to ``seq``, the day, the index's manifest. An index that
  is searched approximately is another one after each write, and an older snapshot of it is refused.
- A plain search sees everything recorded, superseded and retracted versions too, as any vector database would;
  what of that to keep is decided in ``retrieval/gates/``. ``valid_only`` asks the index for what counted.
- What was written for one question (``BY_ID``) is served by its id; no search finds it, or it would leak its answer.
- Drafts and what the store's curators withdrew are not shown, unless the view is asked to be ``unpublished``.
- ``without`` is the same world with some versions never heard of, ``supposing`` with some retracted or graded
  otherwise, ``publishing`` with some drafts published; nothing else about it is recomputed.

    snapshot = store.snapshot(as_of=date(2019, 5, 1))
    for passage, score in snapshot.lexical("aspirin primary prevention", k=5):
        print(passage.id, score, snapshot.status(passage.ref))

Safe to search from several threads. There is no clock here: without ``as_of``, the newest versions are current.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.evidence_store.curation.review_due import due
from evitrail.evidence_store.curation.workflow import MARK
from evitrail.evidence_store.errors import StoreError, UnknownEvidenceError
from evitrail.evidence_store.headers import HeadersView
from evitrail.evidence_store.index.base import IndexHit, Sparse, VectorIndex, Where, day_number
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.index.embed import Encoder, Vectors
from evitrail.evidence_store.index.manifest import IndexManifest
from evitrail.evidence_store.index.words import query_words, weighted
from evitrail.evidence_store.known import Known
from evitrail.evidence_store.model import Evidence, Header, Passage
from evitrail.evidence_store.model import Status as Status
from evitrail.traces.record import Record, content_id


class Name(Record, stored_as="Name"):
    """All that decides what a snapshot answers; its content id is the snapshot's."""

    ledger: str
    as_of: date | None
    index: IndexManifest
    without: tuple[str, ...] = ()
    supposed: tuple[str, ...] = ()
    """``content_id`` of each header that stands in for the recorded one."""
    unpublished: bool = False
    published: tuple[str, ...] = ()
    """Drafts supposed to be published."""


@dataclass(frozen=True)
class Searched:
    """What a snapshot searches with: the store's index and the things the index was built with."""

    index: VectorIndex
    manifest: IndexManifest
    encoder: Encoder
    cut: Callable[[str], tuple[TextSpan, ...]]

    def exactly(self) -> Searched:
        """The same, searched exactly."""
        return replace(self, manifest=self.manifest.exactly())

    def dense(self, vector: Vectors, k: int, where: Where) -> list[IndexHit]:
        """The passages nearest in meaning, as the manifest says."""
        return self._same(self.index.search_dense(vector, k, where, exact=self.manifest.mode == "exact"))

    def lexical(self, terms: Sparse, k: int, where: Where) -> list[IndexHit]:
        """The passages that share the weightiest words."""
        return self._same(self.index.search_sparse(terms, k, where))

    def _same(self, found: list[IndexHit]) -> list[IndexHit]:
        """What was found, if the build that the manifest names is still there; else ``StoreError``."""
        if self.manifest.build and self.manifest.build != self.index.build:
            raise StoreError(
                "this snapshot's index is searched approximately and was written to since, so it would answer "
                "otherwise under the same name; take the snapshot again"
            )
        return found


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The store as it stood at ledger number ``seq``, asked about the day ``as_of``."""

    as_of: date | None
    seq: int
    _known: Known = field(repr=False)
    _searched: Searched = field(repr=False)
    _without: frozenset[str] = field(default=frozenset(), repr=False)
    supposed: Mapping[str, Header] = field(default_factory=dict, repr=False)
    """Headers that stand in for the recorded ones, by ref; see ``supposing``."""
    unpublished: bool = False
    """Whether drafts, and what was withdrawn, are shown."""
    _published: frozenset[str] = field(default=frozenset(), repr=False)
    """Drafts supposed to be published."""

    @cached_property
    def id(self) -> str:
        """The name of this view; equal names give equal answers."""
        without = tuple(sorted(self._without))
        supposed = tuple(sorted(map(content_id, self.supposed.values())))
        name = Name(
            ledger=self._known.ledger,
            as_of=self.as_of,
            index=self._searched.manifest,
            without=without,
            supposed=supposed,
            unpublished=self.unpublished,
            published=tuple(sorted(self._published)),
        )
        return content_id(name)

    @cached_property
    def headers(self) -> Mapping[str, Header]:
        """Every version known, by ref, with its end and retraction as known at ``seq``; iterating is a scan."""
        known = self._known.every if self.unpublished else self._known.headers
        return HeadersView(known, self.supposed, self._without) if self._without or self.supposed else known

    def evidence(self, ref: str) -> Evidence:
        """The version as it was published, with its text."""
        self._header(ref)
        return self._known[ref].evidence

    def passages(self, ref: str) -> list[Passage]:
        """The version's text in passages, in order."""
        header, known = self._header(ref), self._known[ref]
        cuts = self._searched.cut(known.evidence.text)
        return [known.passage(header, part, span) for part, span in enumerate(cuts)]

    def status(self, ref: str) -> Status:
        """What the version is worth on the day asked about."""
        header = self._header(ref)
        if header.retracted:
            return "retracted"
        row = self._known[ref].row
        if not row.published and MARK not in ref:
            return "withdrawn"
        if self.as_of is None:
            passed = any(draft.id == header.id and draft.valid_from > header.valid_from for draft in self._drafts)
            return "current" if row.newest and not passed else "superseded"
        if self.as_of < header.valid_from:
            return "not_yet"
        if header.holds_on(self.as_of):
            return "current"
        successors = (*self._known.successors(ref), *(d for d in self._drafts if d.supersedes == ref))
        taken_over = any(next_.valid_from <= self.as_of for next_ in successors)
        return "superseded" if taken_over else "expired"

    def profile(self, ref: str) -> Profile | None:
        """What raters say of the version, outcome by outcome; None where nobody recorded it."""
        self._header(ref)
        return self._known[ref].row.profile

    def publisher(self, ref: str) -> str | None:
        """Who vouched for the version when it was ingested; None where nobody did, and for what was curated here."""
        self._header(ref)
        return self._known[ref].origin.publisher

    def recorded(self, ref: str) -> int:
        """The number of the event that first recorded the version."""
        self._header(ref)
        return self._known[ref].origin.seq

    def related(self, ref: str) -> dict[str, Header]:
        """The versions of its lineage, itself among them, and those that say that they supersede it."""
        return {name: self.headers[name] for name in self._known.related(ref) if name in self.headers}

    def is_only_lineage(self, ref: str) -> bool:
        """Whether its publisher, or where none is known its organization, has no other lineage here."""
        of_source = self._known.of_its_source(ref)
        return not any(
            one.evidence.id != self._header(ref).id and one.evidence.ref in self.headers for one in of_source
        )

    def disputes(self, ref: str) -> tuple[Contradiction, ...]:
        """The contradictions on record that the version is in, with versions that this view knows."""
        self._header(ref)
        return tuple(one for one in self._known[ref].row.disputes if one.other(ref) in self.headers)

    def review_due(self, ref: str) -> date:
        """The day by which somebody should look at the version again; as its publisher says, else by rule."""
        return due(self._header(ref), self._known[ref].row.reviewed)

    def dense(self, query: str, k: int, valid_only: bool = False) -> list[tuple[Passage, float]]:
        """The ``k`` passages nearest to the query in meaning, with their cosine similarity."""
        vector = self._searched.encoder.encode([query])[0]
        return self._passages(self._searched.dense(vector, k, self._where(valid_only)))

    def lexical(self, query: str, k: int, valid_only: bool = False) -> list[tuple[Passage, float]]:
        """The ``k`` passages that match the query's words best, with their BM25 score."""
        words = query_words(query)
        terms = weighted(words, *self._known.words.counts(words, self._without, self._published))
        return self._passages(self._searched.lexical(terms, k, self._where(valid_only)))

    def similarities(self, text: str, others: Sequence[str]) -> list[float]:
        """How near each of the other texts is to ``text`` in meaning: cosines by the index's model, six digits."""
        vectors = self._searched.encoder.encode([text, *others]).astype("float64")
        return [round(float(one), 6) for one in vectors[1:] @ vectors[0]]

    def without(self, refs: Iterable[str]) -> Snapshot:
        """The same view in which these versions were never recorded."""
        return replace(self, _without=self._without | frozenset(refs))

    def supposing(self, headers: Iterable[Header]) -> Snapshot:
        """The same view with these headers in place of the recorded ones: what if one were retracted, or less sure?"""
        return replace(self, supposed=MappingProxyType({**self.supposed, **{h.ref: h for h in headers}}))

    def publishing(self, refs: Iterable[str]) -> Snapshot:
        """The same view with the last drafts of these versions published; raises ``UnknownEvidenceError``."""
        published = set()
        for ref in refs:
            mates = self._known.lineage(ref.partition("@")[0])
            drafts = [name for name in mates if MARK in name and (name == ref or name.startswith(f"{ref}{MARK}"))]
            if not drafts:
                raise UnknownEvidenceError(f"expected a version drafted here, got {ref!r}; see `evitrail store review`")
            published.add(drafts[-1])
        others = frozenset(self._known.unpublished) - published
        ended = [
            old.model_copy(update={"valid_to": new.valid_from})
            for new in (self._known[name].header for name in sorted(published))
            if (old := self.headers.get(new.supersedes or ""))
            and (old.valid_to is None or old.valid_to > new.valid_from)
        ]
        shown = replace(self, unpublished=True, _without=self._without | others, _published=frozenset(published))
        return shown.supposing(ended)

    @property
    def _drafts(self) -> list[Header]:
        return [self.headers[name] for name in sorted(self._published) if name in self.headers]

    def _where(self, valid_only: bool) -> Where:
        day = day_number(self.as_of) if self.as_of is not None else None
        # What is only supposed is not in the index's rectangles.
        touched = {ref for ref in self.supposed if ref in self.headers}
        if lineages := {draft.id for draft in self._drafts}:
            touched |= {ref for one in lineages for ref in self._known.lineage(one) if ref in self.headers}
        current = {ref for ref in touched if self.status(ref) == "current"} if valid_only else touched
        unseen = self._without | (touched - current) | self._known.by_id
        also = tuple(sorted(current)) if valid_only else ()
        return Where(self.seq, valid_only, day, tuple(sorted(unseen)), self.unpublished, also)

    def _header(self, ref: str) -> Header:
        if ref in self.headers:
            return self.headers[ref]
        others = [name for name in self._known.lineage(ref.split("@")[0]) if name in self.headers]
        hint = f"it has {', '.join(others)}" if others else "nothing of that lineage"
        raise UnknownEvidenceError(f"expected a version this snapshot knows, got {ref!r}; {hint}")

    def _passages(self, hits: Sequence[IndexHit]) -> list[tuple[Passage, float]]:
        known = self._known.find(hit.ref for hit in hits)  # all at once
        headers = {ref: self.supposed.get(ref, one.header) for ref, one in known.items()}
        return [
            (known[hit.ref].passage(headers[hit.ref], hit.part, TextSpan(hit.start, hit.end)), hit.score)
            for hit in hits
        ]
