"""An experiment as an audit reads it: answers by condition, cases, blame, settings, and whether its record is sound.

Rules kept here
- Everything is read from the journal, nothing from derived files, which may be old.
- A condition is ``gated``, or ``gated@LABEL`` where several readers answered.

    audited = read_audited(Path("my-run"))
    audited.answers("gated")["rad-001"].correct
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.blame_record import blames
from evitrail.eval.audit.case_set import case_set_id, described
from evitrail.eval.audit.settings import Settings, settings_of
from evitrail.eval.dataset.case import Case
from evitrail.eval.log.run_config import RunConfig
from evitrail.eval.log.runs import cases, outcomes, redacted, traces
from evitrail.eval.metrics.outcome import Outcome
from evitrail.eval.plan.run_name import GridName, ReadCondition, RunName
from evitrail.eval.safe_scale import is_official
from evitrail.evidence_store.did_you_mean import nearest
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.audit.integrity import Verdicts, verify_journal
from evitrail.traces.audit.seal import sealed_root
from evitrail.traces.journal.folder import Journals


@dataclass(frozen=True)
class Audited:
    """One experiment."""

    folder: Path
    outcomes: tuple[Outcome, ...]
    """Every finished run that answered."""
    cases: Mapping[str, Case]
    """As they may be shown, by id: all that any condition was asked."""
    days: Mapping[str, date | None]
    """By run, the day that its question was asked of."""
    blames: tuple[Blame, ...]
    settings: Mapping[str, Settings]
    """By condition, or condition and reader."""
    record: Verdicts
    root: str | None
    """The journal's seal."""
    redacted: tuple[str, ...]
    """Names of the runs that were redacted: they were made, and nothing is known of them."""

    @cached_property
    def case_set(self) -> str:
        """The content id of its cases."""
        return case_set_id(self.cases.values())

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The ids of all cases that were asked, those of redacted runs too."""
        return tuple(sorted(self.cases.keys() | {RunName.parse(name).case for name in self.redacted}))

    @cached_property
    def by_condition(self) -> Mapping[str, Mapping[str, Outcome]]:
        """The outcome of each case, by condition or condition and reader."""
        found: dict[str, dict[str, Outcome]] = {condition: {} for condition in self.settings}
        for outcome in sorted(self.outcomes, key=lambda one: one.run):
            ours = found.setdefault(str(ReadCondition.of(outcome.run, outcome.condition)), {})
            if outcome.case in ours:
                raise InputError(
                    [f"{self.folder}: expected one run of a case in each condition, got {ours[outcome.case].run!r} and "
                     f"{outcome.run!r}"]
                )  # fmt: skip
            ours[outcome.case] = outcome
        return found

    def condition(self, name: str | None, wanted_by: str) -> str:
        """The condition of this name, or the only one there is; raises ``InputError`` naming those there are."""
        known = sorted(self.settings)
        if name is None:
            found = known
        else:
            found = [one for one in known if one == name] or [
                one for one in known if ReadCondition.parse(one).condition == name
            ]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(found or known) or "none"
        if name is None:
            raise InputError([f"{self.folder}: {wanted_by}: expected a condition, got none; name one of {listed}"])
        if found:
            raise InputError([f"{self.folder}: {wanted_by}: {name!r} stands for {listed}; name one of them"])
        raise InputError(
            [f"{self.folder}: {wanted_by}: expected a condition among {listed}, got {name!r}{nearest(name, known)}"]
        )

    def counterpart(self, condition: str) -> str:
        """The condition of a baseline that corresponds: that of the same name, else the only one that a grid varied
        from the same condition, else the only one there is."""
        if condition in self.settings:
            return condition
        varied = [one for one in sorted(self.settings) if _unvaried(one) == _unvaried(condition)]
        only = varied if len(varied) == 1 else list(self.settings)
        return only[0] if len(only) == 1 else self.condition(condition, "baseline")

    def answers(self, condition: str) -> Mapping[str, Outcome]:
        """The outcomes of one condition, by case."""
        return self.by_condition[condition]


def _unvaried(condition: str) -> ReadCondition:
    """The condition without what a grid sets in it: ``gated`` for ``gated+k=3``."""
    name, reader = ReadCondition.parse(condition)
    return ReadCondition(GridName.parse(name).base, reader)


def read_audited(folder: Path) -> Audited:
    """The experiment in a folder; raises ``InputError`` where there is none that ran here."""
    if is_official(folder):
        raise InputError(
            [f"{folder}: expected an experiment that evitrail ran, got imported published files, which have no journal"]
        )
    with Journals.open(folder) as journal:
        runs = list(traces(journal))
        if not runs:
            raise InputError([f"{folder}: expected an experiment with finished runs, found none"])
        return Audited(
            folder=folder,
            outcomes=tuple(outcomes(journal)),
            cases={name: case.covered for name, case in cases(journal).items()},
            days={trace.run: trace.config(RunConfig).case.as_of for trace in runs},
            blames=tuple(blames(journal)),
            settings=settings_of(journal),
            record=verify_journal(journal),
            root=sealed_root(journal),
            redacted=tuple(sorted(redacted(journal))),
        )


def expect_same_cases(ours: Audited, baseline: Audited) -> None:
    """Raise ``InputError`` for a baseline that asked other cases."""
    if ours.case_set != baseline.case_set:
        how = described(ours.cases.values(), baseline.cases.values())
        raise InputError([f"{baseline.folder}: expected the cases of {ours.folder}, got other cases: {how}"])
