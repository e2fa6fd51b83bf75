"""Looks things up in the read model's tables, on a connection that somebody else opened and closes.

Rules kept here
- Nothing here reads more than it is asked for: every question is answered by an index, or is a page of a scan.
- A row whose digest does not fit is an error that names it; so is one whose event is not there, or is about another.
- Names come in the order of their letters, whatever the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.errors import StoreError
from evitrail.evidence_store.fold import Validity, evidence_recorded
from evitrail.evidence_store.ledger.event import Event, understood
from evitrail.evidence_store.ledger.ledger import ASKED, Ledger
from evitrail.evidence_store.model import Evidence, evidence_id
from evitrail.evidence_store.read_model.tables import (
    FOLDED,
    RECTANGLE,
    TOPIC,
    VERSION,
    Row,
    digest_of,
    is_sound,
    validity,
)


@dataclass(frozen=True)
class Origin:
    """One version as its event recorded it; this never changes."""

    evidence: Evidence
    publisher: str | None
    seq: int
    """The event that recorded it."""

    @cached_property
    def id(self) -> str:
        """The content name of the version."""
        return evidence_id(self.evidence)


@dataclass(frozen=True)
class Tables:
    """The read model on one connection, and the ledger whose events it points to."""

    db: sa.Connection
    ledger: Ledger

    def folded(self) -> tuple[int, str, int] | None:
        """Up to which event the ledger was folded, the event's hash, and the layout; None where nothing was."""
        row = self.db.execute(sa.select(FOLDED).order_by(FOLDED.c.seq.desc()).limit(1)).first()
        return (row.seq, row.hash, row.layout) if row else None

    def origins(self, refs: Iterable[str]) -> dict[str, Origin]:
        """What was recorded of these versions, as far as they are there."""
        seqs = {row["ref"]: row["seq"] for row in self._rows(VERSION, VERSION.c.ref, refs)}
        events = {event.seq: event for event in self.ledger.events_at(seqs.values(), self.db)}
        return {ref: self._origin(ref, seq, events.get(seq)) for ref, seq in seqs.items()}

    def rectangles(self, refs: Iterable[str]) -> dict[str, tuple[Validity, ...]]:
        """All that was ever known of these versions, in order."""
        found: dict[str, list[Validity]] = {}
        for row in self._rows(RECTANGLE, RECTANGLE.c.ref, refs):
            known = found.setdefault(row["ref"], [])
            if known:
                known[-1] = replace(known[-1], seq_to=row["seq_from"])
            if not row["ended"]:
                known.append(validity(row))
        return {ref: tuple(known) for ref, known in found.items()}

    def lineages(self, ids: Iterable[str]) -> list[str]:
        """The versions of these lineages."""
        return sorted(row["ref"] for row in self._rows(VERSION, VERSION.c.lineage, ids))

    def superseding(self, ref: str) -> list[str]:
        """The versions that say that they supersede this one."""
        return sorted(row["ref"] for row in self._rows(VERSION, VERSION.c.supersedes, [ref]))

    def papers(self, dois: Iterable[str], pmids: Iterable[str]) -> list[str]:
        """The versions with one of these DOIs, in small letters, or PMIDs."""
        by_doi, by_pmid = self._rows(VERSION, VERSION.c.doi, dois), self._rows(VERSION, VERSION.c.pmid, pmids)
        return sorted({row["ref"] for rows in (by_doi, by_pmid) for row in rows})

    def of_source(self, publisher: str | None, organization: str, after: str, limit: int) -> list[str]:
        """The next versions by name of a publisher; of an organization where there is none."""
        column, name = ("organization", organization) if publisher is None else ("publisher", publisher)
        query = sa.select(VERSION.c.ref).where(VERSION.c[column] == digest_of(name), VERSION.c.ref > after)
        return list(self.db.scalars(query.order_by(VERSION.c.ref).limit(limit)))

    def by_id(self, seq: int) -> list[str]:
        """The versions recorded by event ``seq`` that no search finds."""
        where = sa.and_(VERSION.c.by_id == 1, VERSION.c.seq <= seq)
        return sorted(self.db.scalars(sa.select(VERSION.c.ref).where(where)))

    def ever(self, column: str, value: int, seq: int) -> list[str]:
        """The versions of which this was known once, by event ``seq``: ``published`` 0, or ``retracted`` 1."""
        where = sa.and_(RECTANGLE.c[column] == value, RECTANGLE.c.seq_from <= seq)
        return sorted(self.db.scalars(sa.select(RECTANGLE.c.ref).where(where).distinct()))

    def changed_since(self, seq: int) -> dict[str, int]:
        """The versions of which an event after ``seq`` changed what is known, in the order in which they were recorded.

        Each with the number of the event that recorded it.
        """
        changed = sa.select(RECTANGLE.c.ref).where(RECTANGLE.c.seq_from > seq)
        query = sa.select(VERSION.c.ref, VERSION.c.seq).where(VERSION.c.ref.in_(changed))
        return {row.ref: row.seq for row in self.db.execute(query.order_by(VERSION.c.seq, VERSION.c.ref))}

    def page(self, after: str, seq: int, limit: int = ASKED) -> list[str]:
        """The next versions by name, of those recorded by event ``seq``."""
        query = sa.select(VERSION.c.ref).where(VERSION.c.ref > after, VERSION.c.seq <= seq)
        return list(self.db.scalars(query.order_by(VERSION.c.ref).limit(limit)))

    def count(self, seq: int) -> int:
        """How many versions event ``seq`` and those before it recorded."""
        return int(self.db.scalar(sa.select(sa.func.count()).where(VERSION.c.seq <= seq)) or 0)

    def count_lineages(self) -> int:
        return int(self.db.scalar(sa.select(sa.func.count(VERSION.c.lineage.distinct()))) or 0)

    def events_about(self, topic: str, after: int = 0) -> list[Event]:
        """The events of a topic that follow ``after``, in order."""
        where = sa.and_(TOPIC.c.topic == topic, TOPIC.c.seq > after)
        seqs = self.db.scalars(sa.select(TOPIC.c.seq).where(where)).all()
        return self.ledger.events_at(seqs, self.db)

    def topics(self, prefix: str) -> list[str]:
        """Every topic that begins so."""
        where = sa.and_(TOPIC.c.topic >= prefix, TOPIC.c.topic < prefix[:-1] + chr(ord(prefix[-1]) + 1))
        return sorted(self.db.scalars(sa.select(TOPIC.c.topic).where(where).distinct()))

    def known_topics(self, topics: Collection[str]) -> set[str]:
        """Those of the topics that any event has."""
        return {
            topic
            for some in _portions(topics)
            for topic in self.db.scalars(sa.select(TOPIC.c.topic).where(TOPIC.c.topic.in_(some)).distinct())
        }

    def rows(self, table: sa.Table) -> Iterator[dict[str, Any]]:
        """Every row of a table as it lies there, in the order of its key."""
        for row in self.db.execute(sa.select(table).order_by(*table.primary_key.columns)):
            yield dict(row._mapping)

    def _rows(self, table: sa.Table, column: sa.Column[Any], values: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows with one of these values, by key."""
        for some in _portions(values):
            query = sa.select(table).where(column.in_(some)).order_by(*table.primary_key.columns)
            for row in map(dict, self.db.execute(query).mappings()):
                if not is_sound(row):
                    raise self._changed(row)
                yield row

    def torn(self, ref: str) -> StoreError:
        """That of one version not all rows are there."""
        said = f"the read model has not all rows of {ref!a}, or has rows of it that nothing explains"
        return StoreError(f"{self.ledger.dialect.where}: {said}; {DO}")

    def _origin(self, ref: str, seq: int, event: Event | None) -> Origin:
        if event is None or event.subject != ref:
            where = self.ledger.dialect.where
            raise StoreError(f"{where}: expected {ref} in event {seq}, got {event and event.subject}; {DO}")
        with understood(event):
            return Origin(evidence_recorded(event), event.body.get("publisher"), seq)

    def _changed(self, row: Row) -> StoreError:
        which = f"of {row['ref']!a}" + (f" from event {row['seq_from']!a}" if "seq_from" in row else "")
        said = f"the read model's row {which} is not as it was written"
        return StoreError(f"{self.ledger.dialect.where}: {said}; {DO}")


DO = "run `evitrail store reindex`, which builds it again from the ledger"
"""What to do about a read model that is not what the ledger says."""


def _portions(values: Iterable[str]) -> Iterator[Sequence[str]]:
    asked = sorted(set(values))
    return (asked[at : at + ASKED] for at in range(0, len(asked), ASKED))
