"""One thing that happened to the evidence, and the hash that fixes it in its place.

Rules kept here
- An event's hash covers the hash before it and every byte of the event as stored, so a changed,
  moved or missing event shows. A cut tail does not: compare the head with one kept elsewhere,
  such as the ledger hash in a snapshot's id.
- ``seq`` is recorded time. ``at`` is when a clock said so: an attribute, never compared.
- An event of a type not known here is kept and hashed like any other. One of a known type whose content makes no
  sense here is an error that names it (``understood``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from evitrail.evidence_store.errors import StoreError
from evitrail.traces.record import Record, canonical_json, sha256

PUBLISHED = "evidence.published"
"""Body: the ``Evidence``; also ``publisher`` and ``signed``, the digest of its file, where somebody vouched for it.
Subject: its ``id@version``."""
CLOSED = "evidence.closed"
"""Body: ``valid_to``, and ``by``, the version that took over."""
RETRACTED = "evidence.retracted"
"""Body: ``reason``; optionally ``on``, the day of the notice, and ``notice``, its DOI. So for the next two."""
CONCERN = "evidence.concern"
"""An expression of concern."""
REINSTATED = "evidence.reinstated"
"""A retraction or a concern was taken back."""
ASSESSED = "evidence.assessed"
"""Body: the ``Profile``, which takes the place of the one before it."""
WITHDRAWN = "evidence.withdrawn"
"""The store's own curators took a version back. Body: an ``Act``."""
SUPERSEDED = "edge.supersession"
"""Subject: ``edge:HASH``. Body: the ``Supersession``."""
DISPUTED = "edge.contradiction"
"""Subject: ``edge:HASH``, the same when it is resolved later. Body: the ``Contradiction``."""
DRAFTED = "curation.drafted"
"""Subject: ``id@version~n``, the n-th draft. Body: an ``Act``, and ``evidence``, the draft."""
SUBMITTED = "curation.submitted"
"""Subject: ``id@version``, as for the next two. Body: an ``Act``."""
RETURNED = "curation.returned"
SIGNED_OFF = "curation.signed_off"
HELD = "evidence.held"
"""A rule stopped something. Subject: what it is about. Body: the ``Held``."""
RELEASED = "evidence.released"
"""Subject: as that of what was held. Body: ``held``, its event's number, and ``reason``. So for the next."""
REJECTED = "evidence.rejected"
PUBLISHER_ADDED = "publisher.added"
"""Subject: ``publisher:NAME``. Body: the ``Publisher``, and ``reason``. So for the next."""
PUBLISHER_CHANGED = "publisher.changed"
PUBLISHER_REVOKED = "publisher.revoked"
"""Body: ``reason``."""
BATCH_SIGNED = "publisher.signed"
"""A signed file was ingested. Subject: ``publisher:NAME``. Body: ``file``, its digest, and ``note``, the signature."""
QUESTIONS = "questions.registered"
"""Subject: ``questions:NAME``. Body: ``sketches``, from which a near copy of a question is known, and ``reason``."""
TAGGED = "store.tagged"
"""Subject: ``tag:NAME``. Body: ``seq``, the event up to which the ledger is the release of that name."""

GENESIS = "sha256:" + "0" * 64
"""What the first event's hash is chained to."""

STANDING: dict[str, dict[str, bool]] = {
    RETRACTED: {"retracted": True},
    CONCERN: {"concern": True},
    REINSTATED: {"retracted": False, "concern": False},
    WITHDRAWN: {"published": False},
}
"""What a notice, or our own curators, change of a version."""

VOUCHED = ("publisher", "signed")
"""What a publication says beside the evidence."""

OF_PUBLISHERS = frozenset(
    {BATCH_SIGNED, HELD, PUBLISHER_ADDED, PUBLISHER_CHANGED, PUBLISHER_REVOKED, QUESTIONS, REJECTED, RELEASED}
)
"""Events that only a store with publishers has."""
NUMBERED = {TAGGED: "seq", RELEASED: "held", REJECTED: "held"}
"""Where a body names another event by its number."""


class Draft(Record):
    """An event before the ledger gives it a number, a time and a hash."""

    type: str
    subject: str
    body: dict[str, Any]


class Event(Draft):
    """An event as the ledger holds it."""

    seq: int
    at: str
    actor: str
    prev: str
    hash: str


def evidence_of(published: Draft) -> dict[str, Any]:
    """The ``Evidence`` in a publication's body."""
    return {key: value for key, value in published.body.items() if key not in VOUCHED}


def chained(prev: str, seq: int, at: str, actor: str, type: str, subject: str, body: str) -> str:
    """The hash of an event whose body is this text, after ``prev``."""
    head = canonical_json({"seq": seq, "at": at, "actor": actor, "type": type, "subject": subject})
    # What is read back from a damaged file may hold bytes that are no text; they must still be hashed.
    return sha256(f"{prev}{head}\n{body}".encode("utf-8", "surrogateescape"))


@contextmanager
def understood(event: Event) -> Iterator[None]:
    """Within the block, an event that this version cannot make sense of is a ``StoreError`` that names it."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # pydantic's are ValueErrors
        said = f"event {event.seq} ({event.type} {event.subject}): its content is not what this version expects"
        do = "update evitrail if a newer one wrote it, else restore the ledger from a copy"
        raise StoreError(f"{said} ({_gist(error)}); {do}") from error


def _gist(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}"
    return " ".join(f"{type(error).__name__}: {error}".split())
