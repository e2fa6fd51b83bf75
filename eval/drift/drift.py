"""Drift: the same cases asked on two states of the store, by two readers or as of two days; what changed, and why.

Rules kept here
- A pair is two runs of the same case under the same condition, read by the same reader (``paired.py``). Its answers are
  the options that the runs chose; samples drawn beside them are not compared.
- An answer that changed is better if only the second is right, worse if only the first is, and else equal: both are
  wrong. Whether it does more or less harm is told beside it, and is None where the case carries no labels.
- The statistics are those of a comparison with A as the baseline (``eval/compare/``): on the cases that both answered,
  each metric's difference B − A, wins and losses, and McNemar's exact test.
- The cause of each changed answer is proven by doing the run again, or is ``cannot tell`` (``cause.py``). A run that
  cannot be done again has that as its reason; once a model does not answer, no further run is done again.
- Nothing is written to either experiment. Equal input gives an equal record: conditions in the order of tables, cases
  by id.

    with opened_sides("run-a", "run-b") as (a, b):
        for changed in drift(a, b).conditions[0].changed:
            print(changed.case, changed.verdict, changed.cause.sentence)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evitrail.agent.llm.base import Unreachable
from evitrail.agent.model import Answer
from evitrail.eval.attribution.baseline.baseline import setting_of
from evitrail.eval.attribution.baseline.components import COMPONENTS, differing
from evitrail.eval.attribution.event.ledger_history import LedgerHistory
from evitrail.eval.compare.arm import Arm
from evitrail.eval.compare.comparison import Pair as ComparedPair
from evitrail.eval.compare.comparison import compared
from evitrail.eval.compare.parted import Parted
from evitrail.eval.drift.cause import Cause, TwoRuns, cause_of
from evitrail.eval.drift.changing_events import FEW
from evitrail.eval.drift.paired import Asked, matched
from evitrail.eval.drift.record import ChangedAnswer, ConditionDrift, Drift, EventDrift, Harm
from evitrail.eval.experiment.job import RunJob, fault_of
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.metrics.outcome import Outcome
from evitrail.traces.journal.redacted import redacted_runs
from evitrail.traces.trace import Trace

HARMS = ("high_risk", "unsafe", "contradicts")
"""What labels say against an option, the gravest first."""


def drift(a: Asked, b: Asked, progress: Callable[[int, int], None] = lambda done, of: None, few: int = FEW) -> Drift:
    """Which answers changed from A to B, and why; raises ``ValueError`` where they did not ask the same.

    ``few`` is the number of decisions between two states up to which the state after each is tried.
    """
    pairs, only_a, only_b = matched(a, b)
    found = [compared(pair) for pair in pairs]
    causes = Causes(a, b, sum(one.pairs[0].moved for one in found), progress, few)
    conditions = tuple(
        _condition(pair, one.pairs[0], one.tests, causes) for pair, one in zip(pairs, found, strict=True)
    )
    events = _by_event([changed for condition in conditions for changed in condition.changed])
    return Drift(a=a.name, b=b.name, conditions=conditions, only_a=only_a, only_b=only_b, events=events)


class Causes:
    """Finds the cause of one changed answer after another; the ledger is read once."""

    def __init__(self, a: Asked, b: Asked, of: int, progress: Callable[[int, int], None], few: int) -> None:
        self.sides = a.side, b.side
        self._history, self._few = LedgerHistory.of(b.side.store), few
        self._gone = [redacted_runs(side.past).keys() for side in self.sides]
        self._down: str | None = None
        self._done, self._of, self._progress = 0, of, progress

    def of(self, before: Outcome, after: Outcome) -> Cause:
        """Why one case was answered otherwise."""
        self._progress(self._done, self._of)
        first, second = (
            Trace(side.past, outcome.run) for side, outcome in zip(self.sides, (before, after), strict=True)
        )
        why = self._not_again((first, before), (second, after))
        found = Cause(kind="cannot tell", sentence=why) if why else self._found(TwoRuns(first, second, *self.sides))
        self._done += 1
        self._progress(self._done, self._of)
        return found

    def differing(self, before: dict[str, Outcome], after: dict[str, Outcome]) -> tuple[str, ...]:
        """The components in which the runs of any case differ."""
        found: set[str] = set()
        for case in before.keys() & after.keys():
            runs = [before[case].run, after[case].run]
            traces = [Trace(side.past, run) for side, run in zip(self.sides, runs, strict=True)]
            if all(trace.records and trace.run not in gone for trace, gone in zip(traces, self._gone, strict=True)):
                pairs = zip(traces, self.sides, strict=True)
                found.update(differing(*(setting_of(trace, side, self.sides[0]) for trace, side in pairs)))
        return tuple(name for name in COMPONENTS if name in found)

    def state(self, outcomes: dict[str, Outcome], side: int) -> tuple[int, ...]:
        """The ledger numbers that the runs of these outcomes saw."""
        gone, past = self._gone[side], self.sides[side].past
        by_state = {one.snapshot: one.run for one in outcomes.values() if one.run not in gone}  # one run of each tells
        traces = (Trace(past, run) for run in by_state.values())
        return tuple(sorted({trace.config(RunConfig).seq for trace in traces if trace.records}))

    def _not_again(self, *runs: tuple[Trace, Outcome]) -> str | None:
        """Why the two runs cannot be done again; None where they can."""
        for (trace, outcome), gone, name in zip(runs, self._gone, "AB", strict=True):
            if trace.run in gone:
                return f"{name}'s run was redacted"
            said = trace.output(Answer) if trace.records else None
            if said is None:
                return f"{name}'s run is not in its journal"
            if said.option != outcome.chosen:
                return f"{name}'s answer was checked again since, and another option counts now"
        return self._down

    def _found(self, runs: TwoRuns) -> Cause:
        job = RunJob(runs.second.run, runs.second.config(RunConfig))
        try:
            return cause_of(runs, self._history, self._few)
        except Unreachable as error:
            self._down = why = fault_of(job, error)
        except Exception as error:  # whatever a component raises: it is told, and the others go on
            why = fault_of(job, error)
        return Cause(kind="cannot tell", sentence=why)


def _condition(pair: tuple[Arm, Arm], found: ComparedPair, tests: int, causes: Causes) -> ConditionDrift:
    one, other = pair
    before, after = one.outcomes, other.outcomes
    changed = tuple(
        _changed(each, before[each.case], after[each.case], causes)
        for each in sorted(found.parted, key=lambda parted: parted.case)
    )
    verdicts = [each.verdict for each in changed]
    return ConditionDrift(
        a=one.label,
        b=other.label,
        state_a=causes.state(before, 0),
        state_b=causes.state(after, 1),
        differing=causes.differing(before, after),
        cases=found.cases,
        only_a=len(before.keys() - after.keys()),
        only_b=len(after.keys() - before.keys()),
        overridden=found.overridden,
        better=verdicts.count("better"),
        worse=verdicts.count("worse"),
        equal=verdicts.count("equal"),
        tests=tests,
        metrics=found.metrics,
        changed=changed,
    )


def _changed(parted: Parted, before: Outcome, after: Outcome, causes: Causes) -> ChangedAnswer:
    return ChangedAnswer(
        case=parted.case,
        answer=parted.answer,
        verdict="better" if after.correct else "worse" if before.correct else "equal",
        harm=_harm(before, after),
        a=parted.baseline,
        b=parted.other,
        evidence_out=parted.evidence_out,
        evidence_in=parted.evidence_in,
        cause=causes.of(before, after),
    )


def _harm(before: Outcome, after: Outcome) -> Harm | None:
    """Which of two options does more harm, the gravest flag deciding."""
    if None in (before.high_risk, after.high_risk):
        return None
    was, now = (next((n for n, flag in enumerate(HARMS) if getattr(one, flag)), len(HARMS)) for one in (before, after))
    return "same" if was == now else "less" if now > was else "more"


def _by_event(changed: Sequence[ChangedAnswer]) -> tuple[EventDrift, ...]:
    """The answers of which one event is the cause, event by event."""
    groups: dict[int, list[ChangedAnswer]] = {}
    for one in changed:
        if one.cause.kind == "event":
            groups.setdefault(one.cause.events[0].seq, []).append(one)
    found = []
    for seq, members in groups.items():
        verdicts = [one.verdict for one in members]
        found.append(
            EventDrift(
                seq=seq,
                sentence=members[0].cause.events[0].sentence,
                better=verdicts.count("better"),
                worse=verdicts.count("worse"),
                equal=verdicts.count("equal"),
                runs=tuple(sorted(one.b.run for one in members)),
            )
        )
    return tuple(sorted(found, key=lambda one: (-len(one.runs), -one.seq)))
