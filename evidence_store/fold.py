"""From events to what was known: for every version, when it held and since when we knew that.

Rules kept here
- Pure: equal events give equal versions; nothing is read or written.
- A version's history is a run of rectangles, one after another in recorded time without a gap: each says what
  we held true from ``seq_from`` until, not including, ``seq_to``.
- An event with a higher number never changes what was known at a lower one: it closes the last
  rectangle and opens a new one.
- A version stops being the newest when a recorded version supersedes it, or begins later in the same lineage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from evidence_store.event import CLOSED, CONCERN, PUBLISHED, REINSTATED, RETRACTED, Event
from evidence_store.model import Evidence, Header, evidence_id

STANDING: dict[str, dict[str, bool]] = {
    RETRACTED: {"retracted": True},
    CONCERN: {"concern": True},
    REINSTATED: {"retracted": False, "concern": False},
}
"""What a notice changes of a version."""


@dataclass(frozen=True)
class Row:
    """One rectangle: in force during [valid_from, valid_to), as known during [seq_from, seq_to)."""

    valid_from: date
    valid_to: date | None
    seq_from: int
    seq_to: int | None = None
    retracted: bool = False
    concern: bool = False
    newest: bool = True

    def known_at(self, seq: int) -> bool:
        """Whether this is what the ledger said once event ``seq`` was written."""
        return self.seq_from <= seq and (self.seq_to is None or seq < self.seq_to)


@dataclass(frozen=True)
class Version:
    """One evidence version as it was published, and all that was known of it since."""

    evidence: Evidence
    rows: tuple[Row, ...]

    @cached_property
    def id(self) -> str:
        """The content name of the version as published."""
        return evidence_id(self.evidence)

    def header(self, row: Row) -> Header:
        """The header with the end and the standing that ``row`` knows."""
        known = {"valid_to": row.valid_to, "retracted": row.retracted, "concern": row.concern}
        return self.evidence.header().model_copy(update=known)

    def row_at(self, seq: int) -> Row | None:
        """What was known at ``seq``; ``None`` before it was published."""
        return next((row for row in self.rows if row.known_at(seq)), None)

    def amended(self, seq: int, **changes: Any) -> Version:
        """The version once event ``seq`` has changed what is known of it."""
        last = self.rows[-1]
        if replace(last, **changes) == last:
            return self
        return replace(self, rows=(*self.rows[:-1], replace(last, seq_to=seq), replace(last, seq_from=seq, **changes)))


def fold(events: Iterable[Event], onto: Mapping[str, Version] | None = None) -> dict[str, Version]:
    """Every version by its ref, after these events; ``onto`` is the fold of the events before them."""
    versions = dict(onto or {})
    lineages: dict[str, list[str]] = {}
    for ref, version in versions.items():
        lineages.setdefault(version.evidence.id, []).append(ref)
    for event in events:
        if event.type == PUBLISHED:
            # The body is our own canonical JSON, checked when it was recorded.
            new = Evidence.model_validate(event.body)
            mates = lineages.setdefault(new.id, [])
            newest = all(versions[ref].evidence.valid_from <= new.valid_from for ref in mates)
            passed = [ref for ref in mates if versions[ref].evidence.valid_from < new.valid_from]
            for old in {*passed, new.supersedes or ""} & versions.keys():
                versions[old] = versions[old].amended(event.seq, newest=False)
            row = Row(new.valid_from, new.valid_to, event.seq, None, new.retracted, new.concern, newest)
            versions[new.ref] = Version(new, (row,))
            mates.append(new.ref)
        elif event.type == CLOSED:
            valid_to = date.fromisoformat(event.body["valid_to"])
            versions[event.subject] = versions[event.subject].amended(event.seq, valid_to=valid_to)
        elif event.type in STANDING:
            versions[event.subject] = versions[event.subject].amended(event.seq, **STANDING[event.type])
    return versions
