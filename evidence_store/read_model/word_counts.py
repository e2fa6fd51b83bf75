"""How many published versions hold a word, as of each event: what makes a word of a query weigh much or little.

Rules kept here
- A version's words are counted from the event that published it, and for good: what became of it later, and when it
  was in force, is not asked. What no search finds (``BY_ID``) is not counted.
- Rows are totals, so the count at any event is the last row up to it; what is recorded later changes none.
- ``EVERY`` counts the versions themselves.

    counts = counted(tables.db, query_words("aspirin after stroke"), seq=412)
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import sqlalchemy as sa

from evitrail.evidence_store.fold import Version
from evitrail.evidence_store.index.words import document_words
from evitrail.evidence_store.model import BY_ID, Evidence, indexed_text
from evitrail.evidence_store.read_model.tables import WORD, Row

EVERY = -1
"""Stands in place of a word in the rows that count all versions."""
_ASKED = 200
"""Words that are looked up by one statement."""
_WRITTEN = 20_000
"""Rows that are written by one statement."""
_SEQ_BITS = 31


def words_of(evidence: Evidence) -> list[int]:
    """The words that a version counts for."""
    return [] if BY_ID in evidence.topics else document_words(indexed_text(evidence.title, evidence.text))


def counted(db: sa.Connection, words: Collection[int], seq: int) -> dict[int, int]:
    """How many versions published by event ``seq`` hold each of these words; those that none holds are left out."""
    found: dict[int, int] = {}
    asked = sorted(words)
    for at in range(0, len(asked), _ASKED):
        last = [
            sa.select(
                sa.select(WORD.c.word, WORD.c.versions)
                .where(WORD.c.word == word, WORD.c.seq <= seq)
                .order_by(WORD.c.seq.desc())
                .limit(1)
                .subquery()
            )
            for word in asked[at : at + _ASKED]
        ]
        found |= {row.word: row.versions for row in db.execute(sa.union_all(*last))}
    return found


def write_counts(db: sa.Connection, before: Mapping[str, Version], after: Mapping[str, Version]) -> None:
    """Count the words of the versions that events published; ``before`` and ``after`` are what was known of them."""
    published = sorted(
        (seq, ref)
        for ref, version in after.items()
        if (seq := published_by(version)) is not None and (ref not in before or published_by(before[ref]) is None)
    )
    held = [(seq, words_of(after[ref].evidence)) for seq, ref in published]
    rows = _totals(held, counted(db, {word for _, words in held for word in words} | {EVERY}, _first(published) - 1))
    # As a driver takes them: millions of rows are written here, and dicts of them would take three times as long.
    place = "?" if db.dialect.paramstyle == "qmark" else "%s"
    while some := sorted(islice(rows, _WRITTEN)):  # in the order of the key, which lie beside each other on disk
        db.exec_driver_sql(f"INSERT INTO {WORD.name} (word, seq, versions) VALUES ({place}, {place}, {place})", some)


def count_rows(versions: Mapping[str, Version]) -> Iterator[Row]:
    """Every row, in the order of the table's key, as the fold of the ledger gives them."""
    keys = array("q")
    for version in versions.values():
        seq = published_by(version)
        if seq is not None and (words := words_of(version.evidence)):
            keys.extend((word << _SEQ_BITS) + seq for word in (EVERY, *words))
    last, count = None, 0
    for key in sorted(keys):
        word = key >> _SEQ_BITS
        last, count = word, count + 1 if word == last else 1
        yield {"word": word, "seq": key - (word << _SEQ_BITS), "versions": count}


def published_by(version: Version) -> int | None:
    """The event that first published a version; None where it is a draft."""
    return next((row.seq_from for row in version.rows if row.published), None)


def _totals(held: Iterable[tuple[int, Sequence[int]]], totals: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    for seq, words in held:
        for word in (EVERY, *words) if words else ():
            totals[word] = totals.get(word, 0) + 1
            yield word, seq, totals[word]


def _first(published: Sequence[tuple[int, str]]) -> int:
    return published[0][0] if published else 0
