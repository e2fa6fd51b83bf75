"""``evitrail redteam store``: attack the evidence store of an experiment, and say which rule stopped each attack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evitrail.workbench.cli.console import Json, OutFolder, err, print_json, print_table, progress, say
from evitrail.workbench.cli.folder import AllowCode, Folder

if TYPE_CHECKING:
    from evitrail.eval.injection.table import Share
    from evitrail.eval.redteam.store.run_attacks import Attacked
    from evitrail.eval.redteam.store.table import AttackRow, Paired

OUT = Path("evitrail-redteam")
SHOWN = 3
"""Rules named in a cell; the others stand in the table's file."""

Attacks = Annotated[
    str | None,
    typer.Option(
        "--attacks", help="Attacks to make, comma-separated; default: all of {attacks}.", metavar="NAME[,NAME…]"
    ),
]
RulesOn = Annotated[
    Literal["on", "off"],
    typer.Option(
        "--rules",
        help="Attack the store as it is, or as it would be without publishers and the gates echo and corroboration.",
    ),
]
Conditions = Annotated[
    str, typer.Option("--conditions", help="Conditions to attack, comma-separated.", metavar="NAME[,NAME…]")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Attack so many questions only, drawn by the seed.")]


def store(
    folder: Folder,
    attacks: Attacks = None,
    rules: RulesOn = "on",
    conditions: Conditions = "standard,gated",
    limit: Limit = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed that draws the questions of a limit.")] = 0,
    out: OutFolder = OUT,
    store: Annotated[
        Path | None,
        typer.Option("--store", help="Folder of the evidence store; default: as the plan says.", metavar="PATH"),
    ] = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Attack a throw-away copy of the experiment's evidence store, and say what each attack did and what stopped it.

    Every attack is brought by an unknown source and by a registered publisher with the fewest rights; the runs are
    repeated on the attacked copy and compared with runs that nobody attacked. The store itself is not changed. Work
    that is finished is not done again.
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
            "this store has no publishers, so nobody is asked who brings evidence; "
            "register them with `evitrail store publisher add`",
            markup=False,
            soft_wrap=True,
        )
    print_table(
        "nobody attacks: per cent, with 95% interval",
        ("condition", "questions", "accuracy", "high-risk"),
        [(one.condition, one.accuracy.n, _rate(one.accuracy), _rate(one.high_risk)) for one in found.clean],
    )
    print_table(
        f"attacked, rules {found.rules}: per cent, with 95% interval; p is McNemar's, exact",
        ("attack, attacker, condition", "turned", "", "p", "high-risk", "accuracy", "p", "stopped by"),
        [
            (
                f"{row.attack}, {row.strength}, {row.condition}",
                f"{row.turned.k} of {row.turned.n}",
                _rate(row.turned),
                _p(row.target),
                _change(row.high_risk),
                _change(row.accuracy),
                _p(row.accuracy),
                _stopped(row),
            )
            for row in found.rows
        ],
        empty="no question gives any attack a hold",
        whole=True,
    )
    say(f"{found.folder}: the runs, one line each attempt in cells/, and the table")


def _stopped(row: AttackRow) -> str:
    shown = [f"{rule} {n}" for rule, n in list(row.stopped_by.items())[:SHOWN]]
    more = ["…"] if len(row.stopped_by) > SHOWN else []
    should = [f"should: {row.should}"] if row.should else []
    return "; ".join([", ".join([*shown, *more]), *should]).strip("; ") or "nothing"


def _rate(share: Share | None) -> str | None:
    return f"{100 * share.value:.1f} [{100 * share.lo:.0f}–{100 * share.hi:.0f}]" if share and share.n else None


def _change(paired: Paired) -> str | None:
    if paired.before is None or paired.after is None:
        return None
    return f"{100 * paired.before.value:.1f} → {100 * paired.after.value:.1f}"


def _p(paired: Paired) -> str | None:
    return None if paired.p is None else "<0.001" if paired.p < 0.001 else f"{paired.p:.3f}"
