"""What a red team found, read back from its folder: every attempt, by attack and attacker.

Rules kept here
- Only what was done with the store's rules on is read: with them off nobody's system was attacked.
- An attack that was not carried out by every attacker there is, is ``missing``: nothing is known of it.

    found = read_results(Path("evitrail-redteam"))
    found.attempts["S1", "registered"], found.missing
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from evitrail.eval.plan.plan_file import read_plan_file
from evitrail.eval.redteam.store.attacks import ATTACKS
from evitrail.eval.redteam.store.attempt import Attempt
from evitrail.eval.redteam.store.red_team import FILE, Settled
from evitrail.eval.redteam.store.run_attacks import CELLS
from evitrail.evidence_store import InputError
from evitrail.evidence_store.input_text import json_value, read_text

Cell = tuple[str, str]
"""Attack and attacker."""


class RedTeamResults(NamedTuple):
    """What one folder of a red team holds."""

    folder: Path
    of: Settled
    """The experiment, the state of its store, and the choice of questions."""
    attempts: Mapping[Cell, tuple[Attempt, ...]]
    missing: tuple[Cell, ...]
    """Attacks that were not carried out."""


def read_results(folder: Path) -> RedTeamResults:
    """The results in a folder; raises ``InputError`` where there are none."""
    if not (folder / FILE).is_file():
        raise InputError([f"{folder}: expected the folder of a red team, found no {FILE} in it; "
                          "`evitrail redteam store` makes one"])  # fmt: skip
    cells = folder / CELLS / "on"
    before = cells / "unattacked.json"
    if not before.is_file():
        raise InputError([f"{folder}: expected attacks with the store's rules on, found none; "
                          "`evitrail redteam store` makes them"])  # fmt: skip
    attackers = _read(before)["attackers"]
    attempts: dict[Cell, tuple[Attempt, ...]] = {}
    missing = []
    for attack in ATTACKS:
        for attacker in attackers:
            path = cells / f"{attack}.{attacker}.json"
            if path.is_file():
                attempts[attack, attacker] = _attempts(path)
            else:
                missing.append((attack, attacker))
    return RedTeamResults(folder, read_plan_file(folder / FILE, Settled), attempts, tuple(missing))


def _attempts(path: Path) -> tuple[Attempt, ...]:
    try:
        return tuple(Attempt.model_validate(one) for one in _read(path))
    except ValidationError:
        raise InputError([f"{path}: expected the attempts of one attack, got something else"]) from None


def _read(path: Path) -> Any:
    try:
        return json_value(read_text(path))
    except (ValueError, json.JSONDecodeError):
        raise InputError([f"{path}: expected JSON of a red team, got something else"]) from None
