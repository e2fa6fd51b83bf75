"""A publisher: whose evidence it is, what of it is served at once, and what waits for somebody's look.

Rules kept here
- Pure. Publishers are events of the ledger, so what they were allowed at any time can be read later.
- What a publisher may do is said by the owner of the store, never by a line of evidence.
- Nothing is allowed that is not said: no organizations means none, no kinds means that it publishes nothing.
- A revocation holds from its event on; what was published before stays as it is.

    nice = Publisher(name="nice", organizations=("NICE",), kinds=("guideline",), grades=True)
    faults, drafts = registering([nice], known={}, reason="contract of May")
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator

from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.ledger.event import PUBLISHER_ADDED, PUBLISHER_CHANGED, PUBLISHER_REVOKED, Draft
from evitrail.evidence_store.model import Kind
from evitrail.traces.audit.signed_note import PublicKey
from evitrail.traces.record import Record

SUBJECT = "publisher:"
"""How the subjects of such events begin."""


class Publisher(Record):
    """What one publisher may do."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)
    organizations: tuple[str, ...] = ()
    """The organizations that its evidence may name; ``*`` stands for any letters."""
    kinds: tuple[Kind, ...] = ()
    """The kinds of evidence that it may publish."""
    lineages: tuple[str, ...] = ()
    """Lineages that are its own whoever began them, ``*`` as above; those it begins are its own anyway."""
    grades: bool = False
    """Whether it may state GRADE certainties."""
    retracts: bool = False
    """Whether it may retract the evidence of others, or express concern. So for the next two."""
    supersedes: bool = False
    regrades: bool = False
    backdate_days: int | Literal["any"] = 365
    """How many days before the ingest its evidence may have come into force."""
    key: str | None = None
    """Its public key; with one, only what it signed counts as its own."""

    @field_validator("backdate_days", mode="before")
    @classmethod
    def _is_days(cls, days: Any) -> Any:
        if days == "any" or (type(days) is int and days >= 0):
            return days
        raise ValueError(f"expected a whole number of days, 0 or more, or 'any', got {days!r}")

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, key: str | None) -> str | None:
        return key and str(PublicKey.parse(key))

    def speaks_for(self, organization: str) -> bool:
        """Whether its evidence may name this organization."""
        return matches(self.organizations, organization)

    def has_lineage(self, lineage: str) -> bool:
        """Whether the lineage is its own whoever began it."""
        return matches(self.lineages, lineage)


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a name is one of these, in which ``*`` stands for any letters; case and blanks make no difference."""
    return any(re.fullmatch(".*".join(map(re.escape, _plain(p).split("*"))), _plain(name)) for p in patterns)


def registering(
    given: Sequence[Publisher], known: Mapping[str, Publisher], reason: str
) -> tuple[list[str], list[Draft]]:
    """Why these cannot be registered, each in a line, and the events that do it; what is as it was has none."""
    names = [one.name for one in given]
    faults = [f"publisher {name!r} stands twice; remove one" for name in dict.fromkeys(names) if names.count(name) > 1]
    if not reason.strip():
        faults.append("expected a reason, got none; say on what ground these publishers are registered")
    drafts = []
    for one in given:
        if known.get(one.name) != one:
            event = PUBLISHER_CHANGED if one.name in known else PUBLISHER_ADDED
            body: dict[str, Any] = {**one.model_dump(mode="json"), "reason": reason.strip()}
            drafts.append(Draft(type=event, subject=f"{SUBJECT}{one.name}", body=body))
    return faults, drafts


def revoking(name: str, known: Mapping[str, Publisher], reason: str) -> tuple[list[str], list[Draft]]:
    """Why a publisher cannot be revoked, each in a line, and the event that does it."""
    faults = []
    if name not in known:
        expected = f"expected a registered publisher, one of {', '.join(sorted(known)) or 'none'}"
        faults.append(f"{expected}, got {name!r}{nearest(name, known)}")
    if not reason.strip():
        faults.append(f"{name}: expected a reason, got none; say why it is revoked")
    return faults, [Draft(type=PUBLISHER_REVOKED, subject=f"{SUBJECT}{name}", body={"reason": reason.strip()})]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()
