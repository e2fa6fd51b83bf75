"""``evitrail compare``: two conditions on the same questions; or what a part of one is worth, by leaving it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, progress, say
from evitrail.workbench.cli.experiment.run import SHOWN
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.report.paired import PairedMetric
    from evitrail.eval.rerun.gate_ablation import Ablated, MetricChange


def compare(
    folder: Folder,
    one: Annotated[str | None, typer.Argument(help="Baseline: CONDITION or CONDITION@LABEL.", metavar="A")] = None,
    other: Annotated[
        str | None, typer.Argument(help="Condition to compare with it; differences are B minus A.", metavar="B")
    ] = None,
    ablate: Annotated[
        Literal["gates"] | None,
        typer.Option("--ablate", help="Repeat every gated run without each gate in turn; choice: gates."),
    ] = None,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Compare two conditions on the same questions; nothing is run.

    With --ablate: measure the effect of each gate. Every gated run is repeated without it, by its own reader, and
    scored again. Each run without a gate is stored as a fork; the report does not count it.
    """
    if ablate is None:
        if one is None or other is None:
            raise ValueError("expected two conditions to compare, or --ablate gates; see `evitrail compare --help`")
        _pair(folder, one, other, json=json)
        return
    if one is not None:
        raise ValueError(f"expected two conditions or --ablate, got both {one!r} and --ablate {ablate}")
    from evitrail.eval.log.runs import JOURNAL
    from evitrail.eval.rerun.gate_ablation import ablate_gates
    from evitrail.eval.rerun.reopened import reopened
    from evitrail.traces import Journal
    from evitrail.traces.audit.seal import seal

    with (
        reopened(folder, allow_code=allow_code, store=store) as again,
        Journal.open(folder / JOURNAL) as journal,
        progress("leaving out") as told,
    ):
        rows = ablate_gates(journal, again.store, again.readers, past=again.past, progress=told)
        seal(journal, over=again.past)
    if json:
        metrics = [{name: measured._asdict() for name, measured in row.metrics.items()} for row in rows]
        print_json([{**row._asdict(), "metrics": one} for row, one in zip(rows, metrics, strict=True)])
        return
    for condition in dict.fromkeys(row.condition for row in rows):
        _show([row for row in rows if row.condition == condition])


def _pair(folder: Path, one: str, other: str, *, json: bool) -> None:
    from evitrail.eval.metrics.outcomes_file import read_outcomes
    from evitrail.eval.metrics.table import metric_rows
    from evitrail.eval.report.paired import arm_called, paired
    from evitrail.eval.report.profile import profile_rows

    outcomes = read_outcomes(folder / "outcomes.parquet")
    found = profile_rows(outcomes, metric_rows(outcomes))
    both = paired(arm_called(one, found), arm_called(other, found))
    if json:
        print_json({**both._asdict(), "metrics": {name: each._asdict() for name, each in both.metrics.items()}})
        return
    print_table(
        f"{both.cases} cases that both answered: per cent, and the difference B − A with its 95% interval",
        ("", f"A (baseline): {both.baseline}", f"B: {both.other}", "B − A", "n"),
        [
            (SHOWN[name], _percent(each.baseline), _percent(each.other), _change(each), each.n or None)
            for name, each in both.metrics.items()
        ],
    )
    say(f"{both.moved} cases differ; `evitrail diff` shows where two runs diverge")


def _show(rows: list[Ablated]) -> None:
    names, condition, cases = rows[0].metrics, rows[0].condition, rows[0].cases
    print_table(
        f"{condition} without each of its gates, {cases} cases: per cent, and the change with its 95% interval",
        ("left out", *(column for name in names for column in (SHOWN[name], "change")), "other option"),
        [
            (
                row.left_out or "none",
                *(cell for m in row.metrics.values() for cell in (_value(m), _change(m))),
                row.moved,
            )
            for row in rows
        ],
        whole=True,
    )


def _value(measured: MetricChange) -> str | None:
    return _percent(measured.value)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f}"


def _change(measured: MetricChange | PairedMetric) -> str | None:
    """``-4.3 [-9 to +1]``, in per cent points."""
    if measured.difference is None:
        return None
    change = _signed(measured.difference, 1)
    if measured.lo is None or measured.hi is None:
        return change
    return f"{change} [{_signed(measured.lo)} to {_signed(measured.hi)}]"


def _signed(share: float, digits: int = 0) -> str:
    text = f"{100 * share:+.{digits}f}"
    return text if float(text) else text[1:]  # nothing is neither more nor less
