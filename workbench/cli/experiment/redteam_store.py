"""``evitrail redteam store``: poison a copy of an experiment's evidence store; which rule stopped each attack?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evitrail.workbench.cli.console import Json, OutFolder, err, print_json, print_table, progress, rate, say
from evitrail.workbench.cli.folder import AllowCode, Folder

if TYPE_CHECKING:
    from evitrail.eval.redteam.store.run_attacks import Attacked
    from evitrail.eval.redteam.store.table import AttackRow, Paired

OUT = Path("evitrail-redteam")
SHOWN = 3
"""Rules named in a cell; the others stand in the table's file."""

Attacks = Annotated[
    str | None,
    typer.Option(
        "--attacks", help="Attacks to carry out, comma-separated: {attacks}; default: all.", metavar="NAME[,NAME…]"
    ),
]
RulesOn = Annotated[
    Literal["on", "off"],
    typer.Option(
        "--rules",
        help="on attacks the store as it is; off leaves out publishers and the gates echo and corroboration.",
    ),
]
Conditions = Annotated[
    str,
    typer.Option(
        "--conditions", help="Conditions to run on the attacked store, comma-separated.", metavar="NAME[,NAME…]"
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", help="Maximum number of questions, drawn at random with --seed; default: all.", metavar="N", min=1
    ),
]


def store(
    folder: Folder,
    attacks: Attacks = None,
    rules: RulesOn = "on",
    conditions: Conditions = "standard,gated",
    limit: Limit = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Random seed that draws the questions of --limit.", metavar="N")
    ] = 0,
    out: OutFolder = OUT,
    store: Annotated[
        Path | None,
        typer.Option("--store", help="Folder of the evidence store; default: as the plan says.", metavar="PATH"),
    ] = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Poison a copy of the evidence store.

    Each attack submits false evidence to a throw-away copy of the experiment's store, as an unregistered source and as
    a registered publisher with as few rights as possible. The experiment's runs are repeated on that copy and compared
    with runs on a copy that nobody attacked. The tables say how many answers turned to the wrong option that the attack
    aims at, and which rule or gate stopped the others. The store itself is not changed. Run it again to resume it.
    docs/redteam.md describes each attack.
    """
    from evitrail.eval.redteam.store.attacks import attacks_named
    from evitrail.eval.redteam.store.red_team import RedTeam
    from evitrail.eval.redteam.store.run_attacks import run_attacks

    asked = RedTeam(
        attacks=tuple(one.name for one in attacks_named(attacks)) if attacks is not None else (),
        rules=rules,
        conditions=tuple(dict.fromkeys(name.strip() for name in conditions.split(",") if name.strip())),
        limit=limit,
        seed=seed,
    )
    with progress("attacking") as told:
        found = run_attacks(
            asked, folder, out, lambda event: told(event.done, event.of), allow_code=allow_code, store=store
        )
    if json:
        print_json({"folder": str(out), **found.as_json()})
        return
    _show(found)


def _show(found: Attacked) -> None:
    if found.open and found.rules == "on":
        err().print(
            "this store has no publishers, so it takes evidence from anyone; "
            "register publishers with `evitrail store publisher add`",
            markup=False,
            soft_wrap=True,
        )
    print_table(
        "without an attack: per cent, with 95% interval",
        ("condition", "questions", "accuracy", "high-risk"),
        [(one.condition, one.accuracy.n, rate(one.accuracy, 1), rate(one.high_risk, 1)) for one in found.clean],
    )
    print_table(
        f"attacked, rules {found.rules}: per cent, with 95% interval; p of McNemar's exact test",
        ("attack, attacker, condition", "turned", "", "p", "high-risk", "accuracy", "p", "stopped by"),
        [
            (
                f"{row.attack}, {row.attacker}, {row.condition}",
                f"{row.turned.k} of {row.turned.n}",
                rate(row.turned, 1),
                _p(row.target),
                _change(row.high_risk),
                _change(row.accuracy),
                _p(row.accuracy),
                _stopped(row),
            )
            for row in found.rows
        ],
        empty="none of these attacks can be made from these questions",
        whole=True,
    )
    say(f"{found.folder}: the runs, one line each attempt in cells/, and the table")


def _stopped(row: AttackRow) -> str:
    shown = [f"{rule} {n}" for rule, n in list(row.stopped_by.items())[:SHOWN]]
    more = ["…"] if len(row.stopped_by) > SHOWN else []
    missed = [f"missed by: {row.missed_by}"] if row.missed_by else []
    return "; ".join([", ".join([*shown, *more]), *missed]).strip("; ") or "nothing"


def _change(paired: Paired) -> str | None:
    if paired.before is None or paired.after is None:
        return None
    return f"{100 * paired.before.value:.1f} → {100 * paired.after.value:.1f}"


def _p(paired: Paired) -> str | None:
    return None if paired.p is None else "<0.001" if paired.p < 0.001 else f"{paired.p:.3f}"
