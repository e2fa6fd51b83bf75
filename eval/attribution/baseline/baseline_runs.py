"""The runs of an experiment that failed, each with the baseline's run of the same case.

Rules kept here
- The baseline is another experiment's folder, or another condition of the same folder.
- Runs are matched by case. In another folder the condition of the same name counts, or the only one there is; so it is
  with the reader's label where there are several readers.
- A baseline in which a failed case is missing is refused before anything is done.

    with opened_sides(folder, "gated") as (ours, theirs):
        failed_pairs(ours, theirs)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evitrail.agent.model import Answer
from evitrail.eval.attribution.event.event import failures
from evitrail.eval.log.latest_check import counted, rechecked
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import outcome_of, redacted, traces
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.condition import ALIASES
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.eval.plan.readers import Readers
from evitrail.eval.plan.run_name import ReadCondition, RunName
from evitrail.eval.rerun.reopened import reopened
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_text import InputError
from evitrail.evidence_store.store import EvidenceStore
from evitrail.traces.journal.view import JournalView
from evitrail.traces.trace import Trace

NAMED = 3
"""Missing cases that are named before the rest is counted."""


class Side(NamedTuple):
    """One of the two experiments that are compared, with all that its runs need to be done again."""

    past: JournalView
    store: EvidenceStore
    readers: Readers
    condition: str | None = None
    """Of a baseline in the same folder: ``gated``, or ``gated@LABEL`` for one reader."""


class Pair(NamedTuple):
    """A run that failed, and the baseline's run of its case."""

    failed: Trace
    baseline: str
    """The name of the baseline's run."""
    other: Trace | None
    """That run; None where it cannot be read."""
    why_not: str | None = None
    """Why the two cannot be compared."""


@contextmanager
def opened_sides(
    folder: Path, baseline: str, *, allow_code: bool = False, store: Path | None = None
) -> Iterator[tuple[Side, Side]]:
    """An experiment and its baseline, opened to be compared; nothing is written.

    ``baseline`` is a condition of the folder, or else another folder. Raises ``InputError`` where it is neither, or
    nothing else than the experiment itself.
    """
    with reopened(folder, allow_code=allow_code, store=store) as again:
        ours = Side(again.past, again.store, again.readers)
        found = _conditions(again.past)
        named = ALIASES.get(baseline, baseline)
        if named in found | {ReadCondition.parse(each).condition for each in found}:
            if all(_within(each, named) for each in found):
                raise InputError([f"{baseline}: expected another condition or folder, got all that {folder} holds"])
            yield ours, ours._replace(condition=named)
            return
        there = Path(baseline)
        if not there.is_dir():
            meant = nearest(baseline, found)
            listed = ", ".join(sorted(found)) or "none"
            raise InputError(
                [f"expected a folder of an experiment, or a condition among {listed}, got {baseline!r}{meant}"]
            )
        if there.resolve() == folder.resolve():
            raise InputError([f"{baseline}: expected another folder, or a condition of this one, got the same folder"])
        plan = there / PLAN
        shared = plan.exists() and Path(plan_in(there).store).resolve() == again.store.path.resolve()
        with reopened(there, allow_code=allow_code, store=again.store if shared else None) as other:
            yield ours, Side(other.past, other.store, other.readers)


def failed_pairs(ours: Side, theirs: Side) -> list[Pair]:
    """Every run that failed, with the baseline's run of the same case, by name.

    Raises ``InputError`` where the baseline asked other cases, or lacks the case or condition of a failed run.
    """
    asked = [trace for trace in traces(ours.past) if not _within(_condition_of(trace), theirs.condition)]
    failed = [trace for trace in asked if failures(trace)]
    there = BaselineRuns.of(theirs)
    missing = sorted({case for trace in failed if (case := trace.config(RunConfig).case.id) not in there.cases})
    if missing:
        raise InputError([_missing(theirs, missing, failed, there)])
    latest = rechecked(ours.past)
    return [there.pair(trace, ours, superseded=_superseded(trace, counted(trace, latest))) for trace in failed]


def recorded_outcome(trace: Trace) -> Outcome | None:
    """What a run came to, scored; None where it has not ended, or its question was skipped."""
    said = trace.output(Answer)
    return None if said is None or said.skipped else outcome_of(trace.run, trace.config(RunConfig), said)


@dataclass(frozen=True)
class BaselineRuns:
    """The runs of a baseline by condition and case."""

    side: Side
    runs: dict[tuple[str, str], Trace | None]
    """By ``condition@reader`` and case; None where the run was redacted."""

    @classmethod
    def of(cls, side: Side) -> BaselineRuns:
        """All of them, those of other conditions left out where one is named."""
        found: dict[tuple[str, str], Trace | None] = {}
        for name in redacted(side.past):
            run = RunName.parse(name)
            found[str(ReadCondition(run.condition, run.reader)), run.case] = None
        for trace in traces(side.past):
            found[_condition_of(trace), trace.config(RunConfig).case.id] = trace
        kept = {key: run for key, run in found.items() if side.condition is None or _within(key[0], side.condition)}
        return cls(side, kept)

    @property
    def cases(self) -> set[str]:
        return {case for _, case in self.runs}

    def pair(self, failed: Trace, ours: Side, *, superseded: bool) -> Pair:
        """The failed run with the baseline's; raises ``InputError`` where no run of the baseline corresponds."""
        case = failed.config(RunConfig).case.id
        condition = self._condition_for(_condition_of(failed))
        if (condition, case) not in self.runs:
            raise InputError(
                [f"{self.side.past.path}: expected a run of case {case!r} under {condition}, as {failed.run!r} in "
                 f"{ours.past.path}; found none, run it there first"]
            )  # fmt: skip
        other, name = self.runs[condition, case], f"{condition}.{case}"
        why = None
        if superseded:
            why = "its answer was checked again since, and another option counts now"
        elif other is None:
            why = "the baseline's run was redacted"
        elif recorded_outcome(other) is None:
            why = "the baseline's run was skipped" if other.ended else "the baseline's run was not finished"
        elif fields := _other_question(failed, other):
            why = f"the case differs in the baseline ({', '.join(fields)})"
        return Pair(failed, name, other, why)

    def _condition_for(self, ours: str) -> str:
        """The baseline's condition and reader that correspond to those of a failed run."""
        condition, label = ReadCondition.parse(ours)
        there = sorted({ReadCondition.parse(name) for name, _ in self.runs})
        names = sorted({each.condition for each in there})
        wanted = ReadCondition.parse(self.side.condition or condition).condition
        if wanted not in names and len(names) > 1:
            raise InputError(
                [f"{self.side.past.path}: expected runs of the condition {wanted!r}, found {', '.join(names)}"
                 f"{nearest(wanted, names)}"]
            )  # fmt: skip
        chosen = wanted if wanted in names else names[0]
        labels = [each.reader for each in there if each.condition == chosen]
        if label not in labels and len(labels) > 1:
            raise InputError(
                [f"{self.side.past.path}: expected runs of {chosen} by one reader, or by that of {ours!r}, "
                 f"found {', '.join(labels)}; compare with a folder that was read by the same readers"]
            )  # fmt: skip
        return str(ReadCondition(chosen, label if label in labels else labels[0]))


def _conditions(past: JournalView) -> set[str]:
    """``condition@reader`` of all runs of an experiment."""
    return {_condition_of(trace) for trace in traces(past)}


def _condition_of(trace: Trace) -> str:
    return str(ReadCondition.of(trace.run, trace.config(RunConfig).condition.name))


def _within(name: str, condition: str | None) -> bool:
    """Whether ``gated@LABEL`` is what ``gated`` or ``gated@LABEL`` names."""
    return condition is not None and condition in (name, ReadCondition.parse(name).condition)


def _superseded(trace: Trace, latest: Trace) -> bool:
    """Whether a later check of the answer came to another option."""
    own, other = trace.output(Answer), latest.output(Answer)
    return own is not None and other is not None and own.option != other.option


def _other_question(one: Trace, other: Trace) -> list[str]:
    """The fields of the case that decide an answer or its score, and differ."""
    ours, theirs = one.config(RunConfig).case, other.config(RunConfig).case
    fields = ("stem", "options", "answer", "labels", "clean_evidence", "conflict_evidence", "reports")
    return [name for name in fields if getattr(ours, name) != getattr(theirs, name)]


def _missing(theirs: Side, missing: list[str], failed: Collection[Trace], there: BaselineRuns) -> str:
    """What is wrong with a baseline that lacks failed cases."""
    named = ", ".join(missing[:NAMED]) + (f" and {len(missing) - NAMED} more" if len(missing) > NAMED else "")
    where = f"{theirs.past.path}{f', condition {theirs.condition}' if theirs.condition else ''}"
    asked = {trace.config(RunConfig).case.id for trace in failed}
    if len(missing) < len(asked):
        return (
            f"{where}: expected a run of every failed case, {named} of {len(asked)} are missing; run them there first"
        )
    found = ", ".join(sorted(there.cases)[:NAMED]) or "none"
    return f"{where}: expected runs of the cases {named}, found {found}; give a folder of the same benchmark"
