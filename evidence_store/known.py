"""What was known at one ledger number: looked up in the read model when it is asked for, and cached.

Rules kept here
- What was known at a number never changes, so what was looked up once is kept; a cache that is full is emptied.
- Only what is asked for is looked up. To iterate over ``headers`` is a scan, in portions.
- Published is what a plain view shows; ``every`` has drafts and withdrawn versions too.

    known = Known(model, seq=412, ledger="sha256:…")
    known["aspirin@2022"].row.newest
    known.successors("aspirin@2016")
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from evitrail.evidence_store.errors import UnknownEvidenceError
from evitrail.evidence_store.fold import Validity, known_header
from evitrail.evidence_store.headers import Headers
from evitrail.evidence_store.index.chunk import TextSpan
from evitrail.evidence_store.known_words import KnownWords
from evitrail.evidence_store.model import Evidence, Header, Passage
from evitrail.evidence_store.read_model.read_model import ReadModel, cached
from evitrail.evidence_store.read_model.selecting import Origin

FEW = 50
"""Versions of a source that are looked up at once: of most, a few are enough."""


@dataclass(frozen=True)
class KnownVersion:
    """One version, and what was known of it."""

    origin: Origin
    row: Validity
    _passages: dict[tuple[int, TextSpan], Passage] = field(default_factory=dict, repr=False, compare=False)

    @property
    def evidence(self) -> Evidence:
        """The version as it was published."""
        return self.origin.evidence

    @cached_property
    def header(self) -> Header:
        """Its header with the end, the standing and the grade known."""
        return known_header(self.origin.evidence, self.row)

    def passage(self, header: Header, part: int, span: TextSpan) -> Passage:
        """One passage of it, under the header known, or one that is supposed."""
        if header is not self.header:
            return self._cut(header, part, span)
        if (part, span) not in self._passages:
            self._passages[part, span] = self._cut(header, part, span)
        return self._passages[part, span]

    def _cut(self, header: Header, part: int, span: TextSpan) -> Passage:
        start, end = span
        text = self.evidence.text[start:end]
        return Passage(header=header, evidence_id=self.origin.id, part=part, start=start, end=end, text=text)


@dataclass(frozen=True, eq=False)
class Known:
    """All that was known once event ``seq`` was written; shared by the snapshots at that number."""

    model: ReadModel = field(repr=False)
    seq: int
    ledger: str
    """The ledger's hash there."""
    _versions: dict[str, KnownVersion] = field(default_factory=dict, repr=False)
    _successors: dict[str, tuple[Header, ...]] = field(default_factory=dict, repr=False)

    def find(self, refs: Iterable[str]) -> dict[str, KnownVersion]:
        """These versions, drafts and withdrawn ones too, as far as they were known; in the order of their refs."""
        asked = sorted(set(refs))
        found = {ref: known for ref in asked if (known := self._versions.get(ref)) is not None}
        if missing := [ref for ref in asked if ref not in found]:
            new = self._looked_up(missing)
            found |= cached(self._versions, new)
        return {ref: found[ref] for ref in asked if ref in found}

    def __contains__(self, ref: str) -> bool:
        return ref in self.find([ref])

    def __getitem__(self, ref: str) -> KnownVersion:
        if (found := self.find([ref]).get(ref)) is None:
            raise UnknownEvidenceError(f"expected a version known after event {self.seq}, got {ref!r}")
        return found

    @cached_property
    def headers(self) -> Headers:
        """What is published."""
        return KnownHeaders(self, published=True)

    @cached_property
    def every(self) -> Headers:
        """What is published, drafted or withdrawn."""
        return KnownHeaders(self, published=False)

    @cached_property
    def words(self) -> KnownWords:
        """How rare each word was."""
        return KnownWords(self.model, self.seq)

    @cached_property
    def by_id(self) -> frozenset[str]:
        """What no search finds: it was written for one question."""
        with self.model.tables() as tables:
            return frozenset(tables.by_id(self.seq))

    @cached_property
    def unpublished(self) -> tuple[str, ...]:
        """Drafts, and what was withdrawn."""
        return tuple(ref for ref, known in self._ever("published", 0).items() if not known.row.published)

    @cached_property
    def retracted(self) -> int:
        """How many published versions are retracted."""
        return sum(known.row.retracted and known.row.published for known in self._ever("retracted", 1).values())

    @cached_property
    def lineages(self) -> int:
        """How many lineages have a published version; as of the last event."""
        with self.model.tables() as tables:
            recorded, hidden = tables.count_lineages(), tables.ever("published", 0, self.seq)
        unseen = {ref.partition("@")[0] for ref in hidden}
        return recorded - sum(not self._is_published(lineage) for lineage in unseen)

    def lineage(self, id: str) -> list[str]:
        """The versions of a lineage, drafts and withdrawn ones too."""
        with self.model.tables() as tables:
            refs = tables.lineages([id])
        return list(self.find(refs))

    def related(self, ref: str) -> dict[str, KnownVersion]:
        """The versions of its lineage, and those that say that they supersede it."""
        with self.model.tables() as tables:
            refs = [*tables.lineages([ref.partition("@")[0]]), *tables.superseding(ref)]
        return self.find(refs)

    def of_its_source(self, ref: str) -> Iterator[KnownVersion]:
        """The versions of its publisher; where nobody vouched for it, those that name its organization."""
        origin, last = self[ref].origin, ""
        while True:
            with self.model.tables() as tables:
                refs = tables.of_source(origin.publisher, origin.evidence.organization, last, FEW)
            yield from self.find(refs).values()
            if not refs:
                return
            last = refs[-1]

    def successors(self, ref: str) -> tuple[Header, ...]:
        """What supersedes a published version, and the later versions of its lineage."""
        if ref not in self._successors:
            self._successors[ref] = self._looked_up_successors(ref)
        return self._successors[ref]

    def count(self) -> int:
        """How many versions are published, drafted or withdrawn."""
        with self.model.tables() as tables:
            recorded, hidden = tables.count(self.seq), tables.ever("published", 0, self.seq)
        return recorded - (len(hidden) - len(self.find(hidden)))  # drafts that ended are known no more

    def _looked_up(self, refs: Collection[str]) -> dict[str, KnownVersion]:
        with self.model.tables() as tables:
            found, recorded = tables.rectangles(refs), self.model.origins(tables, refs)
        # Between the two another process may have recorded more, which is none of what was known then.
        rows = {ref: known for ref, known in found.items() if known[0].seq_from <= self.seq}
        origins = {ref: origin for ref, origin in recorded.items() if origin.seq <= self.seq}
        for ref in rows.keys() | origins.keys():
            if ref not in rows or ref not in origins or rows[ref][0].seq_from != origins[ref].seq:
                raise tables.torn(ref)
        then = {ref: next((row for row in rows[ref] if row.known_at(self.seq)), None) for ref in rows}
        return {ref: KnownVersion(origins[ref], row) for ref, row in then.items() if row is not None}

    def _looked_up_successors(self, ref: str) -> tuple[Header, ...]:
        known = self.find([ref]).get(ref)
        if known is None or not known.row.published:
            return ()
        published = [one for one in self.related(ref).values() if one.row.published]
        later = [one.header for one in published if _is_later(one.evidence, known.evidence)]
        by_name = [one.header for one in published if one.evidence.supersedes == ref]
        by_edge = [one.header for one in self.find(known.row.successors).values()]
        return (*later, *by_name, *by_edge)

    def _is_published(self, lineage: str) -> bool:
        return any(one.row.published for one in self.find(self.lineage(lineage)).values())

    def _ever(self, column: str, value: int) -> dict[str, KnownVersion]:
        """The versions, as known, of which this was known at some time."""
        with self.model.tables() as tables:
            refs = tables.ever(column, value, self.seq)
        return self.find(refs)


def _is_later(one: Evidence, other: Evidence) -> bool:
    return one.id == other.id and one.valid_from > other.valid_from


class KnownHeaders(Headers):
    """The headers at one ledger number."""

    def __init__(self, known: Known, *, published: bool) -> None:
        self._known, self._published = known, published

    def __getitem__(self, ref: str) -> Header:
        return self._shown([ref])[ref]

    def __iter__(self) -> Iterator[str]:
        last, known = "", self._known
        while True:
            with known.model.tables() as tables:
                refs = tables.page(last, known.seq)
            yield from self._shown(refs)
            if not refs:
                return
            last = refs[-1]

    def __len__(self) -> int:
        return self._known.count() - (len(self._known.unpublished) if self._published else 0)

    def named(self, names: Collection[str]) -> dict[str, Header]:
        dois = [name.removeprefix("doi:").lower() for name in names if name.startswith("doi:")]
        pmids = [name.removeprefix("pmid:") for name in names if name.startswith("pmid:")]
        lineages = {name.partition("@")[0] for name in names if ":" not in name}
        with self._known.model.tables() as tables:
            papers = tables.papers(dois, pmids)
            refs = tables.lineages({*lineages, *(ref.partition("@")[0] for ref in papers)})
        return self._shown(refs)

    def _shown(self, refs: Iterable[str]) -> dict[str, Header]:
        found = self._known.find(refs)
        return {ref: one.header for ref, one in found.items() if one.row.published or not self._published}
