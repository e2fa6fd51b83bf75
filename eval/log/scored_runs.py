"""The scored runs of an experiment as metrics read them: each outcome with its case and its record in the journal.

Rules kept here
- A run's steps are read once, when the first metric asks what it cost, and its answer when one asks for that. Metrics
  of outcomes and cases alone read nothing from the journal.
- The answer is the one that counts (``latest_check.py``); the cost is that of the run itself, not of its re-checks.
- What measures the answer afterwards is not part of its cost (``MEASURING``).
- Of a sensitive case the answer's reason and the raw output are withheld.

    runs = scored_runs(outcomes(journal), journal, cases, plan)
    metric_rows(runs), cost_rows(runs)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from evitrail.agent.llm.base import Completion
from evitrail.agent.model import Answer
from evitrail.eval.dataset.case import COVER, Case
from evitrail.eval.log.latest_check import rechecked
from evitrail.eval.log.model_answers import spoken_in
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.metrics.prices import Price, TokenUsage, cost_of, price_of
from evitrail.eval.metrics.scored import Scored
from evitrail.eval.plan.plan import Plan
from evitrail.eval.plan.run_name import ReadCondition, labels
from evitrail.traces.journal.view import JournalView
from evitrail.traces.run.memory import unfolded
from evitrail.traces.trace import Trace

MEASURING = ("check", "influence", "gather", "judge")
"""Kinds of steps that judge or explain an answer and have no part in it."""

N = TypeVar("N", int, float)


def scored_runs(
    outcomes: Iterable[Outcome],
    journal: JournalView,
    cases: Mapping[str, Case],
    plan: Plan | None = None,
    prices: Mapping[str, Price] | None = None,
) -> list[Scored]:
    """Each outcome with its case and its record; ``cases`` are as they may be shown.

    ``prices`` stand in place of the plan's.
    """
    latest = rechecked(journal)
    specs = plan.read_by if plan else ()
    by_label = dict(zip(labels(specs), specs, strict=True))
    stated = (plan.prices if plan else None) or {}

    def reader(outcome: Outcome) -> tuple[str, ...]:
        label = ReadCondition.of(outcome.run, outcome.condition).reader or (
            next(iter(by_label)) if len(by_label) == 1 else ""
        )
        return (by_label[label], label) if label in by_label else ()

    return [
        Scored(
            outcome,
            cases.get(outcome.case),
            RecordedRun(
                journal,
                outcome.run,
                latest.get(outcome.run, outcome.run),
                sensitive=outcome.case not in cases or bool(cases[outcome.case].sensitive),
                reader=reader(outcome),
                prices=stated if prices is None else prices,
            ),
        )
        for outcome in outcomes
    ]


class RunCost(NamedTuple):
    """What one run took, in tokens, time and money."""

    tokens: TokenUsage
    milliseconds: float | None
    money: float | None
    calls: int
    models: frozenset[str]
    """The names that servers gave the models which were called."""


@dataclass(frozen=True)
class RecordedRun:
    """One run's record in the journal; see ``Recorded``."""

    journal: JournalView = field(repr=False)
    run: str
    answered_in: str
    """The run whose answer counts: itself, or its latest re-check."""
    sensitive: bool
    reader: tuple[str, ...] = ()
    """The names that the plan has for its reader."""
    prices: Mapping[str, Price] = field(default_factory=dict, repr=False)

    @property
    def answer(self) -> Answer | None:
        answer = Trace(self.journal, self.answered_in).output(Answer)
        return answer.model_copy(update={"reason": COVER}) if answer and self.sensitive else answer

    @property
    def raw_output(self) -> str | None:
        if self.sensitive:
            return None
        trace = Trace(self.journal, self.run)
        spoken = spoken_in(trace, trace)
        return spoken.greedy.raw if spoken else None

    @property
    def tokens(self) -> TokenUsage:
        return self._spent.tokens

    @property
    def milliseconds(self) -> float | None:
        return self._spent.milliseconds

    @property
    def money(self) -> float | None:
        return self._spent.money

    @property
    def calls(self) -> int:
        return self._spent.calls

    @property
    def models(self) -> frozenset[str]:
        """The names that servers gave the models which this run called."""
        return self._spent.models

    @cached_property
    def _spent(self) -> RunCost:
        steps = [step for step in unfolded(self.journal, self.run) if step.path.partition("[")[0] not in MEASURING]
        calls = [self.journal.get(step.output, Completion) for step in steps if step.output_type == Completion.__name__]
        used = [TokenUsage(call.prompt_tokens, call.completion_tokens) for call in calls]
        costs = [
            cost_of(tokens, price_of((*self.reader, call.model), self.prices))
            for tokens, call in zip(used, calls, strict=True)
        ]
        return RunCost(
            tokens=TokenUsage(_total(each.prompt for each in used), _total(each.completion for each in used)),
            milliseconds=_total(step.milliseconds for step in steps if "/" not in step.path),
            money=_total(costs),
            calls=len(calls),
            models=frozenset(call.model for call in calls),
        )


def _total(numbers: Iterable[N | None]) -> N | None:
    """Their sum; None where one of them is unknown, or there are none."""
    listed = list(numbers)
    known = [number for number in listed if number is not None]
    return sum(known) if known and len(known) == len(listed) else None
