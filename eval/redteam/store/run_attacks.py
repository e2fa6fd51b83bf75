"""Carry out a red team on an experiment's store: every attack, by every attacker, under every condition.

Rules kept here
- The store itself is never opened (``throwaway.py``): not one byte of its folder changes.
- A cell is one attack by one attacker, with the rules on or off. One whose result is in ``cells/`` is not done again;
  one that was cut short is done from its beginning.
- The cost is linear in the questions.
- It prints nothing: whoever wants to follow it passes ``on_event``.

    found = run_attacks(RedTeam(attacks=("S1", "S2"), rules="off"), Path("evitrail-demo/experiment"), Path("redteam"))
    found.rows, found.clean, found.attempts
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from evitrail.eval.dataset.case import load
from evitrail.eval.plan.custom_conditions import admit, condition_named
from evitrail.eval.plan.plan import PLAN, plan_in
from evitrail.eval.redteam.store.attack_runs import AttackRuns
from evitrail.eval.redteam.store.attacks import ATTACKS
from evitrail.eval.redteam.store.attempt import Attempt, Chosen
from evitrail.eval.redteam.store.red_team import RedTeam, Rules, settle
from evitrail.eval.redteam.store.submission import Attacker
from evitrail.eval.redteam.store.table import AttackRow, CleanRow, attack_rows, clean_rows
from evitrail.eval.redteam.store.throwaway import LEDGER, encoder_of, expect_copyable
from evitrail.evidence_store import InputError
from evitrail.evidence_store.index.embed import Encoder
from evitrail.traces.whole_file import replace_text

CELLS = "cells"
TABLE = "table-{rules}.json"


class Attacking(NamedTuple):
    """Cells are done: the runs without an attack, and those of each attack."""

    done: int
    of: int


@dataclass(frozen=True)
class Attacked:
    """What a red team came to."""

    folder: Path
    rules: Rules
    open: bool
    """Whether the store has no publishers, or they were left out."""
    clean: list[CleanRow]
    rows: list[AttackRow]
    attempts: list[Attempt]

    def as_json(self) -> dict[str, Any]:
        """What the table's file holds."""
        clean, rows = ([one.model_dump(mode="json") for one in table] for table in (self.clean, self.rows))
        return {"rules": self.rules, "open": self.open, "clean": clean, "attacks": rows}


Listener = Callable[[Attacking], None]


def run_attacks(
    asked: RedTeam,
    experiment: Path,
    out: Path,
    on_event: Listener = lambda event: None,
    *,
    allow_code: bool = False,
    store: Path | None = None,
    embedder: Encoder | None = None,
) -> Attacked:
    """Do every cell that is not done yet, then write the table; raises ``InputError`` for what cannot be attacked.

    ``store`` is where the store lies, if not where the plan says. ``embedder`` is in place of the model that the
    store's index was built with.
    """
    if not (experiment / PLAN).is_file():
        raise InputError([f"{experiment}: expected an experiment, found no {PLAN}; `evitrail demo` makes one"])
    plan = plan_in(experiment)
    admit(plan.asked, allow_code=allow_code)
    conditions = [condition_named(name, plan.custom) for name in asked.conditions]
    if searchless := [one.name for one in conditions if one.retriever is None]:
        raise InputError([f"--conditions: expected conditions that search, {searchless[0]!r} does not"])
    cases = asked.drawn(plan.select(load(Path(plan.benchmark))))
    attacks = [ATTACKS[name] for name in asked.attacks or ATTACKS]
    store = Path(store or plan.store)
    expect_copyable(store)
    settle(asked, experiment, store / LEDGER, out)
    encoder = encoder_of(store, out / "embeddings.db", embedder)
    runs = AttackRuns(plan, store, cases, conditions, encoder, out, asked.rules)
    cells = out / CELLS / asked.rules
    before = _Before.read(cells / "unattacked.json")
    if before is None:
        on_event(Attacking(0, 1 + len(attacks)))
        before = _Before(*runs.unattacked())
        before.write(cells / "unattacked.json")
    todo = [(attack, attacker) for attack in attacks for attacker in before.attackers]
    attempts: list[Attempt] = []
    for done, (attack, attacker) in enumerate(todo, 1):
        on_event(Attacking(done, 1 + len(todo)))
        cell = cells / f"{attack.name}.{attacker}.json"
        if not cell.exists():
            made = runs.attacked(attack, attacker, before.choices)
            _write(cell, [one.model_dump(mode="json") for one in made])
        attempts += [Attempt.model_validate(one) for one in json.loads(cell.read_text("utf-8"))]
    on_event(Attacking(1 + len(todo), 1 + len(todo)))
    opened = "anyone" in before.attackers
    found = Attacked(out, asked.rules, opened, clean_rows(before.choices), attack_rows(attempts), attempts)
    _write(out / TABLE.format(rules=asked.rules), found.as_json())
    return found


class _Before(NamedTuple):
    """The runs that nobody attacked."""

    choices: list[Chosen]
    attackers: tuple[Attacker, ...]

    @classmethod
    def read(cls, path: Path) -> _Before | None:
        if not path.exists():
            return None
        there = json.loads(path.read_text("utf-8"))
        return cls([Chosen.model_validate(one) for one in there["choices"]], tuple(there["attackers"]))

    def write(self, path: Path) -> None:
        _write(path, {"attackers": self.attackers, "choices": [one.model_dump(mode="json") for one in self.choices]})


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(value, indent=1))
