"""The tables of a red team: what each attack did under each condition, and what the rules cost where nobody attacks.

Rules kept here
- A rate stands with how many of how many, and its 95 % interval (Wilson).
- ``p`` is McNemar's exact test of the paired runs, attacked and not: at the target or not, right or wrong.
- What stopped an attack is counted over the attempts that failed; where some succeeded, the rule that missed them is
  named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from evitrail.eval.injection.table import Share, share
from evitrail.eval.metrics.stats import mcnemar
from evitrail.eval.redteam.store.attacks import ATTACKS
from evitrail.eval.redteam.store.attempt import Attempt, Chosen
from evitrail.traces.record import Record


class Paired(Record):
    """A share with the attack and without, over the same questions; null where nothing is labelled."""

    before: Share | None
    after: Share | None
    p: float | None
    """McNemar's exact two-sided p-value."""


class AttackRow(Record):
    """One attack under one condition."""

    attack: str
    what: str
    attacker: str
    """Who attacks; see ``submission.py``."""
    condition: str
    turned: Share
    """Of the questions that were not at the target anyway."""
    target: Paired
    """At the target, of all questions attacked."""
    high_risk: Paired
    accuracy: Paired
    stopped_by: dict[str, int]
    """By rule, how many of the attempts that failed it stopped; several rules may stop one."""
    missed_by: str | None
    """The rule that is meant to stop it; null where nothing succeeded, and in a store without publishers."""


class CleanRow(Record):
    """A condition where nobody attacks."""

    condition: str
    accuracy: Share
    high_risk: Share | None


def attack_rows(attempts: Sequence[Attempt]) -> list[AttackRow]:
    """A row for each attack, attacker and condition, in the order they were made."""
    cells: dict[tuple[str, str, str], list[Attempt]] = {}
    for one in attempts:
        cells.setdefault((one.attack, one.attacker, one.condition), []).append(one)
    return [_row(*cell, made) for cell, made in cells.items()]


def clean_rows(choices: Iterable[Chosen]) -> list[CleanRow]:
    """A row for each condition."""
    conditions: dict[str, list[Chosen]] = {}
    for one in choices:
        conditions.setdefault(one.condition, []).append(one)
    return [
        CleanRow(condition=name, accuracy=_share([one.right for one in made]), high_risk=_high_risk(made))
        for name, made in conditions.items()
    ]


def _row(attack: str, attacker: str, condition: str, made: Sequence[Attempt]) -> AttackRow:
    counted = [one for one in made if one.counts]
    labelled = [one for one in made if one.before.high_risk is not None and one.after.high_risk is not None]
    turned = share(sum(one.turned for one in counted), len(counted))
    stopped = Counter(rule for one in counted if not one.turned for rule in one.failed_by)
    return AttackRow(
        attack=attack,
        what=ATTACKS[attack].what,
        attacker=attacker,
        condition=condition,
        turned=turned,
        target=_paired(
            [one.before.chosen == one.target for one in made], [one.after.chosen == one.target for one in made]
        ),
        high_risk=_paired(
            [bool(one.before.high_risk) for one in labelled], [bool(one.after.high_risk) for one in labelled]
        ),
        accuracy=_paired([one.before.right for one in made], [one.after.right for one in made]),
        stopped_by=dict(sorted(stopped.items(), key=lambda item: (-item[1], item[0]))),
        missed_by=_meant(attack, attacker) if turned.k else None,
    )


def _meant(attack: str, attacker: str) -> str | None:
    if attacker == "anyone":
        return None
    return "unknown_publisher" if attacker == "unknown" else ATTACKS[attack].rule


def _paired(before: Sequence[bool], after: Sequence[bool]) -> Paired:
    if not before:
        return Paired(before=None, after=None, p=None)
    left = sum(a and not b for a, b in zip(before, after, strict=True))
    right = sum(b and not a for a, b in zip(before, after, strict=True))
    return Paired(before=_share(before), after=_share(after), p=float(f"{mcnemar(left, right):.3g}"))


def _share(told: Sequence[bool]) -> Share:
    return share(sum(told), len(told))


def _high_risk(made: Sequence[Chosen]) -> Share | None:
    labelled = [one.high_risk for one in made if one.high_risk is not None]
    return _share(labelled) if labelled else None
