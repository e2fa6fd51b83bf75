"""The table of an injection: how often the attribution names the injected step, beside what simpler methods name.

Rules kept here
- Every share stands with its count and its 95 % interval (Wilson). A row without runs is left out.
- An abstention on an injected fault is not right. A run that could not be attributed is not right either.
- False blame: somebody is named for a control. Of a control that did not fail nobody can be.
- A baseline is *beaten* where its interval lies wholly below ours; on false blame, wholly above.
- The most common kind is taken from the truths of all other single faults' runs of the table, never from the run's
  own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from evitrail.eval.injection.trial import Trial
from evitrail.eval.metrics.stats import wilson
from evitrail.traces.record import Record

Section = Literal["single faults", "fault code", "two faults", "controls", "abstention", "cost"]

BY_TRUTH: Mapping[str, tuple[str, ...]] = {
    "store": ("store",),
    "retrieve": ("retrieve",),
    "critique": ("critique",),
    "requery, aim, keep": ("requery", "aim", "keep"),
    "synthesise": ("synthesise",),
    "choose": ("choose",),
    "check": ("check",),
}
CONSTANT = "most common step"
NOBODY = ("placebo", "masked", "wrong key", "unlabelled", "fluke")
"""Sorts of controls, for which nobody is to be named."""


class Share(Record):
    """How many of how many, with the 95 % interval."""

    k: int
    n: int
    value: float
    lo: float
    hi: float


class Row(Record):
    """One line of the table."""

    section: Section
    name: str
    ours: Share | None
    """None for a cost, which is no share."""
    baselines: dict[str, Share] = Field(default_factory=dict)
    beaten: tuple[str, ...] = ()
    """The baselines whose interval does not reach ours."""
    median: float | None = None
    p90: float | None = None
    """The value that nine in ten do not exceed."""


Test = Callable[[Trial], bool]
Names = Callable[[Trial], tuple[str, ...]]


def table(trials: Sequence[Trial]) -> list[Row]:
    """Every row, in the order of reading."""
    trials = with_constant(trials)
    single = [trial for trial in trials if trial.sort == "single"]
    double = [trial for trial in trials if trial.sort in ("AND", "OR")]
    rows = [_named("single faults", "first name right, all", single)]
    for name, kinds in BY_TRUTH.items():
        rows.append(_named("single faults", f"first name right: {name}", [t for t in single if t.truth[0] in kinds]))
    for reader in dict.fromkeys(trial.reader for trial in single):
        read = [trial for trial in single if trial.reader == reader]
        rows.append(_named("single faults", f"first name right, read by {reader}", read))
    rows.append(_row("fault code", "all", single, _code_right))
    for code in sorted({trial.code for trial in single if trial.code}):
        rows.append(_row("fault code", code, [trial for trial in single if trial.code == code], _code_right))
    rows.append(_row("two faults", "exact set", double, lambda t: set(named(t)) == set(t.truth), _sets(double)))
    rows.append(_named("two faults", "first name right", double))
    for sort in NOBODY:
        rows.append(_false_blame(sort, [trial for trial in trials if trial.sort == sort]))
    rows += _abstention(trials)
    rows.append(_cost(trials))
    return [row for row in rows if row.median is not None or (row.ours is not None and row.ours.n)]


def named(trial: Trial) -> tuple[str, ...]:
    """The kinds of steps that the attribution names, the most to blame first."""
    return trial.blame.roles if trial.blame else ()


def with_constant(trials: Sequence[Trial]) -> list[Trial]:
    """The trials with one baseline more: the most common truth among all other single faults' runs."""
    counts = Counter(trial.truth[0] for trial in trials if trial.sort == "single")

    def most_common(trial: Trial) -> tuple[str, ...]:
        others = counts - Counter(trial.truth[:1] if trial.sort == "single" else ())
        best = min(others, key=lambda kind: (-others[kind], kind), default=None)
        return (best,) if best else ()

    return [
        trial.model_copy(update={"guesses": {CONSTANT: most_common(trial), **trial.guesses}}) if trial.failed else trial
        for trial in trials
    ]


def _code_right(trial: Trial) -> bool:
    return trial.blame is not None and trial.blame.fault_code == trial.code


def share(k: int, n: int) -> Share:
    """A share with its interval; of nothing, it may be anything."""
    if not n:
        return Share(k=0, n=0, value=0.0, lo=0.0, hi=1.0)
    interval = wilson(k, n)
    lo, hi = (round(min(max(end, 0.0), 1.0), 6) for end in interval)
    return Share(k=k, n=n, value=round(k / n, 6), lo=lo, hi=hi)


def _row(
    section: Section,
    name: str,
    trials: Sequence[Trial],
    right: Test,
    baselines: Mapping[str, Share] | None = None,
    *,
    less_is_better: bool = False,
) -> Row:
    ours = share(sum(map(right, trials)), len(trials))
    others = dict(baselines or {})
    beaten = [
        name for name, one in others.items() if (ours.hi < one.lo if less_is_better else ours.lo > one.hi) and one.n
    ]
    return Row(section=section, name=name, ours=ours, baselines=others, beaten=tuple(beaten))


def _named(section: Section, name: str, trials: Sequence[Trial]) -> Row:
    """How often the first that is named is to blame."""

    def right(names: tuple[str, ...], trial: Trial) -> bool:
        return bool(names) and names[0] in trial.truth

    return _row(section, name, trials, lambda trial: right(named(trial), trial), _each_baseline(trials, right))


def _sets(trials: Sequence[Trial]) -> dict[str, Share]:
    return _each_baseline(trials, lambda names, trial: set(names) == set(trial.truth))


def _false_blame(sort: str, trials: Sequence[Trial]) -> Row:
    failed = [trial for trial in trials if trial.failed]
    others = _each_baseline(failed, lambda names, trial: bool(names))
    within = {name: share(one.k, len(trials)) for name, one in others.items()}
    return _row(
        "controls", f"false blame: {sort}", trials, lambda trial: bool(named(trial)), within, less_is_better=True
    )


def _each_baseline(trials: Sequence[Trial], right: Callable[[tuple[str, ...], Trial], bool]) -> dict[str, Share]:
    names = dict.fromkeys(name for trial in trials for name in trial.guesses)
    return {
        name: share(sum(right(trial.guesses.get(name, ()), trial) for trial in trials), len(trials)) for name in names
    }


def _abstention(trials: Sequence[Trial]) -> list[Row]:
    """Of the abstentions, how many were due; of those that were due, how many were made."""
    failed = [trial for trial in trials if trial.failed and trial.blame is not None]
    should = _where(failed, lambda trial: trial.sort in NOBODY)
    abstained = _where(failed, lambda trial: not named(trial))
    return [
        _row("abstention", "precision: abstentions that were due", abstained, lambda trial: trial.sort in NOBODY),
        _row("abstention", "recall: due abstentions that were made", should, lambda trial: not named(trial)),
    ]


def _cost(trials: Iterable[Trial]) -> Row:
    steps = [trial.blame.executed for trial in trials if trial.blame is not None]
    if not steps:
        return Row(section="cost", name="steps executed", ours=None)
    median, p90 = (float(np.percentile(steps, part)) for part in (50, 90))
    return Row(section="cost", name="steps executed for one failure", ours=None, median=median, p90=round(p90, 1))


def _where(trials: Iterable[Trial], test: Test) -> list[Trial]:
    return [trial for trial in trials if test(trial)]
