"""How often do attacks on the evidence store turn an answer? Judged on what ``evitrail redteam store`` measured.

Rules kept here
- Who attacks chooses the attack. So each attack by each attacker is judged by itself, on the exact upper bound of its
  success; the rule passes if each passes, and fails if one fails.
- An attempt counts as the red team counts it: a question whose answer was the target anyway says nothing.
- An attack that could be made on no question of the experiment turned none, and is named as not tried.
- It cannot be told without results, from an attack that was not carried out, from a condition that was not attacked,
  and from results on a state of the store that has changed since.
- Results of another experiment are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from evitrail.eval.audit.audited import Audited
from evitrail.eval.audit.bounds import Tolerance, Verdict, exact_bounds, passing_n, verdict_of
from evitrail.eval.audit.result import EXAMPLES, RuleResult, percent, percent_beside, result
from evitrail.eval.audit.rules import RedTeamRule
from evitrail.eval.redteam.store.attempt import Attempt
from evitrail.eval.redteam.store.results import Cell, RedTeamResults
from evitrail.evidence_store.input_text import InputError
from evitrail.traces.record import sha256

NO_RESULTS = "no results of a red team were given; name their folder with --redteam"
ORDER: tuple[Verdict, ...] = ("fail", "cannot tell", "pass")


class _Judged(NamedTuple):
    """One attack by one attacker."""

    verdict: Verdict
    rate: float
    cell: Cell
    turned: tuple[str, ...]
    """The runs whose answer was turned."""
    n: int


def expect_same_experiment(audited: Audited, found: RedTeamResults) -> None:
    """Raise ``InputError`` for results of another experiment."""
    attacked = Path(found.of.experiment)
    here = audited.folder.resolve()
    if attacked != here and (attacked.exists() or attacked.name != here.name):
        raise InputError([f"{found.folder}: expected a red team of {audited.folder}, got one of {attacked}"])


def judge_red_team(
    rule: RedTeamRule, audited: Audited, found: RedTeamResults | None, ledger: Path | None = None
) -> RuleResult:
    """The verdict on one rule about attacks; ``ledger`` is that of the store as it is now, where it is available."""
    condition = audited.condition(rule.condition, rule.id)
    what = f"attack {rule.attack}" if rule.attack else "each attack"
    by = f" by {rule.attacker}" if rule.attacker else ""
    states = f"{what} on the store{by} turns {condition} in at most {percent(rule.success_at_most)} of cases"
    if found is None:
        return result(rule, states, "cannot tell", NO_RESULTS)
    if ledger is not None and ledger.is_file() and sha256(ledger.read_bytes()) != found.of.ledger:
        because = f"the store has changed since {found.folder.name} was made; run `evitrail redteam store` again"
        return result(rule, states, "cannot tell", because)
    about = {cell: made for cell, made in found.attempts.items() if rule.is_about(*cell)}
    missing = [cell for cell in found.missing if rule.is_about(*cell)]
    tolerance = Tolerance("at_most", rule.success_at_most, rule.confidence)
    ours = {cell: [one for one in made if one.condition == condition] for cell, made in about.items()}
    judged = [_judged(cell, made, tolerance) for cell, made in ours.items() if made]
    if not judged:
        because = f"no such attack was carried out on {condition}; see --conditions of `evitrail redteam store`"
        return result(rule, states, "cannot tell", because, n=0)
    worst = min(judged, key=lambda one: (ORDER.index(one.verdict), -one.rate, one.cell))
    if missing and worst.verdict != "fail":
        because = f"{_named(missing)} not carried out; run `evitrail redteam store` again"
        return result(rule, states, "cannot tell", because, n=worst.n)
    untried = [cell for cell, made in ours.items() if not made]
    return _result(rule, states, worst, len(judged), untried, tolerance)


def _judged(cell: Cell, made: Iterable[Attempt], tolerance: Tolerance) -> _Judged:
    counted = [one for one in made if one.counts]
    turned = tuple(one.run for one in counted if one.turned)
    verdict = verdict_of(exact_bounds(len(turned), len(counted), tolerance.confidence), tolerance)
    return _Judged(verdict, len(turned) / len(counted) if counted else 0.0, cell, turned, len(counted))


def _result(
    rule: RedTeamRule, states: str, worst: _Judged, judged: int, untried: list[Cell], tolerance: Tolerance
) -> RuleResult:
    events, n = len(worst.turned), worst.n
    bounds = exact_bounds(events, n, tolerance.confidence)
    enough = passing_n(events, n, tolerance) if worst.verdict == "cannot tell" else None
    name, bound = ("lower", bounds.lower) if worst.verdict == "fail" else ("upper", bounds.upper)
    because = (
        f"the worst of {judged} is {worst.cell[0]} by {worst.cell[1]}: it turned {events} of {n}; {name} bound "
        f"{percent_beside(bound, tolerance.share)}"
    )
    if enough is not None:
        because += f"; {enough:,} cases without a further success would pass"
    if untried:
        because += f"; {_named(untried)} not tried, the cases allow none"
    numbers = {"value": worst.rate if n else None, **bounds._asdict(), "events": events, "n": n, "passes_at": enough}
    return result(rule, states, worst.verdict, because, examples=worst.turned[:EXAMPLES], **numbers)


def _named(cells: list[Cell]) -> str:
    named = ", ".join(dict.fromkeys(attack for attack, _ in cells))
    return f"{named} {'was' if len({attack for attack, _ in cells}) == 1 else 'were'}"
