"""A blame record in one sentence: who did what, what repairing it does, and in how many re-runs.

    retrieve[1] served stroke@2013, superseded since 2017-02-01, and the answer rests on it; serving stroke@2017
    prevents the wrong answer (8 of 8 re-runs; 0 of 8 with a random change of the same size).

Rules kept here
- A repair is told with the counts that were played, never with a word for sure.
- A blame that no re-run shows, and an abstention, say so and say why.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evitrail.eval.attribution.blame import ABSTENTIONS, Blame, Kind
from evitrail.eval.attribution.record.taxonomy import REPAIRS
from evitrail.eval.attribution.roles.role import Break
from evitrail.eval.attribution.scene.players import BUDGET, STORE, kind_of

FAILURE: dict[Kind, str] = {
    "wrong": "the wrong answer",
    "high_risk": "the high-risk answer",
    "unsafe": "the unsafe answer",
    "contradiction": "the answer against the evidence",
    "overconfident": "the overconfident answer",
}

UNWRITTEN = {
    "C3": "chose an option, though no claim speaks for any",
    "C5": "was nearly certain of a wrong option that does harm",
}
"""What was done where a code says more than the broken contracts."""
NAMED = {STORE: "the store", BUDGET: "the limit on searches"}
SEARCHED = (STORE, "retrieve")
"""Players whose sham is a list of hits changed at random."""

REASONS = {
    "E1": "the key is in doubt",
    "E2": "it is in doubt which letter the answer names",
    "U1": "it was a fluke, most fresh re-runs do not fail",
    "U2": "it fails with every step repaired, or labels are missing",
    "U3": "no repair that was tried prevents it beyond chance",
    "U4": "any of several repairs would do, and no step broke a promise",
    "U5": "with a step repaired the run cannot be done to its end",
    "U6": "it takes more model calls than were allowed",
}
"""Why nobody is blamed, by code of abstention."""


def sentence(blame: Blame, breaks: Sequence[Break], served: Collection[str] = (), repaired: Sequence[str] = ()) -> str:
    """One sentence, or two short ones.

    ``served`` is the deciding evidence that the blamed search serves once it is repaired, ``repaired`` the players of
    the smallest repair.
    """
    if not blame.culprit:
        return f"Nobody is blamed for {FAILURE[blame.outcome]}: {_reason(blame)}."
    broke = _joined([_broke(player, blame, breaks) for player in blame.culprit])
    if blame.fixed is None:
        return _capital(f"{broke}. No re-run shows that repairing it prevents {FAILURE[blame.outcome]}: {blame.rule}.")
    right, n = blame.fixed
    prevents = "prevents" if right == n else "mostly prevents"
    how = _repair(blame, breaks, served, repaired)
    return _capital(f"{broke}; {how} {prevents} {FAILURE[blame.outcome]} ({counts(blame, repaired)}).")


def counts(blame: Blame, repaired: Sequence[str] = ()) -> str:
    """The re-runs that show a repair: how many did not fail with it, and with its sham."""
    if blame.fixed is None:
        return ""
    right, n = blame.fixed
    told = f"{right} of {n} re-runs" if n > 1 else "in a re-run; the run is deterministic"
    if blame.shamed is None:
        return told
    without, tried = blame.shamed
    return f"{told}; {without} of {tried} {_sham(repaired or blame.culprit)}"


def _sham(players: Sequence[str]) -> str:
    kinds = set(map(kind_of, players))
    if kinds <= set(SEARCHED):
        return "with a random change of the same size"
    if not kinds & set(SEARCHED):
        return "with its output kept and the later steps done again"
    return "with a change that repairs nothing"


def _broke(player: str, blame: Blame, breaks: Sequence[Break]) -> str:
    said = [one.what for one in breaks if one.step == player]
    name = NAMED.get(player, player)
    code = blame.fault_code if player == blame.culprit[0] else None
    if said:
        first = next((one.what for one in breaks if one.step == player and one.code == code), said[0])
        return f"{name} {first}"
    return f"{name} {UNWRITTEN.get(code or '', 'broke no written promise')}"


def _repair(blame: Blame, breaks: Sequence[Break], served: Collection[str], repaired: Sequence[str]) -> str:
    """What prevents it, as the subject of a sentence."""
    ours = [one for one in blame.minimal_repair_sets if set(one) <= set(blame.culprit)] or [tuple(repaired)]
    if len(ours) == 1:
        (players,) = ours
        if len(players) > 1:
            return f"repairing {'both' if len(players) == 2 else f'all {len(players)}'} together"
        return _single(players, blame, breaks, served)
    if all(len(one) == 1 for one in ours) and {one for (one,) in ours} == set(blame.culprit):
        return f"repairing {'either' if len(ours) == 2 else 'any'} of them alone"
    return "repairing " + ", or ".join(" and ".join(NAMED.get(player, player) for player in one) for one in ours)


def _single(players: Sequence[str], blame: Blame, breaks: Sequence[Break], served: Collection[str]) -> str:
    if len(blame.culprit) > 1 or not players:
        return f"repairing {', '.join(NAMED.get(player, player) for player in players) or 'it'} alone"
    code = blame.fault_code or ""
    if kind_of(players[0]) == "retrieve" and served and code in ("R1", "R2", "S2"):
        return f"serving {' and '.join(sorted(served)[:3])}{' instead' if code == 'S2' else ''}"
    if players[0] == STORE and code == "S2":
        return "retiring it"
    return REPAIRS.get(code, "repairing it")


def _reason(blame: Blame) -> str:
    """The detail of an abstention where it says more than the code's own words."""
    code, _, said = (blame.abstain_reason or "").partition(": ")
    detail = said.removeprefix(ABSTENTIONS.get(code, "")).strip()
    detail = detail.removeprefix("(").removesuffix(")") if detail.startswith("(") else ""
    if code == "U1" and blame.p_rep is not None:
        return f"it was a fluke, {round(blame.p_rep * blame.fresh)} of {blame.fresh} fresh re-runs fail"
    if code == "U2" and detail:
        return detail
    return REASONS.get(code, said or "the record gives no reason") + (f" ({detail})" if detail else "")


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def _capital(text: str) -> str:
    """A sentence begins with a capital, a step's path stays as it is."""
    return text[0].upper() + text[1:] if text.startswith("the ") else text
