"""``evitrail review``: override a label or a blame, with author and reason; every total honours it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import By, Json, Reason, actor_named, print_json, print_table, say
from evitrail.workbench.cli.folder import Folder, open_journal

if TYPE_CHECKING:
    from evitrail.eval.log.reviews import Review

app = typer.Typer(
    help="Override a label or a blame of a run, with author and reason; totals honour it, history is kept."
)

Run = Annotated[str, typer.Argument(help="Name of a run of the experiment.", metavar="RUN")]


@app.command()
def label(
    folder: Folder,
    run: Run,
    name: Annotated[str, typer.Argument(help="Label: high_risk, unsafe or contradicts.", metavar="LABEL")],
    value: Annotated[str, typer.Argument(help="What it is: yes, no or unknown.", metavar="VALUE")],
    reason: Reason = "",
    by: By = "",
    json: Json = False,
) -> None:
    """Override a label of the wrong option that a run chose.

    It holds for this run alone; the benchmark is not changed. Saying it again replaces what you said before.
    """
    from evitrail.eval.review import review_label

    who, why = _who_and_why(by, reason)
    _tell(folder, run, review_label(folder, run, name, value, by=who, reason=why), json=json)


@app.command()
def blame(
    folder: Folder,
    run: Run,
    step: Annotated[
        list[str],
        typer.Option(
            "--step",
            help="Step to blame, by its path, store, budget, or nobody. May be repeated.",
            metavar="STEP",
            show_default=False,
        ),
    ],
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome",
            help="Kind of failure: wrong, high_risk, unsafe, contradiction or overconfident.",
            metavar="KIND",
        ),
    ] = "wrong",
    code: Annotated[
        str | None,
        typer.Option(
            "--code",
            help="Code of the fault, such as R1; for nobody, of the reason, such as E1.",
            metavar="CODE",
            show_default=False,
        ),
    ] = None,
    reason: Reason = "",
    by: By = "",
    json: Json = False,
) -> None:
    """Override which steps are blamed for a failure of a run.

    Saying it again replaces what you said before. What the attribution found stays on record.
    """
    from evitrail.eval.review import review_blame

    who, why = _who_and_why(by, reason)
    _tell(folder, run, review_blame(folder, run, outcome, step, code=code, by=who, reason=why), json=json)


@app.command()
def withdraw(
    folder: Folder,
    run: Run,
    of: Annotated[
        str, typer.Argument(help="What was reviewed: a label, or blame.KIND, such as blame.wrong.", metavar="WHAT")
    ],
    reason: Reason = "",
    by: By = "",
    json: Json = False,
) -> None:
    """Withdraw your own review of a label or blame; earlier reviews by others count again."""
    from evitrail.eval.review import withdraw_review

    who, why = _who_and_why(by, reason)
    _tell(folder, run, withdraw_review(folder, run, of, by=who, reason=why), json=json)


@app.command("import")
def import_(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="CSV file with columns run, of, says, by, reason.", metavar="FILE")],
    reason: Reason = "",
    by: By = "",
    json: Json = False,
) -> None:
    """Record the reviews of a CSV file, one a line; all of them or, if one cannot be meant, none.

    Column of: a label, or blame.KIND; says: yes, no or unknown, or the steps to blame and a code, as in
    retrieve[1] (R1). --by and --reason hold for lines without their own. Lines recorded before are not repeated.
    """
    from evitrail.eval.review_table import review_table

    found = review_table(folder, file, by=" ".join(by.split()), reason=" ".join(reason.split()))
    if json:
        print_json(found._asdict())
        return
    say(f"recorded: {found.recorded} reviews; recorded before: {found.repeated}")
    if found.recorded:
        say(f"results and report are written again: {folder / 'report.html'}")


@app.command("list")
def list_(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the reviews to a .csv or .json file.", metavar="FILE")
    ] = None,
    json: Json = False,
) -> None:
    """List every review: what it says, what is on record, who said it, and whether it counts."""
    from evitrail.eval.report.review_list import listed_reviews, write_reviews

    with open_journal(folder) as journal:
        rows = listed_reviews(journal)
    if out is not None:
        write_reviews(out, rows)
        say(f"written: {out}")
        return
    if json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    runs = len({row.run for row in rows if row.overrides})
    print_table(
        f"reviews in {folder}: {len(rows)}; overridden runs: {runs}" if rows else f"reviews in {folder}",
        ("run", "of", "says", "on record", "by", "reason", "at", "standing"),
        [(r.run, r.of, r.says, r.recorded, r.author, r.reason, r.at[:16], r.standing) for r in rows],
        empty="none",
    )


def _who_and_why(by: str, reason: str) -> tuple[str, str]:
    who, why = actor_named(by), " ".join(reason.split())
    if not why:
        raise ValueError("--reason: expected why, got nothing; it stays on record")
    return who, why


def _tell(folder: Path, run: str, review: Review, *, json: bool) -> None:
    from evitrail.eval.log.latest_check import counted, rechecked
    from evitrail.eval.log.runs import find_run
    from evitrail.eval.report.review_list import reviews_of

    with open_journal(folder) as journal:
        trace = find_run(journal, run)
        *_, last = reviews_of(trace, counted(trace, rechecked(journal)))
    if json:
        print_json(last.model_dump(mode="json"))
        return
    say(f"recorded: {run}: {review.of} is {last.says}, by {last.by}; on record: {last.recorded}")
    say(f"results and report are written again: {folder / 'report.html'}")
