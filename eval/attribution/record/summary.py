"""Where the blame falls: shares of it per step, per condition and kind of failure, with intervals.

Rules kept here
- A run blamed jointly on m roles counts 1/m to each. A run that nobody could be blamed for counts to
  ``abstained``, which is a share like any other: it is never dropped, so the shares of a group sum to 1.
- A role that no run of the group had is absent, not 0: *closed_book* cannot fail at retrieval.
- Intervals are those of ``case_shares.py``: a bootstrap over cases.

    for share in blame_shares(blames):
        print(share.condition, share.role, share.share, share.lo, share.hi, share.n)
    for value in fix_values(blames):
        print(value.condition, value.role, value.prevents, "of", value.n)

Pure arithmetic on blame records; who is to blame is decided in ``attribute.py``. One table over all conditions, with
the faults of each step: ``by_step.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from evitrail.eval.attribution.blame import FAILS, Blame, Kind
from evitrail.eval.attribution.record.case_shares import case_shares
from evitrail.eval.attribution.roles.roles import ROLES
from evitrail.eval.attribution.scene.players import kind_of
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
    shares: list[BlameShare] = []
    for group in _groups(blames, seed, replicates):
        targets = in_order({"abstained", *roles_of(group.members)})
        weights = [[blamed_in(blame, target) for target in targets] for blame in group.members]
        for target, found in zip(targets, case_shares(group.members, weights, group.draws), strict=True):
            shares.append(
                BlameShare(
                    condition=group.members[0].condition,
                    outcome=group.members[0].outcome,
                    role=target,
                    share=found.share,
                    lo=found.lo,
                    hi=found.hi,
                    n=len(group.members),
                )
            )
    return shares


def fix_values(
    blames: Iterable[Blame], *, seed: int = stats.SEED, replicates: int = stats.REPLICATES
) -> list[FixValue]:
    """For every (condition, kind of failure) and role, the failures that repairing it alone prevents, best first.

    Counted are runs with a smallest repair of one player of that role. A role that was played and prevents nothing is
    told with 0.
    """
    values: list[FixValue] = []
    for group in _groups(blames, seed, replicates):
        played = {kind_of(player) for blame in group.members for player in blame.phi}
        roles = in_order(played.union(*map(repairs_alone, group.members)))
        weights = [[role in repairs_alone(blame) for role in roles] for blame in group.members]
        counted = zip(roles, case_shares(group.members, weights, group.draws), strict=True)
        for role, found in sorted(counted, key=lambda item: -item[1].total):
            values.append(
                FixValue(
                    condition=group.members[0].condition,
                    outcome=group.members[0].outcome,
                    role=role,
                    prevents=round(found.total),
                    n=len(group.members),
                    share=found.share,
                    lo=found.lo,
                    hi=found.hi,
                )
            )
    return values


def roles_of(blames: Iterable[Blame]) -> set[str]:
    """The kinds of steps that were played in these failures, or are blamed for them."""
    return {role for blame in blames for role in (*map(kind_of, blame.phi), *blame.roles)}


def blamed_in(blame: Blame, target: Target) -> float:
    """How much of one failure is blamed on a role: all of it, its part where several are blamed, or nothing."""
    blamed = blame.roles or ("abstained",)
    return (target in blamed) / len(blamed)


def repairs_alone(blame: Blame) -> frozenset[str]:
    """The kinds of steps of which repairing one alone prevents the failure."""
    return frozenset(kind_of(players[0]) for players in blame.minimal_repair_sets if len(players) == 1)


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


class _Group(NamedTuple):
    """The failures of one kind of one condition, and the draws of their cases."""

    members: Sequence[Blame]
    draws: stats.Draws


def _groups(blames: Iterable[Blame], seed: int, replicates: int) -> Iterator[_Group]:
    drawn: dict[int, stats.Draws] = {}
    for _, group in groupby(sorted(blames, key=_order), key=lambda blame: (blame.condition, blame.outcome)):
        members = list(group)
        cases = len({blame.case for blame in members})
        if cases not in drawn:
            drawn[cases] = stats.draws(stats.bootstrap_indices(cases, replicates=replicates, seed=seed))
        yield _Group(members, drawn[cases])


def _order(blame: Blame) -> tuple[str, int, str, str]:
    return blame.condition, list(FAILS).index(blame.outcome), code(blame), blame.run
