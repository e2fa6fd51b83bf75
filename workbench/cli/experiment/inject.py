"""``evitrail inject``: inject known faults, attribute the failures, and count how often the injected step is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, OutFolder, print_json, print_table, progress, rate, say
from evitrail.workbench.cli.plan_options import KeyEnv

if TYPE_CHECKING:
    from evitrail.eval.injection.leak import Leak
    from evitrail.eval.injection.table import Row

OUT = Path("evitrail-injection")
SHOWN = ("coverage rules", "contracts only", "most common step", "resampling", "value oracle")
"""The baselines with a column of their own; the others stand in ``table.json``."""


def inject(
    plan: Annotated[Path, typer.Argument(help="Plan file (TOML) that names data sets and faults.", metavar="PLAN")],
    out: OutFolder = OUT,
    key_env: KeyEnv = [],  # noqa: B006 -- typer takes a list's default so
    json: Json = False,
) -> None:
    """Inject known faults into runs, attribute the failures, and count how often the injected step is named.

    Each share is printed with its 95% interval, beside what simpler methods name. An asterisk marks a baseline whose
    interval does not reach that of the attribution. The last table is the leak test: can the injected step be told by
    its wording alone? Work that is finished is not done again.
    """
    from evitrail.eval.injection.plan import InjectionPlan, read_injection_plan
    from evitrail.eval.injection.run_injection import run_injection
    from evitrail.evidence_store.input_record import fitting

    meant = read_injection_plan(plan)
    if key_env:
        meant = fitting(InjectionPlan, {**meant.model_dump(), "key_env": tuple(key_env)})
    with progress("injecting") as told:
        found = run_injection(meant, out, lambda event: told(event.done, event.of))
    if json:
        print_json({"folder": str(out), "runs": len(found.trials), **found.as_json()})
        return
    failed = sum(trial.failed for trial in found.trials)
    say(f"{out}: {len(found.trials)} runs kept, {failed} of them failed and were attributed")
    _show_rows(found.rows)
    _show_costs(found.rows)
    _show_leaks(found.leaks)


def _show_rows(rows: list[Row]) -> None:
    """Shares in per cent, a table for each section."""
    for section in dict.fromkeys(row.section for row in rows if row.ours):
        here = [row for row in rows if row.section == section and row.ours]
        beside = [name for name in _baselines(here) if name in SHOWN or name.startswith("judge")]
        print_table(
            f"{section}: per cent, with 95% interval",
            ("", "runs", "attribution", *beside),
            [
                (
                    row.name,
                    row.ours.n if row.ours else 0,
                    rate(row.ours),
                    *(rate(row.baselines.get(name)) + ("*" if name in row.beaten else "") for name in beside),
                )
                for row in here
            ],
            whole=True,
        )


def _show_costs(rows: list[Row]) -> None:
    for row in rows:
        if row.median is not None and row.p90 is not None:
            say(f"{row.name}: median {row.median:g}, 90th percentile {row.p90:g}")


def _show_leaks(leaks: list[Leak]) -> None:
    print_table(
        "leak test: per cent points above chance at which a classifier tells the injected step by its words",
        ("fault", "works", "above chance", "verdict"),
        [
            (
                leak.operator,
                leak.lineages,
                f"{_points(leak.excess)} [{_points(leak.lo)} to {_points(leak.hi)}]",
                leak.verdict,
            )
            for leak in leaks
        ],
        empty="no single fault was admitted",
        whole=True,
    )


def _baselines(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.baselines))


def _points(value: float) -> str:
    return f"{100 * value:+.0f}"
