"""``evitrail fork``: a recorded run done again with something changed, and what that changed."""

from __future__ import annotations

import json as json_
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evitrail.workbench.cli.console import Json, print_json, print_table, say
from evitrail.workbench.cli.folder import AllowCode, Folder, StoreNow, find_run, open_journal
from evitrail.workbench.cli.plan_options import KeyEnv

if TYPE_CHECKING:
    from evitrail.eval.rerun.fork import Forked
    from evitrail.traces import Trace

NUMBERS = ("k", "samples", "seed")
SETTABLE = ("output", "retriever", "gates", "reader", "prompt.ACT", "judge", "snapshot", *NUMBERS, "temperature")
AT = Annotated[
    str | None,
    typer.Option(
        "--at", help="First step to execute again; earlier steps are reused. Default: all steps.", metavar="STEP"
    ),
]


def fork(
    folder: Folder,
    run: Annotated[str, typer.Argument(help="Name of a run or a fork.", metavar="RUN")],
    set_: Annotated[
        list[str],
        typer.Option(
            "--set",
            help=f"Component or parameter to override: {', '.join(SETTABLE)}. @FILE as value reads it from a file.",
            metavar="NAME=VALUE",
        ),
    ],
    at: AT = None,
    acknowledge: Annotated[
        str | None,
        typer.Option(
            "--acknowledge",
            help="Name of the person who approves repeating steps that write outside evitrail.",
            metavar="NAME",
        ),
    ] = None,
    store: StoreNow = None,
    allow_code: AllowCode = False,
    key_env: KeyEnv = [],  # noqa: B006 -- typer takes a list's default so
    json: Json = False,
) -> None:
    """Execute a run again with an override, from one step on.

    Only the steps that the change affects are executed; the fork is stored beside its parent run.
    """
    from evitrail.eval.rerun.fork import root_config
    from evitrail.eval.rerun.fork_run import fork_run

    forked = fork_run(
        folder,
        run,
        parsed(set_),
        at=at,
        allow_code=allow_code,
        acknowledged=acknowledge,
        store=store,
        key_env=key_env,
    )
    with open_journal(folder) as journal:
        parent = find_run(journal, run)
        before, answer = option_of(parent), root_config(parent).case.answer
    if json:
        print_json(
            {
                "run": forked.run,
                "parent": run,
                "option": forked.answer.option,
                "parent_option": before,
                "answer": answer,
                "executed": forked.executed,
                "reused": forked.reused,
                "steps": [step._asdict() for step in forked.checked],
            }
        )
        return
    _show(folder, run, forked, before, answer)


def parsed(set_: list[str]) -> dict[str, Any]:
    """The changes that ``--set`` names; raises ``ValueError`` naming the one that cannot be read."""
    changes: dict[str, Any] = {}
    for one in set_:
        name, equals, text = one.partition("=")
        if not equals or not name:
            raise ValueError(f"--set: expected NAME=VALUE, got {one!r}")
        value = _file_text(name, Path(text[1:])) if text.startswith("@") else text
        if name.startswith("prompt."):
            changes["prompt"] = changes.get("prompt", {}) | {name.removeprefix("prompt."): value}
        else:
            changes |= _change(name, value)
    return changes


def _file_text(name: str, file: Path) -> str:
    from evitrail.evidence_store.input_text import InputError, read_text

    try:
        return read_text(file)
    except InputError as error:
        raise ValueError(f"--set {name}: {error}") from error


def _change(name: str, value: str) -> dict[str, Any]:
    from evitrail.evidence_store.did_you_mean import nearest

    if name not in SETTABLE:
        raise ValueError(f"--set: expected one of {', '.join(SETTABLE)}, got {name!r}{nearest(name, SETTABLE)}")
    if name == "output":
        try:
            return {"output": json_.loads(value)}
        except ValueError as error:
            raise ValueError(f"--set output: expected JSON, got {value[:40]!r}: {error}") from error
    if name == "gates":
        return {name: value.split(",") if value else []}
    if name in (*NUMBERS, "temperature"):
        kind = float if name == "temperature" else int
        try:
            return {name: kind(value)}
        except ValueError as error:
            raise ValueError(f"--set {name}: expected a number, got {value!r}") from error
    return {name: value}


def option_of(trace: Trace) -> str | None:
    """What a run chose."""
    from evitrail.agent.model import Answer

    said = trace.output(Answer)
    return said.option if said else None


def _show(folder: Path, run: str, forked: Forked, before: str | None, answer: str) -> None:
    print_table(
        f"{forked.run}, compared with {run}",
        ("step", "verdict", "detail"),
        [(step.path, step.verdict, step.detail) for step in forked.checked],
    )
    now = forked.answer.option
    was = "as before" if now == before else f"before it was {before or 'an abstention'}"
    right = "right" if now == answer else f"wrong, the answer is {answer}"
    say(f"option {now or 'none: abstained'} ({right}); {was} · {forked.executed} steps done, {forked.reused} reused")
    say(f"why: evitrail diff {quote(str(folder))} {quote(run)} {quote(forked.run)}")
