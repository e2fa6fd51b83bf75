"""``evitrail drift``: which answers changed between two experiments on the same cases, and what changed each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, progress, say
from evitrail.workbench.cli.experiment.metrics_table import print_metrics
from evitrail.workbench.cli.folder import AllowCode, StoreNow

if TYPE_CHECKING:
    from evitrail.eval.drift.record import ChangedAnswer, ConditionDrift, Drift

WORST_FIRST = ("worse", "equal", "better")


def drift(
    a: Annotated[
        str, typer.Argument(help="The first experiment, or a condition of it: DIR, or DIR::CONDITION.", metavar="A")
    ],
    b: Annotated[str, typer.Argument(help="The second one, on the same cases.", metavar="B")],
    exhaustive: Annotated[
        int,
        typer.Option(
            "--exhaustive",
            help="Most decisions between two store states for which each is tried; if there are more, states are "
            "bisected.",
            metavar="N",
            min=0,
        ),
    ] = 64,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it to a file: .json, .md or .csv.", metavar="FILE")
    ] = None,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Show which answers changed between two experiments on the same cases, and what changed each of them.

    A changed answer is better, worse, or equal (wrong in both). Its cause is found by repeating B's run with what A
    had: the ledger event, the reader or another component, or that it cannot be told. Nothing is recorded.
    """
    from evitrail.eval.drift.documents import expect_form, write_drift
    from evitrail.eval.drift.drift import drift as measured
    from evitrail.eval.drift.paired import opened_sides

    if out is not None:
        if out.is_dir() or not out.parent.is_dir():
            raise ValueError(f"--out: expected a file in a folder that exists, got {out}")
        expect_form(out)
    with opened_sides(a, b, allow_code=allow_code, store=store) as (one, other), progress("repeating") as told:
        found = measured(one, other, told, exhaustive)
    written = [] if out is None else write_drift(found, out)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    _show(found)
    for file in written:
        say(f"written: {file}")


def _show(found: Drift) -> None:
    for condition in found.conditions:
        _show_condition(condition)
        say()
    for name, conditions in ((found.a, found.only_a), (found.b, found.only_b)):
        if conditions:
            say(f"only in {name}, and not compared: {', '.join(conditions)}")
    print_table(
        "events of the ledger, by the answers that each alone changed",
        ("event", "better", "worse", "equal"),
        [(event.sentence, event.better, event.worse, event.equal) for event in found.events],
        empty="none alone changed an answer",
    )
    bisected = [each for one in found.conditions for each in one.changed if each.cause.exhaustive is False]
    if bisected:
        say(
            f"causes found by bisection: {len(bisected)}; it may miss that an answer changes and changes back, "
            "--exhaustive N tries the state after each of up to N decisions"
        )


def _show_condition(condition: ConditionDrift) -> None:
    say(f"A: {condition.a}, ledger number {_numbers(condition.state_a)}")
    say(f"B: {condition.b}, ledger number {_numbers(condition.state_b)}")
    print_metrics(condition.cases, condition.metrics, condition.overridden)
    say(f"A and B differ in {', '.join(condition.differing) or 'no component'}")
    if condition.only_a or condition.only_b:
        say(f"answered by one only, and not compared: {condition.only_a} by A, {condition.only_b} by B")
    verdicts = f"{condition.better} better, {condition.worse} worse, {condition.equal} equal"
    print_table(
        f"{len(condition.changed)} of {condition.cases} answers changed: {verdicts}",
        ("case", "answer", "A", "B", "verdict", "cause"),
        [_row(each) for each in sorted(condition.changed, key=lambda each: WORST_FIRST.index(each.verdict))],
        empty="no answer changed",
    )


def _row(changed: ChangedAnswer) -> tuple[object, ...]:
    from evitrail.eval.compare.documents import answered_in_words

    options = (answered_in_words(said) for said in (changed.a, changed.b))
    unknown = "" if changed.harm else ", harm not labelled"
    return changed.case, changed.answer, *options, f"{changed.verdict}{unknown}", _cause(changed)


def _cause(changed: ChangedAnswer) -> str:
    kind, sentence = changed.cause.kind, changed.cause.sentence
    return sentence if kind in ("event", "component") else f"{kind}: {sentence}"


def _numbers(states: tuple[int, ...]) -> str:
    return ", ".join(map(str, states)) or "unknown"
