"""Why one answer changed between two runs of the same case: an event of the ledger, a component, code or chance.

Rules kept here
- The second run is done again in memory with components of the first in place of its own: each that differs, or else
  a minimal set of them (``eval/attribution/baseline/``). What brings back the first answer decides.
- Where that is the state of the store alone, the events of the ledger that change the answer are searched for
  (``changing_events.py``). A single event is the cause; where there are more, the cause is ``several``.
- Where no component differs, the cause is the code of the steps if that differs, and chance if the reader draws at
  random.
- What is not proven is not named: the cause is then ``cannot tell``, with the reason. So where the second run, done
  again unchanged, answers otherwise; where nothing that differs brings back the first answer; where both code and
  chance may be the cause.

    cause_of(TwoRuns(first, second, a, b), LedgerHistory.of(store)).sentence
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from evitrail.agent.model import Answer
from evitrail.eval.attribution.baseline.baseline import Comparison, comparison_of
from evitrail.eval.attribution.baseline.baseline_runs import Side
from evitrail.eval.attribution.baseline.components import differing, in_place
from evitrail.eval.attribution.baseline.delta_debugging import minimal_sets
from evitrail.eval.attribution.event.earlier_states import EarlierStates
from evitrail.eval.attribution.event.ledger_history import LedgerHistory
from evitrail.eval.drift.changing_events import FEW, ChangingEvent, Found, NoAnswer, changing_events
from evitrail.eval.log.scored_runs import MEASURING
from evitrail.traces.record import Record
from evitrail.traces.trace import Trace

STORE = "store state"
"""The component that events of the ledger change."""

Kind = Literal["event", "component", "code", "chance", "several", "cannot tell"]


class Cause(Record):
    """Why one answer changed."""

    kind: Kind
    sentence: str
    """The cause in words, or why none can be named."""
    differing: tuple[str, ...] = ()
    """The components in which the two runs differ, in a fixed order."""
    deciding: tuple[tuple[str, ...], ...] = ()
    """Each set of components that brings back the first answer: all single ones, or else one minimal set."""
    events: tuple[ChangingEvent, ...] = ()
    """The events that change the answer, in the order of the ledger."""
    exhaustive: bool | None = None
    """Whether the state after every decision was tried; if not, states were bisected, and an answer that changes and
    changes back may not be seen. None where no event was found."""
    replays: int = 0
    """How often the second run was done again to find it."""


class TwoRuns(NamedTuple):
    """Two runs of the same case, each with what it takes to do it again."""

    first: Trace
    second: Trace
    a: Side
    b: Side


def cause_of(runs: TwoRuns, history: LedgerHistory, few: int = FEW) -> Cause:
    """Why the second run answers otherwise than the first; raises whatever a component raises."""
    was, now = (_option(trace) for trace in (runs.first, runs.second))
    again = comparison_of(runs.second, runs.first, runs.b, runs.a)
    names = differing(again.mine, again.other)

    def answers(option: str | None, changed: frozenset[str] = frozenset()) -> bool:
        outcome = again.outcome(changed)
        return outcome is not None and outcome.chosen == option

    def cause(kind: Kind, sentence: str, **more: object) -> Cause:
        replays = sum(outcome is not None for outcome in again.done.values())
        found = {"kind": kind, "sentence": sentence, "differing": names, "replays": replays} | more
        return Cause.model_validate(found)

    if not answers(now):
        return cause(
            "cannot tell", "done again unchanged, B answers otherwise: its code has changed, or it draws at random"
        )
    if not names:
        return cause(*_by_elimination(runs, again))
    deciding = minimal_sets(names, lambda changed: answers(was, changed))
    if not deciding:
        return cause("cannot tell", f"with {_listed(names)} of A, B still answers otherwise: something else differs")
    if deciding == ((STORE,),):
        states = EarlierStates(runs.second, runs.b.store, runs.b.readers)
        kind, sentence, events = _in_the_ledger(states, again, (was, now), history, few)
        more = events._asdict() if events else {}
        found = cause(kind, sentence, deciding=deciding, **more)
        return found.model_copy(update={"replays": found.replays + states.replays})
    return cause(*_components(deciding, again), deciding=deciding)


def _option(trace: Trace) -> str | None:
    answer = trace.output(Answer)
    assert answer is not None  # a run that did not answer has no outcome
    return answer.option


def _by_elimination(runs: TwoRuns, again: Comparison) -> tuple[Kind, str]:
    """The cause where no component differs."""
    first, second = _code(runs.first), _code(runs.second)
    kinds = sorted(kind for kind in first.keys() & second.keys() if first[kind] != second[kind])
    drawn = not again.mine.reader.deterministic
    if kinds and drawn:
        return "cannot tell", f"only the code of {_listed(kinds)} differs, and the reader draws at random"
    if kinds:
        return "code", f"only the code of {_listed(kinds)} differs"
    if drawn:
        return "chance", "nothing differs, and the reader draws at random"
    return "cannot tell", "nothing that is recorded differs"


def _code(trace: Trace) -> dict[str, set[str]]:
    """The fingerprints of the code that did each kind of step."""
    found: dict[str, set[str]] = {}
    for step in trace.activities:
        if step.kind not in MEASURING:
            found.setdefault(step.kind, set()).add(step.code)
    return found


def _components(deciding: tuple[tuple[str, ...], ...], again: Comparison) -> tuple[Kind, str]:
    """The cause where components other than the store's state decide, or not it alone."""
    # B's component is told first, in place of A's, since that is what changed.
    said = [
        f"{_listed(names)}: {_listed(in_place(name, again.other, again.mine) for name in names)}" for names in deciding
    ]
    if len(deciding) > 1:
        return "several", f"each alone brings back A's answer: {'; '.join(said)}"
    if len(deciding[0]) > 1:
        return "several", f"only together they bring back A's answer: {said[0]}"
    return "component", said[0]


def _in_the_ledger(
    states: EarlierStates, again: Comparison, answers: tuple[str | None, str | None], history: LedgerHistory, few: int
) -> tuple[Kind, str, Found | None]:
    """The events between the two states of the store, where they lead from one recorded answer to the other."""
    first, second = again.other.config.seq, again.mine.config.seq
    low, high = answers if first < second else reversed(answers)
    try:
        found = changing_events(states, history, min(first, second), max(first, second), few)
    except NoAnswer as error:
        return "cannot tell", str(error), None
    events = found.events
    if not events or (events[0].before, events[-1].after) != (low, high):
        return "cannot tell", "done again at the two states, the run does not answer as recorded", None
    said = "; ".join(event.sentence for event in events)
    if first > second:
        said = f"B's state is the earlier one, without {said}"
    return ("event" if len(events) == 1 else "several"), said, found


def _listed(names: Iterable[str]) -> str:
    """``k, agent and reader``."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
