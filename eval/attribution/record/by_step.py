"""Which step to repair first: failures of one kind by step, blamed and preventable side by side, with their faults.

Rules kept here
- *Blamed* names the step that failed first, and is split among several, so its shares and that of *nobody* sum to 1.
  *Prevents* is the fix value: the failures that repairing steps of this kind alone prevents. It does not sum to 1.
- A step's faults are the codes of which it was the first to be named; each counts where the step is blamed at all.
- The failures that nobody is blamed for are listed by reason.
- Failures that were selected by the results of their runs are no sample: their shares have no intervals.
- Intervals are those of ``case_shares.py``. Runs of one case are drawn together, so all conditions may be taken as one.

    found = failures_by_step([blame for blame in blames if blame.outcome == "wrong"])
    found.steps[0].prevents.share
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from evitrail.eval.attribution.blame import Blame
from evitrail.eval.attribution.record.case_shares import case_shares
from evitrail.eval.attribution.record.summary import blamed_in, code, in_order, repairs_alone, roles_of
from evitrail.eval.attribution.scene.players import kind_of
from evitrail.eval.metrics import stats
from evitrail.traces.record import Record

Column = Callable[[Blame], float]


class CountedShare(Record):
    """How many failures, and which share of all of them, with its 95 % interval."""

    n: float
    """With a part of 1 where a failure is blamed on several steps."""
    share: float
    lo: float | None
    """None where the failures are no sample."""
    hi: float | None


class CodeShare(Record):
    """How many failures have one code of a fault, or of a reason to blame nobody."""

    code: str
    found: CountedShare


class StepFailures(Record):
    """What one kind of step has to do with the failures."""

    role: str
    blamed: CountedShare
    runs: int
    """The runs that blame it, alone or with others."""
    prevents: CountedShare
    """The fix value."""
    faults: tuple[CodeShare, ...]
    """The most frequent first."""


class FailuresByStep(Record):
    """See the module."""

    n: int
    """Failures, blamed or not."""
    cases: int
    steps: tuple[StepFailures, ...]
    """In causal order: those that were played, blamed, or whose repair prevents a failure."""
    nobody: CountedShare
    reasons: tuple[CodeShare, ...]
    """Why nobody is blamed, the most frequent reason first."""
    evidence: tuple[tuple[str, int], ...]
    """Evidence versions without which a failure does not happen, each with the failures; the most frequent first."""


class _Table(NamedTuple):
    """Columns that are counted together, so that one bootstrap serves them all."""

    blames: Sequence[Blame]
    columns: list[Column]

    def place(self, column: Column) -> int:
        self.columns.append(column)
        return len(self.columns) - 1

    def counted(self, *, is_sample: bool) -> list[CountedShare]:
        cases = len({blame.case for blame in self.blames})
        weights = [[column(blame) for column in self.columns] for blame in self.blames]
        shares = case_shares(self.blames, weights, stats.bootstrap_draws(cases))
        return [
            CountedShare(
                n=one.total, share=one.share, lo=one.lo if is_sample else None, hi=one.hi if is_sample else None
            )
            for one in shares
        ]


def failures_by_step(blames: Sequence[Blame], *, is_sample: bool = True) -> FailuresByStep:
    """The table of failures of one kind, a record for each failed run."""
    if not blames:
        none = CountedShare(n=0, share=0, lo=None, hi=None)
        return FailuresByStep(n=0, cases=0, steps=(), nobody=none, reasons=(), evidence=())
    roles = [role for role in in_order(roles_of(blames).union(*map(repairs_alone, blames))) if role != "abstained"]
    table = _Table(blames, [])
    nobody = table.place(partial(_blamed, "abstained"))
    blamed = {role: table.place(partial(_blamed, role)) for role in roles}
    fixed = {role: table.place(partial(_prevents, role)) for role in roles}
    faults = {
        (role, found): table.place(partial(_has_fault, role, found))
        for role in roles
        for found in sorted({code(blame) for blame in blames if blame.culprit and kind_of(blame.culprit[0]) == role})
    }
    why = {
        found: table.place(partial(_says_nobody, found))
        for found in sorted({code(blame) for blame in blames if not blame.culprit})
    }
    counted = table.counted(is_sample=is_sample)
    return FailuresByStep(
        n=len(blames),
        cases=len({blame.case for blame in blames}),
        steps=tuple(
            StepFailures(
                role=role,
                blamed=counted[blamed[role]],
                runs=sum(role in blame.roles for blame in blames),
                prevents=counted[fixed[role]],
                faults=_by_frequency({found: counted[at] for (of, found), at in faults.items() if of == role}),
            )
            for role in roles
        ),
        nobody=counted[nobody],
        reasons=_by_frequency({found: counted[at] for found, at in why.items()}),
        evidence=_evidence(blames),
    )


def _blamed(role: str, blame: Blame) -> float:
    return blamed_in(blame, role)


def _prevents(role: str, blame: Blame) -> float:
    return role in repairs_alone(blame)


def _has_fault(role: str, fault: str, blame: Blame) -> float:
    return role in blame.roles and code(blame) == fault


def _says_nobody(reason: str, blame: Blame) -> float:
    return not blame.culprit and code(blame) == reason


def _by_frequency(found: dict[str, CountedShare]) -> tuple[CodeShare, ...]:
    return tuple(
        CodeShare(code=name, found=found[name]) for name in sorted(found, key=lambda one: (-found[one].n, one))
    )


def _evidence(blames: Sequence[Blame]) -> tuple[tuple[str, int], ...]:
    counts = Counter(ref for blame in blames for ref in set(blame.records))
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
