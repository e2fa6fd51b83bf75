"""Writes events into the read model: the versions that they concern are looked up, folded on, and what is new is added.

Rules kept here
- Events are taken in the order of the ledger, each once; what they change is found by index, whatever the ledger holds.
- All of a batch is written in the transaction it is given, with the number and hash of its last event.
- The rules of the fold are those of ``fold.py``; here is only what of it must be looked up, and where it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.curation.relations import Contradiction, Supersession
from evitrail.evidence_store.curation.workflow import MARK, STAGES
from evitrail.evidence_store.fold import Version, fold
from evitrail.evidence_store.ledger.event import (
    ASSESSED,
    BATCH_SIGNED,
    CLOSED,
    DISPUTED,
    DRAFTED,
    HELD,
    OF_PUBLISHERS,
    PUBLISHED,
    STANDING,
    SUPERSEDED,
    Event,
    understood,
)
from evitrail.evidence_store.read_model.selecting import Tables
from evitrail.evidence_store.read_model.tables import (
    FOLDED,
    LAYOUT,
    RECTANGLE,
    TOPIC,
    VERSION,
    Row,
    rectangle_row,
    rectangle_rows,
    version_row,
)
from evitrail.evidence_store.read_model.word_counts import write_counts

QUARANTINE = "quarantine"
"""The topic of publishers, questions and what is held."""
CURATION, HELD_EVIDENCE = "curation:", "held:"
"""How the topics of one version's curation, and of what was held of it, begin."""


def write(tables: Tables, events: Sequence[Event]) -> None:
    """Take events that follow those taken before, in the transaction of the tables' connection."""
    db = tables.db
    before = _concerned(tables, events)
    after = fold(events, before)
    new = [version for ref, version in after.items() if ref not in before]
    _insert(db, VERSION, (version_row(one) for one in new))
    _insert(db, RECTANGLE, (row for one in new for row in rectangle_rows(one.evidence.ref, one.rows)))
    _insert(db, RECTANGLE, (row for ref, old in before.items() for row in _later(ref, old, after[ref])))
    write_counts(db, before, after)
    published = [event.subject for event in events if event.type == PUBLISHED]
    asked = [f"{prefix}{ref}" for ref in published for prefix in (CURATION, HELD_EVIDENCE)]
    _insert(db, TOPIC, topic_rows(events, tables.known_topics(asked)))
    last = events[-1]
    db.execute(sa.insert(FOLDED), [{"seq": last.seq, "hash": last.hash, "layout": LAYOUT}])


def _later(ref: str, old: Version, new: Version) -> Iterable[Mapping[str, Any]]:
    """The rows of a version that events added."""
    found = [rectangle_row(ref, row) for row in new.rows[len(old.rows) :]]
    end = new.rows[-1].seq_to
    if end is not None and (len(new.rows) > len(old.rows) or old.rows[-1].seq_to is None):
        found.append(rectangle_row(ref, new.rows[-1], end))
    return found


def _concerned(tables: Tables, events: Sequence[Event]) -> dict[str, Version]:
    """The versions that events may change, each with all that was known of it."""
    refs: set[str] = set()
    lineages: set[str] = set()
    for event in events:
        with understood(event):
            if event.type in STANDING or event.type in (CLOSED, ASSESSED):
                refs.add(event.subject)
            elif event.type in (PUBLISHED, DRAFTED):
                lineages.add(event.subject.partition("@")[0])
                refs.add(event.body.get("supersedes") or event.subject)
            elif event.type == SUPERSEDED:
                refs.update(Supersession.model_validate(event.body).old)
            elif event.type == DISPUTED:
                edge = Contradiction.model_validate(event.body)
                refs.update((edge.a, edge.b))
    refs.update(tables.lineages(lineages))
    origins, rows = tables.origins(refs), tables.rectangles(refs)
    return {ref: Version(origin.evidence, rows[ref], origin.publisher) for ref, origin in origins.items()}


def _insert(db: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    if found := list(rows):
        db.execute(sa.insert(table), found)


def topic_rows(events: Iterable[Event], known: set[str]) -> Iterator[Row]:
    """What the events are about, as far as that is not the versions; ``known`` are topics of earlier events."""
    known = set(known)
    for event in events:
        ref = event.subject.partition(MARK)[0]
        topics = []
        if event.type in STAGES and (event.type != PUBLISHED or CURATION + ref in known):
            topics.append(CURATION + ref)
        if event.type in OF_PUBLISHERS - {BATCH_SIGNED} or (event.type == PUBLISHED and HELD_EVIDENCE + ref in known):
            topics.append(QUARANTINE)
        if event.type == HELD and event.body.get("what") == "evidence":
            topics.append(HELD_EVIDENCE + event.subject)
        known.update(topics)
        yield from ({"topic": topic, "seq": event.seq} for topic in topics)
