"""What forks are going to cost, estimated from the record before anything is done.

Rules kept here
- A step before the change is reused; one from there on counts as done again, though it is reused where its input comes
  out the same. So steps, calls, tokens and seconds are what the runs themselves took, and told as at most that.
- Where a change has another step ask a model, that is not foreseen: the estimate is then not exact.
- Of many runs at most ``READ`` forks are looked at, evenly spread; the others are taken to be like them.
- Forks that are on record already cost nothing. Runs that cannot be forked are named with the reason.
- Nothing is written, no store is opened, and no embedding model is loaded.

    estimate_forks(past, ["standard.radiology-003"], [ForkVariant(at="retrieve[1]", changes={"retriever": "clean"})])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evitrail.agent.llm.base import Completion
from evitrail.eval.experiment.evenly import evenly
from evitrail.eval.log.runs import find_run
from evitrail.eval.rerun.fork import fork_name
from evitrail.eval.rerun.fork_variant import ForkVariant, fork_of
from evitrail.traces.journal.errors import JournalError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.journal.schema import KEYED
from evitrail.traces.record import Record, stored_name
from evitrail.traces.run.activity import Activity
from evitrail.traces.run.memory import unfolded
from evitrail.traces.trace import Trace

READ = 100
"""Forks whose parents are read, at most."""
EACH = 0.2
"""Seconds that a fork takes besides its steps."""
NAMED = 5
"""Runs that cannot be forked that are named; the rest are counted."""
ASKS_AGAIN = {"forks": 100, "calls": 50, "seconds": 300}
"""Above any of these, a job asks again before it is begun."""
MOST_FORKS = 10_000


class Unforkable(Record):
    """A run that a variant does not fit."""

    run: str
    why: str


class ForkEstimate(Record):
    """What forks are going to cost; see the module."""

    runs: int
    forks: int
    """Those that are to be done."""
    there: int
    """Those on record already, which are shown and not done again."""
    unforkable: int
    named: tuple[Unforkable, ...]
    steps_redone: int
    steps_reused: int
    calls: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float
    exact: bool
    """Whether every run was read, and none of them asks a model."""
    asks_again: str
    """Why such a job asks again before it is begun; empty where it does not."""


class ForkCost(NamedTuple):
    """What one fork costs."""

    there: bool = False
    redone: int = 0
    reused: int = 0
    calls: int = 0
    prompt: int = 0
    answer: int = 0
    seconds: float = 0.0


def estimate_forks(past: Journals, runs: Sequence[str], variants: Sequence[ForkVariant]) -> ForkEstimate:
    """What the forks of these runs cost, each variant of each run; raises ``ValueError`` where there are too many."""
    if len(runs) * len(variants) > MOST_FORKS:
        many = f"{len(runs):,} runs with {len(variants)} changes each"
        raise ValueError(f"expected at most {MOST_FORKS:,} forks in a job, got {many}; narrow the query")
    read = evenly(runs, max(1, READ // max(1, len(variants))))
    costs: list[ForkCost] = []
    refused: list[Unforkable] = []
    known = set(past.runs())
    for run in read:
        for variant in variants:
            try:
                costs.append(_cost(past, run, variant, known))
            except (ValueError, JournalError) as error:
                refused.append(Unforkable(run=run, why=" ".join(str(error).split())))
    times = len(runs) / len(read) if read else 0.0

    def total(name: str) -> float:
        return times * sum(float(getattr(cost, name)) for cost in costs)

    forks = round(sum(not cost.there for cost in costs) * times)
    figures = {"forks": forks, "calls": round(total("calls")), "seconds": round(total("seconds"), 1)}
    return ForkEstimate(
        runs=len(runs),
        there=round(total("there")),
        unforkable=round(len(refused) * times),
        named=tuple(refused[:NAMED]),
        steps_redone=round(total("redone")),
        steps_reused=round(total("reused")),
        prompt_tokens=round(total("prompt")),
        answer_tokens=round(total("answer")),
        exact=len(read) == len(runs) and not figures["calls"],
        asks_again=_asks_again(figures),
        **figures,
    )


def expect_forkable(trace: Trace) -> None:
    """Raise ``ValueError`` for a run that is not forked from the browser: one with patient data."""
    if trace.records[0].body["config"].startswith(KEYED):
        raise ValueError(f"run {trace.run!r} holds patient data, which is not forked from here; use `evitrail fork`")


def _cost(past: Journals, run: str, variant: ForkVariant, known: set[str]) -> ForkCost:
    trace = find_run(past, run)
    expect_forkable(trace)
    what = fork_of(trace, variant)
    name = fork_name(what)
    if name in known and Trace(past, name).ended:
        return ForkCost(there=True)
    steps = unfolded(past, run)
    outer = [step.path for step in steps if "/" not in step.path]
    first = outer.index(what.at.partition("/")[0]) if what.at else 0
    again = set(outer[first + ("output" in what.changes) :])
    redone = [step for step in steps if step.path.partition("/")[0] in again]
    asked = [past.get(step.output, Completion) for step in redone if _is_call(step)]
    return ForkCost(
        redone=len(again),
        reused=first,
        calls=len(asked),
        prompt=sum(said.prompt_tokens or 0 for said in asked),
        answer=sum(said.completion_tokens or 0 for said in asked),
        seconds=EACH + sum(step.milliseconds for step in redone if step.path in again) / 1000,
    )


def _is_call(step: Activity) -> bool:
    return step.output_type == stored_name(Completion)


def _asks_again(figures: dict[str, float]) -> str:
    words = {"forks": "forks", "calls": "model calls", "seconds": "seconds"}
    above = [f"{figures[name]:,} {words[name]}" for name, most in ASKS_AGAIN.items() if figures[name] > most]
    return ", ".join(above)
