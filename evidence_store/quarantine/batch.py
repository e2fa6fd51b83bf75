"""What is known when something is judged: who vouches for it, whose the evidence is that it touches, and the day.

Rules kept here
- Pure; the day is an argument.
- Evidence belongs to the publisher that vouched for it, and to whoever has its lineage by name. What was ingested
  before there were publishers belongs to whoever speaks for its organization, unless its lineage was given to somebody.
- A publisher with a key vouches by its signature only.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.model import Evidence, Header
from evitrail.evidence_store.quarantine.held import Quarantine
from evitrail.evidence_store.quarantine.near_copies import Sketch, groups, may_be_near
from evitrail.evidence_store.quarantine.publisher import Publisher
from evitrail.evidence_store.quarantine.voucher import SignedBy, Voucher, Vouchers, publisher_of, voucher_of
from evitrail.traces.audit.signed_note import PublicKey


@dataclass(frozen=True)
class Published:
    """One version that is evidence, and who vouched for it."""

    header: Header
    text: str
    publisher: str | None


class PublishedVersions(Mapping[str, Published]):
    """What is published, by ref; to iterate over it is a scan."""

    @abstractmethod
    def lineage(self, id: str) -> list[str]:
        """The versions of a lineage, in the order of their refs."""


@dataclass(frozen=True)
class Batch:
    """What is judged together, and what is known then."""

    quarantine: Quarantine
    known: PublishedVersions
    vouchers: Vouchers
    today: date
    new: Mapping[str, Evidence] = field(default_factory=dict)
    """The versions of the batch, by ref."""
    questions: tuple[Sketch, ...] = ()
    """Of questions given with the batch; those registered are in the quarantine."""

    def voucher(self, ref: str) -> Voucher:
        return voucher_of(self.vouchers, ref)

    def publisher(self, ref: str) -> Publisher | None:
        """Who vouches for a version or an act; None where that is nobody who may, or is not proven."""
        name = publisher_of(self.voucher(ref))
        found = self.quarantine.publishers.get(name) if name is not None else None
        return found if found and not self.unproven(ref) else None

    def unknown(self, ref: str) -> str | None:
        """Why the publisher named is none of the store's; None where it is one."""
        name = publisher_of(self.voucher(ref))
        if name is None:
            return "no publisher vouches for it"
        if name in self.quarantine.publishers:
            return None
        if name in self.quarantine.revoked:
            return f"publisher {name!r} was revoked by event {self.quarantine.revoked[name]}"
        return f"publisher {name!r} is not registered{nearest(name, self.quarantine.publishers)}"

    def unproven(self, ref: str) -> str | None:
        """Why a publisher that has a key is not proven to vouch; None where it is, or has none."""
        voucher = self.voucher(ref)
        publisher = self.quarantine.publishers.get(publisher_of(voucher) or "")
        if publisher is None or publisher.key is None:
            return None
        if not isinstance(voucher, SignedBy):
            return f"publisher {publisher.name!r} has a key, and no signature came with it"
        return voucher.fault(PublicKey.parse(publisher.key))

    def proof(self, ref: str) -> SignedBy | None:
        """The signature that proves who vouches; None where no key asks for one, or it is not good."""
        voucher, publisher = self.voucher(ref), self.publisher(ref)
        return voucher if isinstance(voucher, SignedBy) and publisher and publisher.key else None

    def owns(self, publisher: Publisher | None, ref: str) -> bool:
        """Whether a published version, or one of the batch, is the publisher's own."""
        header, owner = self._owned(ref)
        if publisher is None or header is None:
            return False
        if publisher.has_lineage(header.id) or owner == publisher.name:
            return True
        return owner is None and not self.keepers(header.id) and publisher.speaks_for(header.organization)

    def owner(self, ref: str) -> str:
        """Whose a version is, in words."""
        header, owner = self._owned(ref)
        keepers = self.keepers(header.id) if header else []
        return owner or (f"{' and '.join(keepers)}, by its lineage" if keepers else "no publisher on record")

    def keepers(self, lineage: str) -> list[str]:
        """The publishers that a lineage was given to."""
        return sorted(one.name for one in self.quarantine.publishers.values() if one.has_lineage(lineage))

    def mates(self, evidence: Evidence) -> list[str]:
        """The published versions of the lineage."""
        return self.known.lineage(evidence.id)

    def new_mates(self, evidence: Evidence) -> list[str]:
        """The other versions of the lineage in this batch."""
        return [ref for ref in self._new_by_lineage[evidence.id] if ref != evidence.ref]

    @cached_property
    def sketches(self) -> tuple[Sketch, ...]:
        """Of all questions that a text may be a copy of."""
        return (*self.questions, *(one for some in self.quarantine.questions.values() for one in some))

    @cached_property
    def near(self) -> Mapping[str, tuple[str, ...]]:
        """For each version of the batch, all that are near copies with it, itself among them."""
        new = {ref: one.text for ref, one in self.new.items()}
        texts = may_be_near(((ref, one.text) for ref, one in self.known.items()), new.values()) | new
        return {ref: tuple(group) for group in groups(texts) for ref in group if ref in self.new}

    @cached_property
    def _new_by_lineage(self) -> Mapping[str, list[str]]:
        return _grouped(self.new.values())

    def _owned(self, ref: str) -> tuple[Header | None, str | None]:
        if ref in self.known:
            return self.known[ref].header, self.known[ref].publisher
        return self.new.get(ref), publisher_of(self.voucher(ref))


def _grouped(headers: Iterable[Header]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for header in headers:
        found.setdefault(header.id, []).append(header.ref)
    return found
