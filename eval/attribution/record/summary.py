"""Where the blame falls: shares of it per step, per condition and kind of failure, with intervals.

Rules kept here
- A run blamed jointly on m roles counts 1/m to each. A run that nobody could be blamed for counts to
  ``abstained``, which is a share like any other: it is never dropped, so the shares of a group sum to 1.
- A role that no run of the group had is absent, not 0: *closed_book* cannot fail at retrieval.
- Intervals are percentiles of a bootstrap over cases, not runs: runs of one case fail together.
- Where every case says the same the bootstrap has no width, and Wilson's interval over the cases stands
  in for it: two failures of two at one step are not proof that it is always that step.

    for share in blame_shares(blames):
        print(share.condition, share.role, share.share, share.lo, share.hi, share.n)
    for value in fix_values(blames):
        print(value.condition, value.role, value.prevents, "of", value.n)

Pure arithmetic on blame records; who is to blame is decided in ``attribute.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.roles.roles import ROLES
from evitrail.eval.attribution.scene.scene import kind_of
from evitrail.eval.metrics import stats
from evitrail.traces.record import Record

Target = str
TARGETS: tuple[Target, ...] = (*ROLES, "abstained")
"""The roles in causal order, and what is left when none of them can be named."""


def in_order(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Roles in causal order, those of steps that only an outside agent has after ours, ``abstained`` last."""
    found = set(targets)
    known = [target for target in TARGETS if target in found]
    silent = ("abstained",) if "abstained" in found else ()
    return (*(one for one in known if one != "abstained"), *sorted(found - set(TARGETS)), *silent)


FLAT = 1e-12
"""Replicates that differ by less are equal; the rest is rounding."""


class BlameShare(Record):
    """How much of one kind of failure of one condition is blamed on one role."""

    condition: str
    outcome: Kind
    role: Target
    share: float
    lo: float
    hi: float
    n: int
    """Failed runs the shares are of, blamed or not."""


class FixValue(Record):
    """How many failures of one kind repairing the steps of one role alone prevents."""

    condition: str
    outcome: Kind
    role: Target
    prevents: int
    n: int
    """Failed runs, blamed or not."""
    share: float
    lo: float
    hi: float


class FaultCount(Record):
    """How often one kind of fault, or one reason to blame nobody, was found."""

    condition: str
    outcome: Kind
    code: str
    """A code of ``FAULTS``, or of ``ABSTENTIONS`` where nobody is blamed."""
    n: int


def blame_shares(
    blames: Iterable[Blame], *, seed: int = stats.SEED, replicates: int = stats.REPLICATES
) -> list[BlameShare]:
    """The shares of every (condition, kind of failure), by condition, kind and causal order."""
    drawn: dict[int, stats.Draws] = {}
    shares: list[BlameShare] = []
    for _, group in groupby(sorted(blames, key=_order), key=lambda blame: (blame.condition, blame.outcome)):
        members = list(group)
        cases = len({blame.case for blame in members})
        if cases not in drawn:
            drawn[cases] = stats.draws(stats.bootstrap_indices(cases, replicates=replicates, seed=seed))
        shares += _shares(members, drawn[cases])
    return shares


def fix_values(blames: Iterable[Blame]) -> list[FixValue]:
    """For every (condition, kind of failure) and role, the failures that repairing it alone prevents, best first.

    Counted are runs with a smallest repair of one player of that role; 95 % intervals are Wilson's. A role that was
    played and prevents nothing is told with 0.
    """
    values: list[FixValue] = []
    for _, group in groupby(sorted(blames, key=_order), key=lambda blame: (blame.condition, blame.outcome)):
        members = list(group)
        alone = [{kind_of(one[0]) for one in blame.minimal_repair_sets if len(one) == 1} for blame in members]
        played = {kind_of(player) for blame in members for player in blame.phi}.union(*alone)
        counted = [(role, sum(role in kinds for kinds in alone)) for role in in_order(played)]
        for role, prevents in sorted(counted, key=lambda item: -item[1]):
            lo, hi = stats.wilson(prevents, len(members))
            values.append(
                FixValue(
                    condition=members[0].condition,
                    outcome=members[0].outcome,
                    role=role,
                    prevents=prevents,
                    n=len(members),
                    share=round(prevents / len(members), 6),
                    lo=round(max(lo, 0.0), 6),
                    hi=round(min(hi, 1.0), 6),
                )
            )
    return values


def abstentions(blames: Iterable[Blame]) -> list[FaultCount]:
    """The records that blame nobody, counted by reason."""
    return fault_counts(blame for blame in blames if not blame.culprit)


def fault_counts(blames: Iterable[Blame]) -> list[FaultCount]:
    """Fault and abstention codes counted per condition and kind of failure; each record counts once."""
    counts = Counter((blame.condition, blame.outcome, code(blame)) for blame in sorted(blames, key=_order))
    return [FaultCount(condition=c, outcome=kind, code=found, n=n) for (c, kind, found), n in counts.items()]


def code(blame: Blame) -> str:
    """What was found: the fault code, or the abstention's; ``uncoded`` where the record names neither."""
    return blame.fault_code or (blame.abstain_reason or "").partition(":")[0] or "uncoded"


def _shares(members: Sequence[Blame], draws: stats.Draws) -> list[BlameShare]:
    """One group's shares; ``draws`` has one column per case, in order of their ids."""
    roles = {kind_of(player) for blame in members for player in blame.phi}.union(*(blame.roles for blame in members))
    targets = in_order({"abstained", *roles})
    column = {target: place for place, target in enumerate(targets)}
    row = {case: place for place, case in enumerate(sorted({blame.case for blame in members}))}
    weights = np.zeros((len(row), len(targets)))
    for blame in members:
        blamed: Sequence[Target] = blame.roles or ("abstained",)
        for target in blamed:
            weights[row[blame.case], column[target]] += 1 / len(blamed)
    runs = weights.sum(axis=1)
    spread = (draws @ weights) / (draws @ runs)[:, None]
    values = weights.sum(axis=0) / runs.sum()
    found = []
    for target in targets:
        value, replicates = float(values[column[target]]), spread[:, column[target]]
        lo, hi = _ends(value, replicates, len(row))
        found.append(
            BlameShare(
                condition=members[0].condition,
                outcome=members[0].outcome,
                role=target,
                share=round(value, 6),
                lo=lo,
                hi=hi,
                n=len(members),
            )
        )
    return found


def _ends(value: float, replicates: stats.Replicates, cases: int) -> tuple[float, float]:
    if float(np.ptp(replicates)) < FLAT:
        # A sum of thirds may overshoot 1 in its last bit, which the interval would refuse.
        lo, hi = stats.wilson(min(value, 1.0) * cases, cases)
    else:
        lo, hi = np.quantile(replicates, [0.025, 0.975])
    return round(max(float(lo), 0.0), 6), round(min(float(hi), 1.0), 6)


def _order(blame: Blame) -> tuple[str, int, str, str]:
    return blame.condition, list(FAILS).index(blame.outcome), code(blame), blame.run
