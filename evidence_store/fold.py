"""From events to what was known: for every version, what we held true of it, and since when.

Rules kept here
- Pure: equal events give equal versions; nothing is read or written.
- A version's history is a run of rectangles, one after another in recorded time without a gap: each says what
  we held true from ``seq_from`` until, not including, ``seq_to``.
- An event with a higher number never changes what was known at a lower one: it closes the last
  rectangle and opens a new one, or for a draft that is past opens none.
- A version stops being the newest when a recorded version supersedes it, or begins later in the same lineage.
- A draft is a version of its own, ``id@version~n``, known until the next draft of it or its publication; it moves no
  other version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from evitrail.evidence_store.curation.profile import Profile
from evitrail.evidence_store.curation.relations import GOES_ON, Contradiction, Supersession
from evitrail.evidence_store.curation.workflow import MARK
from evitrail.evidence_store.grading.grade import Grade
from evitrail.evidence_store.ledger.event import (
    ASSESSED,
    CLOSED,
    DISPUTED,
    DRAFTED,
    PUBLISHED,
    STANDING,
    SUPERSEDED,
    Event,
    evidence_of,
    understood,
)
from evitrail.evidence_store.model import Evidence, Header, evidence_id


@dataclass(frozen=True)
class Validity:
    """One rectangle: in force during [valid_from, valid_to), as known during [seq_from, seq_to)."""

    valid_from: date
    valid_to: date | None
    seq_from: int
    seq_to: int | None = None
    retracted: bool = False
    concern: bool = False
    newest: bool = True
    published: bool = True
    grade: Grade | None = None
    profile: Profile | None = None
    reviewed: date | None = None
    """The day it was last reaffirmed or amended; before that nobody looked again."""
    successors: tuple[str, ...] = ()
    """Versions that took over, as an edge says."""
    disputes: tuple[Contradiction, ...] = ()

    def known_at(self, seq: int) -> bool:
        """Whether this is what the ledger said once event ``seq`` was written."""
        return self.seq_from <= seq and (self.seq_to is None or seq < self.seq_to)


@dataclass(frozen=True)
class Version:
    """One evidence version as it was published, and all that was known of it since."""

    evidence: Evidence
    rows: tuple[Validity, ...]
    publisher: str | None = None
    """Who vouched for it; None where nobody was named, and for what was curated here."""

    @cached_property
    def id(self) -> str:
        """The content name of the version as published."""
        return evidence_id(self.evidence)

    @property
    def changed(self) -> int:
        """The last event that changed what is known of it."""
        last = self.rows[-1]
        return last.seq_from if last.seq_to is None else last.seq_to

    def header(self, row: Validity) -> Header:
        """The header with the end, the standing and the grade that ``row`` knows."""
        return known_header(self.evidence, row)

    def row_at(self, seq: int) -> Validity | None:
        """What was known at ``seq``; ``None`` before it was published."""
        return next((row for row in self.rows if row.known_at(seq)), None)

    def amended(self, seq: int, **changes: Any) -> Version:
        """The version once event ``seq`` has changed what is known of it."""
        last = self.rows[-1]
        if replace(last, **changes) == last:
            return self
        return replace(self, rows=(*self.rows[:-1], replace(last, seq_to=seq), replace(last, seq_from=seq, **changes)))

    def ended(self, seq: int) -> Version:
        """The version once event ``seq`` has taken its place."""
        last = self.rows[-1]
        return self if last.seq_to is not None else replace(self, rows=(*self.rows[:-1], replace(last, seq_to=seq)))


def known_header(evidence: Evidence, row: Validity) -> Header:
    """The header of a version with the end, the standing and the grade that ``row`` knows."""
    known = {"valid_to": row.valid_to, "retracted": row.retracted, "concern": row.concern, "grade": row.grade}
    return evidence.header().model_copy(update=known)


def evidence_recorded(event: Event) -> Evidence:
    """The version that an event published or drafted; a draft is named by its number."""
    if event.type == DRAFTED:
        drafted = Evidence.model_validate(event.body["evidence"])
        return drafted.model_copy(update={"version": event.subject.partition("@")[2]})
    return Evidence.model_validate(evidence_of(event))  # our own JSON, checked when recorded


def fold(events: Iterable[Event], onto: Mapping[str, Version] | None = None) -> dict[str, Version]:
    """Every version by its ref, after these events; ``onto`` is the fold of the events before them."""
    known = _Known(dict(onto or {}))
    for event in events:
        with understood(event):
            known.take(event)
    return known.versions


class _Known:
    """The versions while they are folded."""

    def __init__(self, versions: dict[str, Version]) -> None:
        self.versions = versions
        self._lineages: dict[str, list[str]] = {}
        for ref, version in versions.items():
            self._lineages.setdefault(version.evidence.id, []).append(ref)

    def take(self, event: Event) -> None:
        """Let one more event have happened."""
        match event.type:
            case type if type in STANDING:
                self._amend(event.subject, event.seq, **STANDING[type])
            case type if type == PUBLISHED:
                self._publish(event)
            case type if type == DRAFTED:
                self._draft(event)
            case type if type == CLOSED:
                self._amend(event.subject, event.seq, valid_to=date.fromisoformat(event.body["valid_to"]))
            case type if type == ASSESSED:
                profile = Profile.model_validate({**event.body, "ref": event.subject})
                graded = {"grade": profile.grade} if profile.assessments else {}
                self._amend(event.subject, event.seq, profile=profile, **graded)
            case type if type == SUPERSEDED:
                self._supersede(Supersession.model_validate(event.body), event.seq)
            case type if type == DISPUTED:
                self._dispute(Contradiction.model_validate(event.body), event.seq)

    def _amend(self, ref: str, seq: int, **changes: Any) -> None:
        self.versions[ref] = self.versions[ref].amended(seq, **changes)

    def _publish(self, event: Event) -> None:
        new, seq = evidence_recorded(event), event.seq
        self._drafts_end(new.ref, seq)
        mates = [ref for ref in self._lineages.get(new.id, ()) if MARK not in ref]
        newest = all(self.versions[ref].evidence.valid_from <= new.valid_from for ref in mates)
        passed = [ref for ref in mates if self.versions[ref].evidence.valid_from < new.valid_from]
        for old in {*passed, new.supersedes or ""} & self.versions.keys():
            self._amend(old, seq, newest=False)
        row = Validity(new.valid_from, new.valid_to, seq, None, new.retracted, new.concern, newest, grade=new.grade)
        self._add(new, row, event.body.get("publisher"))

    def _draft(self, event: Event) -> None:
        new = evidence_recorded(event)
        self._drafts_end(new.ref.partition(MARK)[0], event.seq)
        row = Validity(new.valid_from, new.valid_to, event.seq, None, new.retracted, new.concern, grade=new.grade)
        self._add(new, replace(row, published=False))

    def _drafts_end(self, ref: str, seq: int) -> None:
        for draft in self._lineages.get(ref.partition("@")[0], ()):
            if draft.startswith(f"{ref}{MARK}"):
                self.versions[draft] = self.versions[draft].ended(seq)

    def _add(self, evidence: Evidence, row: Validity, publisher: str | None = None) -> None:
        self.versions[evidence.ref] = Version(evidence, (row,), publisher)
        self._lineages.setdefault(evidence.id, []).append(evidence.ref)

    def _supersede(self, edge: Supersession, seq: int) -> None:
        for old in edge.old:
            if edge.kind in GOES_ON:
                self._amend(old, seq, reviewed=edge.effective)
            else:
                successors = (*self.versions[old].rows[-1].successors, *edge.new)
                self._amend(old, seq, newest=False, successors=successors)

    def _dispute(self, edge: Contradiction, seq: int) -> None:
        for ref in (edge.a, edge.b):
            others = tuple(held for held in self.versions[ref].rows[-1].disputes if held.id != edge.id)
            self._amend(ref, seq, disputes=(*others, edge))
