"""The tables of the read model, in the ledger's database: what the fold of the ledger gives, a row at a time.

Rules kept here
- ``evidence_version`` finds the event that holds a version's text, by its ref, lineage, predecessor, DOI, PMID, and by
  the digests of its publisher and organization.
- ``evidence_rectangle`` holds what was known of a version from event ``seq_from`` on, until its next row or for good. A
  row that is ``ended`` says that nothing is known any more: a later draft or the publication took its place.
- ``evidence_word`` holds, for each word, how many published versions held it from event ``seq`` on.
- ``evidence_topic`` finds the events of curation and of the quarantine, which have folds of their own.
- ``read_model`` holds a row for each time that events were folded: up to which, and in which layout.
- Rows are only ever added; a rebuild alone removes them. So what was known at a number is read the same while others
  write, and a role that may only add can write to it.
- A row of versions and rectangles carries the digest of its own columns: one that was changed is noticed when it is
  read. Others are compared by ``verify``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import Contradiction
from evitrail.evidence_store.fold import Validity, Version
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.model import BY_ID

LAYOUT = 2
"""The layout that is written now; a read model of another one is built again."""
TABLES = sa.MetaData()
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # compared letter by letter, as SQLite does

VERSION = sa.Table(
    "evidence_version",
    TABLES,
    sa.Column("ref", _TEXT, primary_key=True),
    sa.Column("lineage", _TEXT, nullable=False, index=True),
    sa.Column("seq", sa.Integer, nullable=False, index=True),
    sa.Column("supersedes", _TEXT, index=True),
    sa.Column("doi", _TEXT, index=True),
    sa.Column("pmid", _TEXT, index=True),
    sa.Column("publisher", _TEXT),
    sa.Column("organization", _TEXT, nullable=False),
    sa.Column("by_id", sa.Integer, nullable=False),
    sa.Column("digest", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)
RECTANGLE = sa.Table(
    "evidence_rectangle",
    TABLES,
    sa.Column("ref", _TEXT, primary_key=True),
    sa.Column("seq_from", sa.Integer, primary_key=True, index=True, autoincrement=False),
    sa.Column("valid_from", _TEXT, nullable=False),
    sa.Column("valid_to", _TEXT),
    sa.Column("retracted", sa.Integer, nullable=False),
    sa.Column("concern", sa.Integer, nullable=False),
    sa.Column("newest", sa.Integer, nullable=False),
    sa.Column("published", sa.Integer, nullable=False),
    sa.Column("ended", sa.Integer, nullable=False),
    sa.Column("judged", _TEXT, nullable=False),
    sa.Column("digest", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)
TOPIC = sa.Table(
    "evidence_topic",
    TABLES,
    sa.Column("topic", _TEXT, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
WORD = sa.Table(
    "evidence_word",
    TABLES,
    sa.Column("word", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("versions", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
FOLDED = sa.Table(
    "read_model",
    TABLES,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", _TEXT, nullable=False),
    sa.Column("layout", sa.Integer, nullable=False),
)
sa.Index("ix_evidence_version_publisher", VERSION.c.publisher, VERSION.c.ref)
sa.Index("ix_evidence_version_organization", VERSION.c.organization, VERSION.c.ref)
RARE = {
    sa.Index(name, where.left.table.c.ref, sqlite_where=where): where
    for name, where in (
        ("ix_evidence_version_by_id", VERSION.c.by_id == 1),
        ("ix_evidence_rectangle_unpublished", RECTANGLE.c.published == 0),
        ("ix_evidence_rectangle_retracted", RECTANGLE.c.retracted == 1),
    )
}
"""Indexes of the few rows of which something holds that seldom does, and what that is."""


@sa.event.listens_for(TABLES, "before_create")
def _on_postgres(_: sa.MetaData, db: sa.Connection, **__: Any) -> None:
    if db.dialect.name == "postgresql":  # said here alone: said of an index, it loads what speaks to PostgreSQL
        for index, where in RARE.items():
            index.dialect_kwargs["postgresql_where"] = where


Row = dict[str, Any]


def version_row(version: Version) -> Row:
    """How a version is found; ``seq`` is the event that holds it."""
    evidence = version.evidence
    return digested(
        {
            "ref": evidence.ref,
            "lineage": evidence.id,
            "seq": version.rows[0].seq_from,
            "supersedes": evidence.supersedes,
            "doi": evidence.doi.lower() if evidence.doi else None,
            "pmid": evidence.pmid,
            "publisher": version.publisher and digest_of(version.publisher),
            "organization": digest_of(evidence.organization),
            "by_id": int(BY_ID in evidence.topics),
        }
    )


def digest_of(text: str) -> str:
    """A text of any length, short enough for an index."""
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def rectangle_row(ref: str, known: Validity, ended: int | None = None) -> Row:
    """One rectangle; with ``ended`` the row that says that it ended with that event, and nothing came after."""
    judged = {
        "grade": known.grade and known.grade.model_dump(mode="json"),
        "profile": known.profile and known.profile.model_dump(mode="json"),
        "reviewed": known.reviewed and known.reviewed.isoformat(),
        "successors": list(known.successors),
        "disputes": [dispute.model_dump(mode="json") for dispute in known.disputes],
    }
    return digested(
        {
            "ref": ref,
            "seq_from": known.seq_from if ended is None else ended,
            "valid_from": known.valid_from.isoformat(),
            "valid_to": known.valid_to and known.valid_to.isoformat(),
            "retracted": int(known.retracted),
            "concern": int(known.concern),
            "newest": int(known.newest),
            "published": int(known.published),
            "ended": int(ended is not None),
            "judged": json.dumps({key: value for key, value in judged.items() if value}, ensure_ascii=False),
        }
    )


def rectangle_rows(ref: str, rows: tuple[Validity, ...]) -> list[Row]:
    """All that was known of a version, in order."""
    end = rows[-1].seq_to
    return [rectangle_row(ref, row) for row in rows] + ([] if end is None else [rectangle_row(ref, rows[-1], end)])


def validity(row: Mapping[str, Any]) -> Validity:
    """The rectangle of a row; where it ends is not told by the row itself."""
    judged = json.loads(row["judged"])
    return Validity(
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        seq_from=row["seq_from"],
        retracted=bool(row["retracted"]),
        concern=bool(row["concern"]),
        newest=bool(row["newest"]),
        published=bool(row["published"]),
        grade=Grade.model_validate(judged["grade"]) if "grade" in judged else None,
        profile=Profile.model_validate(judged["profile"]) if "profile" in judged else None,
        reviewed=date.fromisoformat(judged["reviewed"]) if "reviewed" in judged else None,
        successors=tuple(judged.get("successors", ())),
        disputes=tuple(map(Contradiction.model_validate, judged.get("disputes", ()))),
    )


def digested(row: Row) -> Row:
    """The row with the digest of its columns."""
    return {**row, "digest": _digest(row)}


def is_sound(row: Mapping[str, Any]) -> bool:
    """Whether a row is as it was written."""
    return bool(row["digest"] == _digest(row))


def _digest(row: Mapping[str, Any]) -> str:
    """Short: it shows a disk's fault, not an attacker's work, for which ``verify`` folds the ledger again."""
    text = repr([value for key, value in row.items() if key != "digest"])
    return digest_of(text)
