"""``evitrail compare``: what a part of the deployment is worth, by leaving it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from workbench.cli.console import Json, print_json, print_table, progress
from workbench.cli.folder import Folder
from workbench.cli.run import SHOWN

if TYPE_CHECKING:
    from eval.ablation import Ablated, Measured


def compare(
    folder: Folder,
    ablate: Annotated[Literal["gates"], typer.Option("--ablate", help="Leave out each of these in turn.")],
    json: Json = False,
) -> None:
    """What is each gate worth? Every gated run is done again without it, and the answers are scored again.

    Each run without a gate is stored as a fork that can be opened and compared; the report does not count it.
    """
    from eval.ablation import ablate_gates
    from eval.experiment import JOURNAL
    from traces import Journal
    from traces.integrity import seal
    from workbench.setup import reopened

    with reopened(folder) as again, Journal.open(folder / JOURNAL) as journal, progress("leaving out") as told:
        rows = ablate_gates(journal, again.store, again.reader, past=again.past, progress=told)
        seal(journal, over=again.past)
    if json:
        metrics = [{name: measured._asdict() for name, measured in row.metrics.items()} for row in rows]
        print_json([{**row._asdict(), "metrics": one} for row, one in zip(rows, metrics, strict=True)])
        return
    _show(rows)


def _show(rows: list[Ablated]) -> None:
    names = rows[0].metrics
    print_table(
        f"gated without each of its gates, {rows[0].cases} cases: per cent, and the change with its 95% interval",
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


def _value(measured: Measured) -> str | None:
    return None if measured.value is None else f"{100 * measured.value:.1f}"


def _change(measured: Measured) -> str | None:
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
