"""``evitrail diff``: where two runs part, what each saw, and how the option changed, in one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, say
from evitrail.workbench.cli.folder import Folder, find_run, open_journal

if TYPE_CHECKING:
    from evitrail.workbench.explain.run_diff import ClaimDiff, End, Parting, PassageDiff

PASSAGES, CLAIMS = 6, 5
"""Rows before the rest is only counted: all of it fits one screen."""
QUOTED = 110
"""Characters of a quote that are shown."""
RUNS = ("first", "second")
"""What the runs are called: letters are options, and numbers are ranks."""


def diff(
    folder: Folder,
    run_a: Annotated[str, typer.Argument(help="Name of a run or a fork.", metavar="RUN_A")],
    run_b: Annotated[str, typer.Argument(help="Name of another run or fork of the same question.", metavar="RUN_B")],
    json: Json = False,
) -> None:
    """Show where two runs diverge, which evidence each used, and how the option changed.

    Steps are matched by path, evidence by version and span: retrievers, readers and snapshots may differ.
    """
    from evitrail.traces.external.external_run import recorded_elsewhere
    from evitrail.workbench.cli.trace.external_run import diff_elsewhere
    from evitrail.workbench.explain.run_diff import parting

    with open_journal(folder) as journal:
        first, second = find_run(journal, run_a), find_run(journal, run_b)
        if recorded_elsewhere(first) or recorded_elsewhere(second):
            diff_elsewhere(first, second, json=json)
            return
        told = parting(first, second)
    if json:
        print_json(told.model_dump(mode="json"))
        return
    _show(told)


def _show(told: Parting) -> None:
    say(told.stem)
    for name, end in zip(RUNS, told.ends, strict=True):
        say(f"{name}: {end.run}")
        say(_option(told, end), indent=2)
    if told.first is None:
        say("\nthe same, step by step")
        return
    say(f"\nthey diverge at {told.first.path} · {told.first.verdict}: {told.first.detail}", style="bold")
    say(_others(told))
    moved = [seen for seen in told.passages if seen.was != seen.now]
    alike = len(told.passages) - len(moved)
    print_table(
        f"passages: {alike} served at the same rank, {len(moved)} not{_more(moved, PASSAGES)}",
        (*RUNS, "passage", "valid", "grade"),
        [_passage(seen) for seen in moved[:PASSAGES]],
        empty="the same to both",
    )
    read = [claim for claim in told.claims if claim.was != claim.now]
    print_table(
        f"claims: {len(told.claims) - len(read)} used by both, {len(read)} by one{_more(read, CLAIMS)}",
        ("by", "says", "strength", "claim"),
        [_claim(claim) for claim in read[:CLAIMS]],
        empty="the same by both",
    )
    letters = sorted(told.options)
    print_table(
        "how strongly each option was held",
        ("", *letters),
        [(name, *(f"{e.logits.get(x, 0.0):.2f}" for x in letters)) for name, e in zip(RUNS, told.ends, strict=True)],
    )


def _option(told: Parting, end: End) -> str:
    text = f"{end.option} {told.options[end.option]}" if end.option else "abstained"
    sure = "" if end.confidence is None else f", confidence {end.confidence:.2f}"
    return f"{text} ({'right' if end.correct else f'wrong, the answer is {told.answer}'}{sure})"


def _others(told: Parting) -> str:
    """The other steps, those of one verdict together, in the order they first come up."""
    verdicts: dict[str, list[str]] = {}
    for step in told.steps:
        if step != told.first:
            verdicts.setdefault(step.verdict, []).append(step.path)
    return "; ".join(f"{verdict}: {', '.join(paths)}" for verdict, paths in verdicts.items())


def _passage(seen: PassageDiff) -> tuple[object, ...]:
    header = seen.evidence
    validity = f"{header.valid_from} to {header.valid_to or 'now'}" + (" RETRACTED" if header.retracted else "")
    grade = header.grade.certainty.replace("_", " ") if header.grade else "not rated"
    return seen.was or "·", seen.now or "·", seen.passage, validity, grade


def _claim(read: ClaimDiff) -> tuple[object, ...]:
    claim = read.claim
    quote = claim.quote if len(claim.quote) <= QUOTED else f"{claim.quote[:QUOTED].rstrip()}…"
    said = f"{claim.passage}: {quote}"
    return RUNS[0] if read.was else RUNS[1], f"{claim.stance} {claim.option}", f"{claim.strength:.2f}", said


def _more(rows: list[ClaimDiff] | list[PassageDiff], most: int) -> str:
    return f"; the first {most}, --json has all" if len(rows) > most else ""
