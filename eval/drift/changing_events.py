"""The events of the ledger after which one run answers otherwise, between two states of the store.

Rules kept here
- The run is done again in memory at states between the two, as the search for the event of a failure does it
  (``eval/attribution/event/``); nothing is recorded.
- Each event is proven: at the number before it the run gives one option, at its own it gives another. Together they
  lead from the answer at the earlier state to that at the later one.
- Where there are few decisions between the two, the state after each is tried, so that an answer that changes and
  changes back shows. Where there are many, only states after decisions about evidence of the run are tried, if these
  are few, and between them the states are bisected: then two changes that cancel each other out may not be seen.
- A state at which no answer can be told, because the run cannot be done there or a reader that draws at random gives
  no option twice, ends the search.

    changing_events(EarlierStates(trace, store, reader), LedgerHistory.of(store), 338, 385).events
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from evitrail.eval.attribution.event.earlier_states import DRAWS, EarlierStates, StoreState
from evitrail.eval.attribution.event.event_search import EventSearch
from evitrail.eval.attribution.event.ledger_history import LedgerEvent, LedgerHistory, action_in_words
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.record import Record

FEW = 64
"""Decisions up to which the state after each is tried, unless another number is given."""


class NoAnswer(ValueError):
    """No answer of the run can be told at a state."""


class ChangingEvent(Record):
    """An event of the ledger after which a run answers otherwise."""

    seq: int
    """Its ledger number."""
    type: str
    subject: str
    """The evidence version it is about."""
    other: str | None
    """The version that took over, or that contradicts it."""
    lineages: tuple[str, ...]
    """The lineages of the evidence it is about."""
    actor: str
    reason: str | None
    """None where the event has none."""
    recorded: str
    """When, as ISO 8601."""
    before: str | None
    """The option chosen at the number before it; None where the run abstains."""
    after: str | None

    @property
    def sentence(self) -> str:
        """``event 381: regraded gu-x@2 by anna (panel of May)``."""
        return f"event {self.seq}: {action_in_words(self.type, self.subject, self.other, self.actor, self.reason)}"


class Found(NamedTuple):
    """The events that change a run's answer, in their order."""

    events: tuple[ChangingEvent, ...]
    exhaustive: bool
    """Whether the state after every decision was tried."""


def changing_events(states: EarlierStates, history: LedgerHistory, earlier: int, later: int, few: int = FEW) -> Found:
    """The events between two ledger numbers that change the run's answer.

    Raises ``NoAnswer`` where at some state between them no answer can be told, or a change is no event's doing.
    """
    answer = AnswerAt(states)
    decisions = history.decisions(after=earlier, until=later)
    exhaustive = len(decisions) <= few
    if not exhaustive:
        decisions = EventSearch(states, history, answer.differs(earlier)).near_between(earlier, later)
    tried = [decision.after for decision in decisions if decision.after < later] if len(decisions) <= few else []
    found = []
    for low, high in pairwise((earlier, *tried, later)):
        at = low
        while answer.at(at) != answer.at(high):
            turn = EventSearch(states, history, answer.differs(at)).turn_between(at, high)
            if turn is None:
                raise NoAnswer(f"between ledger numbers {at} and {high} no event is found after which it changes")
            found.append(_reported(turn.event, answer.at(at), answer.at(turn.event.seq)))
            at = turn.event.seq
    return Found(tuple(found), exhaustive)


@dataclass(frozen=True)
class AnswerAt:
    """What a run answers at a ledger number."""

    states: EarlierStates

    def at(self, seq: int) -> str | None:
        """The option, by majority where the reader draws at random; None where it abstains.

        Raises ``NoAnswer`` where the run cannot be done there, or there is no majority.
        """
        drawn: Counter[str | None] = Counter()
        for draw in range(1 if self.states.deterministic else DRAWS):
            outcome = self.states.at(StoreState(seq), draw).outcome
            if outcome is None:
                raise NoAnswer(f"at ledger number {seq} the run cannot be done")
            drawn[outcome.chosen] += 1
        (option, times), *_ = drawn.most_common(1)
        if 2 * times <= drawn.total():
            raise NoAnswer(f"at ledger number {seq} the reader gives another option each time")
        return option

    def differs(self, seq: int) -> Differs:
        """Whether an outcome is another than at this number."""
        return Differs(self.at(seq))


@dataclass(frozen=True)
class Differs:
    """Whether an outcome is another option than this."""

    option: str | None

    def __call__(self, outcome: Outcome) -> bool:
        return outcome.chosen != self.option


def _reported(event: LedgerEvent, before: str | None, after: str | None) -> ChangingEvent:
    fields = event._asdict() | {"lineages": tuple(sorted(event.lineages))}
    return ChangingEvent(**fields, before=before, after=after)
