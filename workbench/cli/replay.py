"""``evitrail replay``: walk through a run step by step, or do it again and compare."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import CheckFailed, Json, print_json, print_table, say
from workbench.cli.trace import Folder, find_run, open_journal, step_body

if TYPE_CHECKING:
    from traces import Trace


SHOWN = 300
"""Characters of each step's output that a walk shows."""


def replay(
    folder: Folder,
    run: Annotated[str, typer.Argument(help="A run of the experiment.", metavar="RUN")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Do every step again and compare; exit 1 if one differs.")
    ] = False,
    json: Json = False,
) -> None:
    """Walk through a run, or do it again and compare.

    Nothing is executed unless --verify is given, and nothing is written.
    """
    with open_journal(folder) as journal:
        trace = find_run(journal, run)
        if verify:
            _verify(folder, trace, json)
        else:
            _walk(folder, trace, json)


def _walk(folder: Path, trace: Trace, json: bool) -> None:
    if json:
        print_json([step_body(trace, activity) for activity in trace.activities])
        return
    for number, activity in enumerate(trace.activities, start=1):
        given = ", ".join(f"{i.role} {i.id[7:15]}" for i in activity.inputs)
        say(f"{number}. {activity.path}", style="bold")
        say(f"by {activity.by} · {activity.milliseconds:.1f} ms", indent=3)
        say(f"used {given}", indent=3)
        say(f"generated {activity.output_type} {activity.output[7:15]}: {_start(trace, activity.output)}", indent=3)
    say(f"a step, whole: evitrail trace show {quote(str(folder))} '{trace.run}#STEP'")


def _start(trace: Trace, name: str) -> str:
    text = trace.journal.raw(name).partition(b"\n")[2].decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _verify(folder: Path, trace: Trace, json: bool) -> None:
    from eval.experiment import RunConfig, answer
    from eval.plan import PLAN, read_plan
    from evidence_store import EvidenceStore
    from traces import Verify
    from workbench.setup import reader_of

    if trace.parent:
        raise ValueError(
            f"{trace.run!r} is a counterfactual, expected a run that was not mended; verify {trace.parent}"
        )
    plan, config = read_plan(folder / PLAN), trace.config(RunConfig)
    with EvidenceStore.open(Path(plan.store)) as store:
        again = Verify(trace.journal, trace.run)
        answer(config, store.snapshot(as_of=config.case.as_of, seq=config.seq), reader_of(plan, store), again)
    checked = again.finish()
    same = all(check.verdict in ("recomputed-same", "reused") for check in checked)
    if json:
        print_json({"same": same, "steps": [check._asdict() for check in checked]})
    else:
        rows = [(check.path, check.verdict, check.detail) for check in checked]
        print_table(f"{trace.run}, done again", ("step", "verdict", "detail"), rows)
    if not same:
        first = next(check for check in checked if check.verdict not in ("recomputed-same", "reused"))
        raise CheckFailed("" if json else f"first difference at {first.path}: {first.verdict}, {first.detail}")
