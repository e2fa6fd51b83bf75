"""``evitrail compare``: conditions on the same questions; or what a part of one is worth, by leaving it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evitrail.eval.compare.words import change, percent
from evitrail.workbench.cli.console import Json, print_json, print_table, progress, say
from evitrail.workbench.cli.experiment.metrics_table import print_metrics
from evitrail.workbench.cli.experiment.run import SHOWN
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.compare.comparison import Comparison, Pair
    from evitrail.eval.rerun.gate_ablation import Ablated


def compare(
    folder: Folder,
    conditions: Annotated[
        list[str] | None,
        typer.Argument(
            help="The baseline, then the others: CONDITION, CONDITION@LABEL, or OTHER-DIR::CONDITION.",
            metavar="A B...",
            show_default=False,
        ),
    ] = None,
    cases: Annotated[
        int, typer.Option("--cases", help="How many of the cases that differ to list, gravest first.", min=0)
    ] = 10,
    correction: Annotated[
        Literal["holm", "bh"],
        typer.Option("--correction", help="How p-values are corrected for many tests: Holm, or Benjamini-Hochberg."),
    ] = "holm",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write it to a file: .md, .tex, .csv, .parquet, .json or .svg.", metavar="FILE"),
    ] = None,
    ablate: Annotated[
        Literal["gates"] | None,
        typer.Option("--ablate", help="Repeat every gated run without each gate in turn; choice: gates."),
    ] = None,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Compare conditions on the same questions; nothing is run.

    A, the first, is the baseline: differences are B minus A, with an exact test. With --ablate: measure the effect of
    each gate. Every gated run is repeated without it, by its own reader, and scored again. Each run without a gate is
    stored as a fork; the report does not count it.
    """
    named = conditions or []
    if ablate is None:
        if len(named) < 2:
            raise ValueError("expected two conditions to compare, or --ablate gates; see `evitrail compare --help`")
        _side_by_side(folder, named, cases, correction, out, json=json)
        return
    if named:
        raise ValueError(f"expected two conditions or --ablate, got both {named[0]!r} and --ablate {ablate}")
    if out is not None:
        raise ValueError(f"--out: expected a comparison of conditions to write, got --ablate {ablate}; use --json")
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


def _side_by_side(folder: Path, named: list[str], cases: int, correction: str, out: Path | None, *, json: bool) -> None:
    from evitrail.eval.compare.arm import arms
    from evitrail.eval.compare.comparison import compared
    from evitrail.eval.compare.documents import write_comparison

    found = compared(arms(folder, named), "holm" if correction == "holm" else "benjamini_hochberg")
    if out is not None:
        for file in write_comparison(found, out):
            say(f"written: {file}")
        return
    if json:
        print_json(found.model_dump(mode="json"))
        return
    for place, pair in enumerate(found.pairs):
        if place:
            say()
        _print_pair(found, pair, cases)


def _print_pair(comparison: Comparison, pair: Pair, cases: int) -> None:
    from evitrail.eval.compare.documents import case_cells
    from evitrail.eval.compare.sentences import cautions, summary

    say(f"A, the baseline: {comparison.baseline}")
    say(f"B: {pair.other}")
    print_metrics(pair.cases, pair.metrics, pair.overridden)
    how = {"holm": "Holm", "benjamini_hochberg": "Benjamini and Hochberg"}[comparison.correction]
    say(f"p: McNemar's exact test; adjusted for {comparison.tests} tests after {how}; beside it a paired bootstrap")
    for line in (*summary(pair, "A", "B"), *cautions(pair, "A", "B")):
        say(line)
    shown = pair.parted[:cases]
    if shown:
        print_table(
            f"{pair.moved} case{'s' * (pair.moved != 1)} answered differently, gravest first",
            ("case", "answer", "A", "B", "only A cites", "only B cites"),
            [(one.case, one.answer, *case_cells(one)) for one in shown],
        )
    if len(shown) < pair.moved:
        say(f"{pair.moved - len(shown)} more cases differ; --cases {pair.moved} lists all")
    if pair.parted:
        first = pair.parted[0]
        say(f"where two runs diverge: `evitrail diff DIR {first.baseline.run} {first.other.run}`")


def _show(rows: list[Ablated]) -> None:
    names, condition, cases = rows[0].metrics, rows[0].condition, rows[0].cases
    print_table(
        f"{condition} without each of its gates, {cases} cases: per cent, and the change with its 95% interval",
        ("left out", *(column for name in names for column in (SHOWN[name], "change")), "other option"),
        [
            (
                row.left_out or "none",
                *(cell for m in row.metrics.values() for cell in (percent(m.value), change(m))),
                row.moved,
            )
            for row in rows
        ],
        whole=True,
    )
