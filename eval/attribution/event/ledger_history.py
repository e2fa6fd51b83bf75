"""What the ledger says happened to the evidence, as decisions that can be named: who, what, about which version, why.

Rules kept here
- A decision is one event, with the endings that were recorded with it: publishing a successor ends the version before
  it, and so does an edge of supersession. Between those events two versions hold that nobody meant to hold together.
- Only events that can change what a search returns are here. Drafts, sign-offs and release tags cannot.
- An ending has no reason of its own; it has that of the decision it belongs to.
- The ledger is read once.

    history = LedgerHistory.of(store)
    history.decisions(until=310, about={"aspirin"})
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from evitrail.evidence_store.ledger.event import (
    ASSESSED,
    CLOSED,
    CONCERN,
    DISPUTED,
    PUBLISHED,
    REINSTATED,
    RETRACTED,
    SUPERSEDED,
    WITHDRAWN,
    Event,
)
from evitrail.evidence_store.store import EvidenceStore

VERBS: dict[str, str] = {
    PUBLISHED: "published {subject}",
    CLOSED: "ended {subject}",
    RETRACTED: "retracted {subject}",
    CONCERN: "expressed concern about {subject}",
    REINSTATED: "reinstated {subject}",
    ASSESSED: "regraded {subject}",
    WITHDRAWN: "withdrew {subject}",
    SUPERSEDED: "superseded {subject}",
    DISPUTED: "recorded a contradiction of {subject}",
}
"""What each type of event did, in words. Events of other types cannot change what a search returns."""
OTHERS: dict[str, str] = {
    CLOSED: ", which {other} took over from,",
    SUPERSEDED: " by {other},",
    DISPUTED: " and {other}",
}
"""What is added where there is another version."""


class LedgerEvent(NamedTuple):
    """One event of the ledger, without the text it may hold."""

    seq: int
    type: str
    subject: str
    """The evidence it is about, as ``id@version``; of an edge, the older version or the first of the two."""
    other: str | None
    """The version that took over, or that contradicts it; None where there is none."""
    actor: str
    reason: str | None
    recorded: str
    """When, as ISO 8601."""
    lineages: frozenset[str]


class Decision(NamedTuple):
    """An event, with the endings that were recorded with it."""

    events: tuple[LedgerEvent, ...]

    @property
    def before(self) -> int:
        """The last ledger number before it."""
        return self.events[0].seq - 1

    @property
    def after(self) -> int:
        """The ledger number at which all of it is recorded."""
        return self.events[-1].seq

    @property
    def lineages(self) -> frozenset[str]:
        return frozenset[str]().union(*(event.lineages for event in self.events))

    def until(self, seq: int) -> Decision:
        """What of it was recorded by then."""
        return Decision(tuple(event for event in self.events if event.seq <= seq))


@dataclass(frozen=True)
class LedgerHistory:
    """Every decision that the ledger holds, in order."""

    all: tuple[Decision, ...]

    @classmethod
    def of(cls, store: EvidenceStore) -> LedgerHistory:
        """The history of a store up to now."""
        found: list[list[LedgerEvent]] = []
        for event in store.events():
            if event.type not in VERBS:
                continue
            if event.type == CLOSED and found and _ends_with(found[-1], event):
                found[-1].append(_ledger_event(event, found[-1][0].reason))
            else:
                found.append([_ledger_event(event)])
        return cls(tuple(Decision(tuple(events)) for events in found))

    def decisions(self, *, after: int = 0, until: int, about: Collection[str] | None = None) -> list[Decision]:
        """The decisions recorded after one ledger number up to another; ``about`` keeps those about some lineages."""
        return [
            decision.until(until)
            for decision in self.all
            if after < decision.events[0].seq <= until and (about is None or not decision.lineages.isdisjoint(about))
        ]

    def publication(self, ref: str, until: int) -> LedgerEvent | None:
        """The event that published a version; None where it was not published by then."""
        events = (event for decision in self.all for event in decision.events if event.seq <= until)
        return next((event for event in events if event.type == PUBLISHED and event.subject == ref), None)


def action_in_words(type: str, subject: str, other: str | None, actor: str, reason: str | None) -> str:
    """What an event of this type did, by whom and why: ``regraded gu-x@2 by anna (panel of May)``."""
    done = VERBS[type].format(subject=subject) + (OTHERS.get(type, "").format(other=other) if other else "")
    return f"{done} by {actor}{f' ({reason})' if reason else ''}"


def lineage_of(ref: str) -> str:
    """The lineage of a version: ``aspirin`` of ``aspirin@2016``."""
    return ref.partition("@")[0]


def _ends_with(decision: list[LedgerEvent], ending: Event) -> bool:
    """Whether an ending follows at once the publication or the edge that it belongs to."""
    head = decision[0]
    its_own = {
        PUBLISHED: head.subject == ending.body.get("by"),
        SUPERSEDED: ending.subject in head.subject.split(", "),
    }
    return its_own.get(head.type, False) and decision[-1].seq + 1 == ending.seq


def _ledger_event(event: Event, reason: str | None = None) -> LedgerEvent:
    body = event.body
    about, other = _refs(event.type, event.subject, body)
    return LedgerEvent(
        seq=event.seq,
        type=event.type,
        subject=", ".join(about),
        other=", ".join(other) or None,
        actor=event.actor,
        reason=body.get("reason") or body.get("note") or reason,
        recorded=event.at,
        lineages=frozenset(map(lineage_of, (*about, *other))),
    )


def _refs(type: str, subject: str, body: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The versions an event is about, and those on its other side."""
    if type == SUPERSEDED:
        return list(body["old"]), list(body["new"])
    if type == DISPUTED:
        return [body["a"]], [body["b"]]
    others = {PUBLISHED: body.get("supersedes"), CLOSED: body.get("by")}.get(type) or ""
    return [subject], [ref for ref in others.split(", ") if ref]
