"""``evitrail review-answers``: free-text answers that a person should review, and mapping them again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, print_table, progress, say
from evitrail.workbench.cli.folder import Folder, StoreNow, open_journal
from evitrail.workbench.cli.plan_options import KeyEnv

if TYPE_CHECKING:
    from evitrail.eval.log.mismatches import Mismatch
    from evitrail.eval.metrics.outcome import Outcome
    from evitrail.eval.rerun.recheck import Rechecked

PREVIEW = 60
"""Characters of a model answer that a table shows."""
REASONS = {"no_answer": "no letter was confirmed", "disagreement": "another letter than the parser's was confirmed"}


def check(
    folder: Folder,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge",
            help="Map all free-text answers to options again, with rule or a language model: {models}.",
            metavar="SPEC",
        ),
    ] = None,
    key_env: KeyEnv = [],  # noqa: B006 -- typer takes a list's default so
    store: StoreNow = None,
    json: Json = False,
) -> None:
    """List free-text answers whose option was not confirmed, or map all of them to options again.

    Without --judge nothing is written. With it, the options that the new judge confirms replace the earlier ones.
    """
    if judge is None:
        _queue(folder, json=json)
    else:
        _judged(folder, judge, key_env, store, json=json)


def _queue(folder: Path, *, json: bool) -> None:
    from evitrail.eval.log.mismatches import mismatches
    from evitrail.eval.plan.run_name import RunName

    with open_journal(folder) as journal:
        rows = mismatches(journal)
    if json:
        print_json(
            {"folder": str(folder), "checked": rows is not None, "mismatches": [_dumped(row) for row in rows or ()]}
        )
        return
    if rows is None:
        say(f"{folder}: no answer was given in words, so none had to be confirmed")
        return
    print_table(
        f"{folder}: answers to look at",
        ("run", "sample", "parsed", "confirmed", "why", "words"),
        [
            (
                str(RunName(row.condition, "", row.question_id)),
                row.sample,
                row.parsed_answer,
                row.confirmed_answer,
                row.reason.replace("_", " "),
                _shortened(row.raw_output_preview),
            )
            for row in rows
        ],
        empty="none; every letter that a parser found was confirmed",
    )
    for reason, number in sorted(Counter(row.reason for row in rows).items()):
        say(f"{number} answers: {REASONS[reason]}")


def _judged(folder: Path, spec: str, key_env: list[str], store: Path | None, *, json: bool) -> None:
    from evitrail.eval.experiment.sweep import Halted
    from evitrail.eval.metrics.outcomes_file import read_outcomes
    from evitrail.eval.report.results import write_results
    from evitrail.eval.rerun.recheck import recheck
    from evitrail.eval.rerun.reopened import reopened

    opening = reopened(folder, store=store, key_env=key_env, models=[spec])
    with opening as again, progress("judging") as told:
        before = _outcomes(folder)
        try:
            done = recheck(folder, again.store, again.readers, spec, told)
        except Halted as error:
            raise CheckFailed(str(error)) from error
    write_results(folder)
    now = {outcome.run: outcome for outcome in read_outcomes(folder / "outcomes.parquet")}
    changed = [(before[run], now[run]) for run in done.runs if run in before and run in now]
    _show_result(folder, spec, done, changed, json=json)
    if done.failures:
        first = done.failures[0]
        more = f" and {len(done.failures) - 1} more" if len(done.failures) > 1 else ""
        raise CheckFailed(f"run {first.run} was not judged ({first.error}){more}; run the same command to resume")


def _show_result(folder: Path, spec: str, done: Rechecked, pairs: list[tuple[Outcome, Outcome]], *, json: bool) -> None:
    moved = [(was, now) for was, now in pairs if was.chosen != now.chosen]
    ballots = sum(a != b for was, now in pairs for a, b in zip(was.ballots, now.ballots, strict=True))
    if json:
        print_json(
            {
                "folder": str(folder),
                "judge": spec,
                "judged": len(done.runs),
                "options": [{"run": now.run, "before": was.chosen, "now": now.chosen} for was, now in moved],
                "ballots": ballots,
                "unfinished": [failure._asdict() for failure in done.failures],
            }
        )
        return
    print_table(
        f"{folder}: options that count otherwise now",
        ("run", "before", "now", "answer"),
        [(now.run, was.chosen, now.chosen, now.answer) for was, now in moved],
        empty="none",
    )
    say(f"{len(done.runs)} runs judged by {spec}; {len(moved)} options and {ballots} samples are other than before")
    say(f"report: {folder / 'report.html'}")


def _outcomes(folder: Path) -> dict[str, Outcome]:
    from evitrail.eval.log.runs import outcomes

    with open_journal(folder) as journal:
        return {outcome.run: outcome for outcome in outcomes(journal)}


def _dumped(row: Mismatch) -> dict[str, object]:
    return row.model_dump(mode="json")


def _shortened(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= PREVIEW else f"{plain[: PREVIEW - 2]} …"
