"""The decision: which set of steps is to blame, given what repairing each set does and which promises were broken.

Rules kept here
- A *repair* is a smallest set of players whose repairing prevents the failure, each of them beyond its sham.
- A player is at fault if it broke its promise about what the failure rests on, and is not discharged: a later step
  noticed, and the search that followed could have made up for it.
- Blamed are the players of all repairs that hold none but players at fault. Mending either of two would do
  (both had to fail), or only both together (either was enough): they are blamed together.
- Where no repair is like that, but one is the only one there is, it is blamed all the same. Several, and no promise
  broken: nobody is named (U4).
- First named is who has no excuse: a defect that a later step should have noticed comes after that step, then
  causal order.

Pure logic on sets of names; they are played by ``inquiry.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.scene import Scene


@dataclass(frozen=True)
class Verdict:
    """Who is to blame, or why nobody is."""

    tier: str
    players: tuple[str, ...] = ()
    rule: str = ""
    """What decided, in words."""
    abstain: str | None = None
    detail: str = ""
    """More about the abstention: which labels are missing."""
    overdetermined: bool = False
    """Whether several repairs that share no step would do."""
    discharged: tuple[str, ...] = ()
    """Whose defect a later step noticed as it should, or came of the store."""


def decided(
    repairs: Sequence[tuple[str, ...]],
    broken: Sequence[Break],
    discharged: Collection[str],
    order: Mapping[str, int],
    shared: Sequence[str] = (),
) -> Verdict | None:
    """Who is blamed by these repairs; None where there is no repair at all.

    ``shared`` let a miss of theirs pass that they were there to notice.
    """
    if not repairs:
        return None
    guilty = {one.step for one in broken} - set(discharged)
    at_fault = [repair for repair in repairs if set(repair) <= guilty]
    if at_fault:
        players = {player for repair in at_fault for player in repair}
        if any(one.passed_on and one.step in players for one in broken):
            return _with_shared(Verdict("T1", _ordered(players, broken, order)), shared, len(at_fault))
        rule = "each broke its promise" if len(players) > 1 else "it broke its promise"
        return Verdict(
            "T1",
            _ordered(players, broken, order),
            f"{rule}, and repairing prevents the failure",
            overdetermined=len(at_fault) > 1,
        )
    partly = [repair for repair in repairs if set(repair) & guilty]
    least = [repair for repair in partly if len(repair) == min(map(len, partly))] if partly else []
    if least:
        players = set(least[0])
        return Verdict("T1", _ordered(players, broken, order), "the smallest repair with a broken promise in it")
    if len(repairs) == 1:
        return Verdict("T1", _ordered(repairs[0], broken, order), "the only repair there is; no promise was broken")
    return Verdict("T1", abstain="U4", detail=" or ".join("+".join(repair) for repair in repairs))


def _with_shared(verdict: Verdict, shared: Sequence[str], repairs: int) -> Verdict:
    players = (*verdict.players, *(player for player in shared if player not in verdict.players))
    rule = "each broke its promise" if len(players) > 1 else "it broke its promise"
    return replace(
        verdict, players=players, rule=f"{rule}, and repairing prevents the failure", overdetermined=repairs > 1
    )


def _ordered(players: Collection[str], broken: Sequence[Break], order: Mapping[str, int]) -> tuple[str, ...]:
    """Who has no excuse first: a later step of these should have noticed what the others did."""
    codes = {one.code for one in broken if one.step in players}
    excused = {one.step for one in broken if one.passed_on and "K1" in codes}
    excused |= {one.step for one in broken if one.code not in ("C3", "K1") and "C3" in codes}
    return tuple(sorted(players, key=lambda player: (player in excused, order.get(player, 0), player)))


def served_once_mended(scene: Scene, broken: Sequence[Break], lists: Mapping[str, Collection[str]]) -> set[str]:
    """The searches that serve what decides as soon as the store is put right: they did as it told them.

    ``lists`` has the versions that each search served with the store repaired, by path.
    """
    decides = set(scene.labels.decides)
    searches = [one for one in broken if one.role == "retrieve" and one.code in ("R1", "R2", "S2")]
    return {one.step for one in searches if decides & set(lists.get(one.step, ()))}


def discharged(scene: Scene, broken: Sequence[Break], can_recover: bool, more_would_do: bool) -> set[str]:
    """The searches and queries whose miss a critique noticed, where a later search could have made up for it.

    ``more_would_do``: with more searches allowed, it would have come out right.
    """
    found: set[str] = set()
    if not can_recover:
        return found
    for one in broken:
        if one.role not in ("retrieve", "requery", "aim", "keep") or one.code not in ("R1", "R2", "Q1"):
            continue
        after = list(scene.steps[scene.order(one.step) :])
        verdict = next((step for step in after if step.kind == "critique"), None)
        later = after[after.index(verdict) + 1 :] if verdict else []
        noticed = verdict is not None and verdict.path not in {other.step for other in broken if other.code == "K1"}
        if noticed and (more_would_do or any(step.kind in ("requery", "retrieve") for step in later)):
            found.add(one.step)
    return found
