"""``evitrail replay``: walk through a run step by step, or do it again and compare."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, print_table, progress, say
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow, find_run, open_journal
from evitrail.workbench.cli.trace.trace import step_body

if TYPE_CHECKING:
    from evitrail.eval.rerun.reopened import Reopened
    from evitrail.traces import StepVerdict, Trace


SHOWN = 300
"""Characters of each step's output that a walk shows."""


def replay(
    folder: Folder,
    run: Annotated[
        str | None, typer.Argument(help="Name of a run or fork; with --verify the default is all runs.", metavar="RUN")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Execute every step again and compare its output; exit 1 if one differs.")
    ] = False,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    json: Json = False,
) -> None:
    """Show a run step by step, or execute it again and compare.

    Nothing is executed unless --verify is given, and nothing is written. Verifying refuses the network.
    """
    if verify:
        _verify(folder, run, store, allow_code, json)
        return
    if run is None:
        raise ValueError("expected a RUN to walk through, got none; `evitrail trace list DIR` shows them")
    with open_journal(folder) as journal:
        _walk(folder, find_run(journal, run), json)


def _walk(folder: Path, trace: Trace, json: bool) -> None:
    if json:
        print_json([step_body(trace, activity) for activity in trace.activities])
        return
    for number, activity in enumerate(trace.activities, start=1):
        given = ", ".join(f"{i.role} {_short(i.id)}" for i in activity.inputs)
        say(f"{number}. {activity.path}", style="bold")
        say(f"by {activity.by} · {activity.milliseconds:.1f} ms", indent=3)
        say(f"used {given}", indent=3)
        say(f"generated {activity.output_type} {_short(activity.output)}: {_start(trace, activity.output)}", indent=3)
    say(f"a step, whole: evitrail trace show {quote(str(folder))} '{trace.run}#STEP'")


def _short(name: str) -> str:
    return name.partition(":")[2][:8]


def _start(trace: Trace, name: str) -> str:
    text = trace.journal.raw(name).partition(b"\n")[2].decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _verify(folder: Path, run: str | None, store: Path | None, allow_code: bool, json: bool) -> None:
    from evitrail.eval.log.runs import redacted, traces
    from evitrail.eval.rerun.reopened import reopened

    told: dict[str, list[StepVerdict]] = {}
    with reopened(folder, allow_code=allow_code, store=store) as again, progress("verifying") as heard:
        gone = redacted(again.past)
        todo = [trace for trace in traces(again.past) if trace.ended] if run is None else [_readable(again, run, json)]
        for done, trace in enumerate(todo):
            heard(done, len(todo))
            told[trace.run] = _checked(trace, again)
        heard(len(todo), len(todo))
    if run is None:
        _tell_all(folder, told, len(gone), json)
    else:
        _tell_one(run, told[run], json)
    for name, checked in told.items():
        if first := first_of(checked):
            said = f"first difference at {first.path}: {first.verdict}, {first.detail}"
            raise CheckFailed("" if json else said if run else f"{name}: {said}")


def _readable(again: Reopened, run: str, json: bool) -> Trace:
    """The run; one that was redacted cannot be done again."""
    from evitrail.traces.journal.errors import Redacted

    try:
        return find_run(again.past, run)
    except Redacted as error:
        if json:
            print_json({"same": None, "blocked": f"redacted: {error}", "steps": []})
        raise CheckFailed("" if json else f"blocked: redacted; {error}") from error


def first_of(checked: list[StepVerdict]) -> StepVerdict | None:
    """The first step that did not come out as recorded."""
    from evitrail.traces.run.diff import first_cause

    return first_cause(checked)


def _checked(trace: Trace, again: Reopened) -> list[StepVerdict]:
    from contextlib import suppress

    from evitrail.eval.rerun.fork import do_again
    from evitrail.traces import Verify
    from evitrail.traces.run.live import BlockedEffect

    verify = Verify(trace.journal, trace.run)
    with suppress(BlockedEffect):  # it is among the verdicts
        do_again(trace, verify, again.store, again.readers)
    return verify.finish()


def _tell_one(run: str, checked: list[StepVerdict], json: bool) -> None:
    if json:
        print_json({"same": first_of(checked) is None, "steps": [step._asdict() for step in checked]})
    else:
        rows = [(step.path, step.verdict, step.detail) for step in checked]
        print_table(f"{run}, done again", ("step", "verdict", "detail"), rows)


def _tell_all(folder: Path, told: dict[str, list[StepVerdict]], redacted: int, json: bool) -> None:
    other = {run: first for run, checked in told.items() if (first := first_of(checked))}
    if json:
        parted = [{"run": run, **first._asdict()} for run, first in other.items()]
        print_json({"same": not other, "runs": len(told), "different": parted, "redacted": redacted})
        return
    steps = sum(len(checked) for checked in told.values())
    say(f"{len(told)} runs of {folder} done again, {steps} steps: {len(told) - len(other)} runs came out the same")
    if redacted:
        say(f"blocked: redacted, {redacted} runs cannot be done again; `evitrail trace list` says why")
    if other:
        rows = [(run, first.path, first.verdict, first.detail) for run, first in other.items()]
        print_table("the others, by their first difference", ("run", "step", "verdict", "detail"), rows)
