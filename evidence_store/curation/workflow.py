"""Curation: how a version comes to be published here, and who answered for it.

    drafted → submitted → signed off → published → withdrawn

Rules kept here
- Pure: whether an act may be recorded is decided from the dossier and the act.
- A draft never changes: another text is another draft, ``id@version~2``, and a sign-off before it no longer counts.
- A guideline names what it rests on (``includes``) before anybody is asked to look at it.
- Whoever wrote any draft of a version cannot sign it off. Names are compared without regard to case and blanks.
- Every act says who, why, and the content before and after it, so the history of a version can be read in order.
- Nothing unpublished is evidence: no snapshot shows it unless it is asked to.

Evidence ingested from a file was published elsewhere, and answered for there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import Field

from evitrail.evidence_store.errors import EvidenceError
from evitrail.evidence_store.ledger.event import (
    DRAFTED,
    PUBLISHED,
    RETURNED,
    SIGNED_OFF,
    SUBMITTED,
    WITHDRAWN,
    Draft,
    Event,
    evidence_of,
    understood,
)
from evitrail.evidence_store.model import Evidence, evidence_id
from evitrail.traces.record import Record

Stage = Literal["drafted", "submitted", "signed_off", "published", "withdrawn"]
Rubric = dict[str, int]
MARK = "~"
"""Stands between a version and the number of its draft."""
BEST = 5

STAGES: dict[str, Stage] = {
    DRAFTED: "drafted",
    SUBMITTED: "submitted",
    RETURNED: "drafted",
    SIGNED_OFF: "signed_off",
    PUBLISHED: "published",
    WITHDRAWN: "withdrawn",
}
"""Where each event leaves a version."""
FROM: dict[str, tuple[Stage, ...]] = {
    SUBMITTED: ("drafted",),
    RETURNED: ("submitted", "signed_off"),
    SIGNED_OFF: ("submitted",),
    PUBLISHED: ("signed_off",),
    WITHDRAWN: ("published",),
}
"""Where a version must stand for it."""
NEXT: dict[Stage, str] = {
    "drafted": "submit",
    "submitted": "sign-off or request-changes",
    "signed_off": "publish",
    "published": "",
    "withdrawn": "",
}
"""What may be done with it then."""


class Act(Record):
    """One act of curation."""

    before: str | None
    """The content id of the version before it; None where there was none."""
    after: str | None
    """The same after it; None where nothing is published or proposed any more."""
    reason: str = ""
    rubric: Rubric = Field(default_factory=dict)
    """Scores from 1 to 5, by what was judged."""


class Entry(Act):
    """An act as it is on record."""

    seq: int
    at: str
    actor: str
    type: str


@dataclass(frozen=True)
class Dossier:
    """One version's way through curation."""

    ref: str
    stage: Stage = "drafted"
    drafts: int = 0
    evidence: Evidence | None = None
    """The last draft; None for what was published elsewhere."""
    content: str | None = None
    """The content id of what is proposed or published."""
    authors: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def draft(self) -> str:
        """The name of the last draft."""
        return f"{self.ref}{MARK}{self.drafts}"

    @property
    def next(self) -> str:
        """What may be done with it now; empty where nothing waits."""
        return NEXT[self.stage]

    @property
    def signed_by(self) -> str | None:
        """Who answered for what now stands."""
        signed = [entry for entry in self.entries if entry.type == SIGNED_OFF and entry.after == self.content]
        return signed[-1].actor if signed and self.stage in ("signed_off", "published", "withdrawn") else None


def drafted(evidence: Evidence, dossier: Dossier, reason: str) -> Draft:
    """The event that records another draft; raises ``EvidenceError``."""
    if dossier.stage in ("published", "withdrawn"):
        raise EvidenceError(
            f"{evidence.ref}: expected a version not published yet; a published one never changes, draft a new one"
        )
    if MARK in evidence.version:
        raise EvidenceError(f"{evidence.ref}: expected a version without {MARK!r}, which numbers drafts")
    content = evidence_id(evidence)
    if content == dossier.content:
        raise EvidenceError(f"{evidence.ref}: expected a change, got the text and data of {dossier.draft!r}")
    act = Act(before=dossier.content, after=content, reason=reason)
    body = {**act.model_dump(mode="json"), "evidence": evidence.model_dump(mode="json")}
    return Draft(type=DRAFTED, subject=f"{evidence.ref}{MARK}{dossier.drafts + 1}", body=body)


def acted(type: str, dossier: Dossier, actor: str, reason: str = "", rubric: Mapping[str, int] | None = None) -> Draft:
    """The event that records an act other than drafting; raises ``EvidenceError`` where it may not be done."""
    ref, done = dossier.ref, type.rpartition(".")[2].replace("_", " ")
    if dossier.stage not in FROM[type]:
        hint = f"; next: {dossier.next}" if dossier.next else ""
        needed = " or ".join(stage.replace("_", " ") for stage in FROM[type])
        raise EvidenceError(
            f"{ref}: only what is {needed} can be {done}, got one {dossier.stage.replace('_', ' ')}{hint}"
        )
    if (
        type == SUBMITTED
        and dossier.evidence
        and dossier.evidence.kind == "guideline"
        and not dossier.evidence.includes
    ):
        raise EvidenceError(f"{ref}: expected a guideline to name what it rests on, got none; give its `includes`")
    if type == SIGNED_OFF and folded_name(actor) in map(folded_name, dossier.authors):
        raise EvidenceError(f"{ref}: expected a sign-off by somebody who did not write it, got {actor!r}, its author")
    if type in (RETURNED, SIGNED_OFF, WITHDRAWN) and not reason.strip():
        raise EvidenceError(f"{ref}: expected a reason, got none; say on what ground it is {done}")
    for name, score in (rubric or {}).items():
        if not 1 <= score <= BEST:
            raise EvidenceError(f"{ref}: rubric {name!r}: expected a score from 1 to {BEST}, got {score}")
    after = None if type == WITHDRAWN else dossier.content
    act = Act(before=dossier.content, after=after, reason=reason.strip(), rubric=dict(rubric or {}))
    return Draft(type=type, subject=ref, body=act.model_dump(mode="json"))


def curated(events: Iterable[Event], onto: Mapping[str, Dossier] | None = None) -> dict[str, Dossier]:
    """The dossier of every version curated here after these events; ``onto`` is what the events before them made."""
    found = dict(onto or {})
    for event in events:
        ref = event.subject.partition(MARK)[0]
        if event.type in STAGES and (event.type != PUBLISHED or ref in found):
            with understood(event):
                found[ref] = _after(event, found.get(ref, Dossier(ref)))
    return found


def _after(event: Event, dossier: Dossier) -> Dossier:
    stage = STAGES[event.type]
    if event.type == PUBLISHED:
        content = evidence_id(Evidence.model_validate(evidence_of(event)))
        entry = _entry(event, {"before": dossier.content, "after": content})
        return replace(dossier, stage=stage, content=content, entries=(*dossier.entries, entry))
    entry = _entry(event, {key: value for key, value in event.body.items() if key != "evidence"})
    dossier = replace(dossier, stage=stage, entries=(*dossier.entries, entry))
    if event.type != DRAFTED:
        return dossier
    return replace(
        dossier,
        drafts=dossier.drafts + 1,
        evidence=Evidence.model_validate(event.body["evidence"]),
        content=entry.after,
        authors=tuple(dict.fromkeys((*dossier.authors, event.actor))),
    )


def _entry(event: Event, act: Mapping[str, Any]) -> Entry:
    return Entry.model_validate({**act, "seq": event.seq, "at": event.at, "actor": event.actor, "type": event.type})


def folded_name(name: str) -> str:
    """A name as it is compared: without regard to case and blanks."""
    return " ".join(name.split()).casefold()
