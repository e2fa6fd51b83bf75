"""Quarantine: what a rule stopped, why, and what became of it.

Rules kept here
- Pure. What is held is on record with its rules, and is no evidence: it is in no fold of versions and in no index, so
  that nothing that is served, ranked or counted can depend on it.
- Whatever may be recorded may be held: a version, a notice, an assessment, an edge, a withdrawal.
- Only somebody else than the person who brought it releases or rejects it; names compare as in curation.
- What was rejected may be released after all; what was released is evidence, and cannot be held again.
- A store whose ledger names no publisher is open: nothing is held there.

    quarantine = quarantined(ledger.events())
    quarantine.waiting           # [Held(what="evidence", refs=("aspirin@2026",), stops=(Stop(…),))]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from evitrail.evidence_store.curation.workflow import folded_name
from evitrail.evidence_store.errors import EvidenceError, UnknownEvidenceError
from evitrail.evidence_store.ledger.event import (
    HELD,
    PUBLISHED,
    PUBLISHER_ADDED,
    PUBLISHER_CHANGED,
    PUBLISHER_REVOKED,
    QUESTIONS,
    REJECTED,
    RELEASED,
    Draft,
    Event,
    evidence_of,
    understood,
)
from evitrail.evidence_store.quarantine.near_copies import Sketch
from evitrail.evidence_store.quarantine.publisher import SUBJECT, Publisher
from evitrail.traces.record import Record, canonical_json

What = Literal["evidence", "notice", "assessment", "supersession", "contradiction", "withdrawal"]
State = Literal["held", "released", "rejected", "published"]
NUMBERED = "held-"
"""How what is held is called where a version's name would not tell it: ``held-123``, by its event."""
_OF_THE_EVENT = ("seq", "at", "by", "state")
"""What is not in the body of the event that holds something, because the event itself, or a later one, says it."""


class Stop(Record):
    """One rule that stopped something."""

    rule: str
    reason: str


class Held(Record):
    """Something that was stopped, with all that stopped it."""

    what: What
    refs: tuple[str, ...]
    """The versions that it is about."""
    content: dict[str, Any]
    """What would have been recorded."""
    stops: tuple[Stop, ...]
    publisher: str | None = None
    """Who vouches for it, as was said; None where nobody was named."""
    signed: str | None = None
    """The digest of the file it stood in, where that was signed and the signature is good."""
    seq: int = 0
    """The event that holds it."""
    at: str = ""
    by: str = ""
    """Who brought it."""
    state: State = "held"

    @property
    def name(self) -> str:
        return f"{NUMBERED}{self.seq}"

    @property
    def rule(self) -> str:
        """The first rule that stopped it."""
        return self.stops[0].rule

    @property
    def reason(self) -> str:
        """Every rule with its reason, in one line."""
        return "; ".join(f"{stop.rule}: {stop.reason}" for stop in self.stops)

    @property
    def vouched(self) -> dict[str, str]:
        """What a publication says beside the evidence."""
        return {key: value for key, value in (("publisher", self.publisher), ("signed", self.signed)) if value}

    @property
    def same(self) -> tuple[str, str | None, str]:
        """Equal where the same thing was brought again in the same name."""
        return self.what, self.publisher, canonical_json(self.content)

    def event(self, subject: str) -> Draft:
        """The event that holds it."""
        return Draft(type=HELD, subject=subject, body=self.model_dump(mode="json", exclude=set(_OF_THE_EVENT)))


@dataclass(frozen=True)
class Quarantine:
    """Who may publish what in a store, and what is held there."""

    publishers: Mapping[str, Publisher] = field(default_factory=dict)
    revoked: Mapping[str, int] = field(default_factory=dict)
    """Publishers that were revoked, with the event."""
    questions: Mapping[str, tuple[Sketch, ...]] = field(default_factory=dict)
    held: Mapping[int, Held] = field(default_factory=dict, repr=False)
    """Everything that was ever held, by its event."""

    @property
    def open(self) -> bool:
        """Whether nobody was ever registered, so that everything is served."""
        return not (self.publishers or self.revoked)

    @property
    def waiting(self) -> list[Held]:
        """What waits for somebody, in the order it came."""
        return [one for one in self.held.values() if one.state == "held"]

    def brought_before(self, new: Held) -> Held | None:
        """The same thing in the same name where it waits, or evidence where it was rejected."""
        found = self._by_content.get(new.same)
        return found if found and (found.state == "held" or found.what == "evidence") else None

    @cached_property
    def _by_content(self) -> Mapping[tuple[str, str | None, str], Held]:
        return {one.same: one for one in self.held.values() if one.state in ("held", "rejected")}

    def named(self, name: str) -> Held:
        """What a person means by ``held-123``, or by a version about which one thing only waits."""
        number = name.removeprefix(NUMBERED)
        if name.startswith(NUMBERED) and number.isdecimal():
            found = [self.held[int(number)]] if int(number) in self.held else []
        else:
            found = [one for one in self.waiting if name in one.refs]
        if len(found) == 1:
            return found[0]
        expected = "expected something held, as a version or held-N of `evitrail store review`"
        several = f"; about it wait {', '.join(one.name for one in found)}" if found else ""
        raise UnknownEvidenceError(f"{expected}, got {name!r}{several}")


def decided(type: str, held: Held, actor: str, reason: str) -> Draft:
    """The event that releases or rejects; raises ``EvidenceError`` where that may not be done."""
    done = type.rpartition(".")[2]
    states: tuple[State, ...] = ("held", "rejected") if type == RELEASED else ("held",)
    if held.state not in states:
        raise EvidenceError(f"{held.name}: expected something that is {' or '.join(states)}, got one {held.state}")
    if folded_name(actor) == folded_name(held.by):
        raise EvidenceError(
            f"{held.name}: expected somebody else than {held.by!r}, who brought it; only a second person may say "
            f"that it is {done}"
        )
    if not reason.strip():
        raise EvidenceError(f"{held.name}: expected a reason, got none; say on what ground it is {done}")
    return Draft(type=type, subject=held.refs[0], body={"held": held.seq, "reason": reason.strip()})


def quarantined(events: Iterable[Event], onto: Quarantine | None = None) -> Quarantine:
    """What these events made of the quarantine; ``onto`` is what the events before them made."""
    before = onto or Quarantine()
    publishers, revoked, questions = dict(before.publishers), dict(before.revoked), dict(before.questions)
    held, brought = dict(before.held), _EvidenceByRef(before.waiting)

    def decide(number: int, state: State) -> None:
        held[number] = held[number].model_copy(update={"state": state})

    for event in events:
        with understood(event):
            name = event.subject.removeprefix(SUBJECT)
            if event.type in (PUBLISHER_ADDED, PUBLISHER_CHANGED):
                body = {key: value for key, value in event.body.items() if key != "reason"}
                publishers[name] = Publisher.model_validate(body)
                revoked.pop(name, None)
            elif event.type == PUBLISHER_REVOKED:
                publishers.pop(name, None)
                revoked[name] = event.seq
            elif event.type == QUESTIONS:
                questions[event.subject] = tuple(tuple(one) for one in event.body["sketches"])
            elif event.type == HELD:
                of_event = {"seq": event.seq, "at": event.at, "by": event.actor}
                held[event.seq] = Held.model_validate({**event.body, **of_event})
                brought.add(held[event.seq])
            elif event.type == RELEASED:
                decide(int(event.body["held"]), "released")
            elif event.type == REJECTED:
                decide(int(event.body["held"]), "rejected")
            elif event.type == PUBLISHED:
                for number in brought.numbers(event.subject):
                    if held[number].state == "held" and held[number].content == evidence_of(event):
                        decide(number, "published")
    return replace(before, publishers=publishers, revoked=revoked, questions=questions, held=held)


class _EvidenceByRef:
    """The events that held evidence, by the version that each is about."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._numbers: dict[str, list[int]] = {}
        for one in held:
            self.add(one)

    def add(self, held: Held) -> None:
        if held.what == "evidence":
            self._numbers.setdefault(held.refs[0], []).append(held.seq)

    def numbers(self, ref: str) -> list[int]:
        return self._numbers.get(ref, [])
