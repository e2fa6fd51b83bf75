"""Regression cases run again, on the store state that they are pinned to: which fail as they did?

Rules kept here
- A case passes if it fails in none of the ways in which it failed before; in which other way it fails is told, too.
- Each case is run by the current code under the condition and by the reader that failed in it, and under no other.
- A run that could not be finished does not pass, and a condition or reader that the plan no longer has is a fault.

    run_set(Path("regressions"), Path("again"))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeVar

from evitrail.eval.attribution.blame import FAILS, Kind
from evitrail.eval.experiment.experiment import Experiment, Progress
from evitrail.eval.log.runs import outcomes
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.plan import PLAN, plan_at
from evitrail.eval.plan.readers import probe_all, readers
from evitrail.eval.plan.run_name import RunName
from evitrail.eval.regress.regression_set import SET, RegressionCase, read_set
from evitrail.eval.resolve import opened
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.journal.folder import Journals
from evitrail.traces.record import Record

T = TypeVar("T")

Verdict = Literal["passes", "fails", "not finished"]


class CaseResult(Record):
    """What became of one regression case."""

    run: str
    """The run that failed first."""
    verdict: Verdict
    failed: tuple[Kind, ...]
    fails: tuple[Kind, ...]
    """The ways in which it fails now."""
    chosen_then: str | None
    chosen: str | None
    answer: str
    error: str = ""
    """Why it was not finished."""


def run_set(
    folder: Path,
    out: Path,
    *,
    store: Path | None = None,
    allow_code: bool = False,
    progress: Progress = lambda done, of: None,
) -> list[CaseResult]:
    """Do every run of a set again into a new folder, and judge it; ``store`` is where its store is now."""
    asked = read_set(folder).cases
    plan = plan_at(folder / PLAN)
    if store is not None:
        plan = plan.model_copy(update={"store": str(store.resolve())})
    if out.exists() and any(out.iterdir()):
        raise InputError([f"{out}: expected a new folder, it holds something already; give another --out"])
    with opened(plan, allow_code=allow_code) as experiment:
        groups = [(_narrowed(experiment, group), group) for group in _groups(asked)]
        probe_all(experiment.reader)
        results: list[CaseResult] = []
        for part, group in groups:
            told = partial(_report, progress, len(results), len(asked))
            results += _asked_again(part, out / group[0].reader, group, told)
    return sorted(results, key=lambda one: one.run)


def _report(progress: Progress, before: int, of: int, done: int, of_group: int) -> None:
    progress(before + done, of)


def _groups(asked: Iterable[RegressionCase]) -> list[list[RegressionCase]]:
    """The cases of each condition and reader."""
    return [list(group) for _, group in groupby(sorted(asked, key=_asked_by), key=_asked_by)]


def _asked_by(case: RegressionCase) -> tuple[str, str]:
    return case.condition, case.reader


def _narrowed(experiment: Experiment, group: Sequence[RegressionCase]) -> Experiment:
    """The experiment with the condition, the reader and the cases of one group alone."""
    condition, label = _asked_by(group[0])
    conditions = {one.name: one for one in experiment.conditions}
    by_id = {case.id: case for case in experiment.cases}
    return replace(
        experiment,
        conditions=(_named(condition, conditions, "a condition of plan.toml"),),
        reader=_named(label, dict(readers(experiment.reader)), "a reader of plan.toml"),
        cases=[_named(one.case, by_id, "a case of benchmark.jsonl") for one in group],
    )


def _named(name: str, known: Mapping[str, T], what: str) -> T:
    if name not in known:
        raise InputError([f"{SET}: expected {what}, got {name!r}{nearest(name, known)}"])
    return known[name]


def _asked_again(
    experiment: Experiment, folder: Path, group: list[RegressionCase], progress: Progress
) -> list[CaseResult]:
    failures = {failure.run: failure.error for failure in experiment.run(folder, progress)}
    with Journals.open(folder) as journal:
        found = {outcome.run: outcome for outcome in outcomes(journal)}
    names = [str(RunName(one.condition, "", one.case)) for one in group]
    return [_judged(one, found.get(name), failures.get(name, "")) for one, name in zip(group, names, strict=True)]


def _judged(case: RegressionCase, outcome: Outcome | None, error: str) -> CaseResult:
    fails = tuple(kind for kind, test in FAILS.items() if outcome is not None and test(outcome))
    verdict: Verdict = "not finished" if outcome is None else "fails" if set(fails) & set(case.failed) else "passes"
    return CaseResult(
        run=case.run,
        verdict=verdict,
        failed=case.failed,
        fails=fails,
        chosen_then=case.chosen,
        chosen=outcome.chosen if outcome else None,
        answer=case.answer,
        error=error,
    )
