"""Search the ledger for the decision after which a run fails: walk back to a state at which it passes, then bisect.

Rules kept here
- First come the decisions about the lineages that the run was served and those that its case labels. The walk back goes
  1, 2, 4, 8 … of these; where it meets no state at which the run passes, the states at which labelled evidence for the
  answer had just been published are tried, and last the walk goes over all decisions.
- Then the states between the last that passes and the first that fails are halved: at these decisions first, and then,
  where the turn lies between two of them, at all decisions between the two. So an event is also found that a search
  leaves no sign of, such as the retraction of what a gate then held back.
- What is returned is always proven: at the number before the event the run passes, at its own it fails.
- And it concerns this failure: the event is about evidence that the recorded run found, that its case labels, or that
  the run was served before the event. While a store is nearly empty, a search serves what has nothing to do with the
  question; an event about that is not named. Only ``turn_between``, whose states are given, names it all the same.
- A run can turn more than once. Of several turns the latest that the walk meets is named. It need not be the last of
  all: states between two steps of the walk are not asked, and the run may pass at some of them.
- A state at which the run cannot be done counts as one at which it does not pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from evitrail.eval.attribution.event.earlier_states import DRAWS, EarlierStates, Ended, Rerun, StoreState
from evitrail.eval.attribution.event.ledger_history import Decision, LedgerEvent, LedgerHistory, lineage_of
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.rerun.whatif import came_across


class Turn(NamedTuple):
    """An event after which a run fails."""

    event: LedgerEvent
    before: Rerun
    """The run as it was before."""


@dataclass
class EventSearch:
    """The search for what turned one run in one way."""

    states: EarlierStates
    history: LedgerHistory
    failing: Callable[[Outcome], bool | None]
    """The way: whether an outcome fails in it."""
    asked: dict[tuple[StoreState, int], int] = field(default_factory=dict)
    """Every try, with the number of steps that were done in it."""

    @property
    def seq(self) -> int:
        """The ledger number at which the run was recorded."""
        return self.states.config.seq

    def turn(self) -> Turn | None:
        """The event before which the run passes and after which it fails; None where none was met."""
        near = self.history.decisions(until=self.seq, about=self._near)
        return self._named(self._walk(near), near) or self._named(self._once_there_was_evidence(near), near)

    def turn_anywhere(self) -> Turn | None:
        """The same, over all decisions that the ledger holds."""
        every = self.history.decisions(until=self.seq)
        return self._named(self._walk(every), every)

    def turn_between(self, passing: int, failing: int) -> Turn | None:
        """The same between two states, at the earlier of which the run passes, and at the later of which it fails."""
        return self._between((passing, failing), self.near_between(passing, failing))

    def near_between(self, earlier: int, later: int) -> list[Decision]:
        """The decisions between two states about what the run is served, at the earlier one too, or its case labels."""
        served = self.states.at(StoreState(earlier)).served
        return self.history.decisions(after=earlier, until=later, about=self._near | served)

    @property
    def _near(self) -> set[str]:
        """The lineages of what the run's own searches served, and of what its case labels."""
        served = {hit.passage.ref for found in self.states.recorded for hit in found.hits}
        return set(map(lineage_of, self._labelled | served))

    def fails(self, state: StoreState) -> bool:
        """Whether the run does not pass at that state."""
        found: Counter[bool] = Counter()
        for draw in range(1 if self.states.deterministic else DRAWS):
            rerun = self.states.at(state, draw)
            self.asked[state, draw] = rerun.executed
            found[self._failed(rerun)] += 1
            if max(found.values()) > DRAWS // 2:
                break
        return found[True] >= found[False]

    def fails_at(self, seq: int) -> bool:
        """The same, with nothing supposed of the store."""
        return self.fails(StoreState(seq))

    def passing(self, state: StoreState) -> Rerun | None:
        """A try that passes at that state; None where the run fails there."""
        if self.fails(state):
            return None
        tries = (self.states.at(state, draw) for asked, draw in self.asked if asked == state)
        return next(rerun for rerun in tries if not self._failed(rerun))

    def passing_with(self, ended: Sequence[Ended]) -> Rerun | None:
        """The run as it would be if these versions had ended; None where it would fail even so."""
        return self.passing(StoreState(self.seq, tuple(ended)))

    def _failed(self, rerun: Rerun) -> bool:
        return rerun.outcome is None or bool(self.failing(rerun.outcome))

    @property
    def _labelled(self) -> set[str]:
        case = self.states.config.case
        return {*case.clean_evidence, *case.conflict_evidence, *case.outdated_evidence}

    def _walk(self, decisions: Sequence[Decision]) -> tuple[int, int] | None:
        """Two states, by number: the first passes and the second, later one fails."""
        failing, step, place = self.seq, 1, len(decisions)
        while place > 0:
            place = max(place - step, 0)
            before = decisions[place].before
            if not self.fails_at(before):
                return before, failing
            failing, step = before, step * 2
        return None

    def _once_there_was_evidence(self, decisions: Sequence[Decision]) -> tuple[int, int] | None:
        """The same, from the states at which evidence for the answer had just been published, the latest first."""
        wanted = self.states.config.case.clean_evidence
        published = {event.seq for ref in wanted if (event := self.history.publication(ref, self.seq))}
        states = [one.after for one in decisions if published & {event.seq for event in one.events}]
        for after in reversed(states):
            if after < self.seq and not self.fails_at(after):
                later = {state.seq for state, _ in self.asked if state.seq > after}
                return after, min(seq for seq in later if self.fails_at(seq))  # the run's own state at the latest
        return None

    def _named(self, ends: tuple[int, int] | None, decisions: Sequence[Decision]) -> Turn | None:
        """The event between a state that passes and one that fails, where it concerns this failure."""
        turn = self._between(ends, decisions) if ends else None
        return turn if turn and self._concerns(turn.event, turn.before) else None

    def _between(self, ends: tuple[int, int], decisions: Sequence[Decision]) -> Turn | None:
        """The event that turned the run between a state that passes and one that fails."""
        ends = self._halved(ends, [decision.before for decision in decisions])
        ends = self._halved(ends, [decision.after for decision in decisions])
        others = self.history.decisions(after=ends[0], until=ends[1])
        ends = self._halved(ends, [decision.after for decision in others])
        events = [event for one in others if one.after == ends[1] for event in one.events]
        passing, turned = self._halved(ends, [event.seq for event in events])
        before = self.passing(StoreState(passing))
        event = next((event for event in events if event.seq == turned), None)
        return Turn(event, before) if event and before else None

    def _concerns(self, event: LedgerEvent, before: Rerun) -> bool:
        """Whether an event is about what the run was served before it, what its searches found, or its case labels."""
        refs = self._labelled | came_across(self.states.trace)
        return not event.lineages.isdisjoint(before.served.union(map(lineage_of, refs)))

    def _halved(self, ends: tuple[int, int], numbers: Sequence[int]) -> tuple[int, int]:
        """The two neighbours among these ledger numbers between which the run turns."""
        passing, failing = ends
        between = sorted({number for number in numbers if passing < number < failing})
        while between:
            place = len(between) // 2
            if self.fails_at(between[place]):
                failing, between = between[place], between[:place]
            else:
                passing, between = between[place], between[place + 1 :]
        return passing, failing
