"""``evitrail replay``: walk through a run step by step, or do it again and compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import CheckFailed, Json, out, print_json, print_table
from workbench.cli.trace import Folder, find_run, open_journal, step_body

if TYPE_CHECKING:
    from traces import Trace


def replay(
    folder: Folder,
    run: Annotated[str, typer.Argument(help="A run of the experiment.", metavar="RUN")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Do every step again and compare; exit 1 if one differs.")
    ] = False,
    json: Json = False,
) -> None:
    """Walk through a recorded run; nothing is executed unless ``--verify`` is given."""
    with open_journal(folder) as journal:
        trace = find_run(journal, run)
        if verify:
            _verify(folder, trace, json)
        else:
            _walk(trace, json)


def _walk(trace: Trace, json: bool) -> None:
    if json:
        print_json([step_body(trace, activity) for activity in trace.activities])
        return
    say = out()
    for number, activity in enumerate(trace.activities, start=1):
        given = ", ".join(f"{i.role} {i.id[7:15]}" for i in activity.inputs)
        say.print(f"{number}. {activity.path}", style="bold", markup=False)
        say.print(f"   by {activity.by} · {activity.milliseconds:.1f} ms", markup=False)
        say.print(f"   used {given}", markup=False)
        say.print(
            f"   generated {activity.output_type} {activity.output[7:15]}: {_summary(trace, activity.output)}",
            markup=False,
        )


def _summary(trace: Trace, name: str) -> str:
    text = trace.journal.raw(name).partition(b"\n")[2].decode()
    return text if len(text) <= 300 else f"{text[:300]} … `evitrail trace show DIR {trace.run}#STEP` shows it whole"


def _verify(folder: Path, trace: Trace, json: bool) -> None:
    from eval.experiment import RunConfig, answer
    from eval.plan import PLAN, read_plan
    from evidence_store import EvidenceStore
    from traces import Verify
    from workbench.setup import reader_of

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
